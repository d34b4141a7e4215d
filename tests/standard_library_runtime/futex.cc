// The futex call in all the forms that are offered: what it returns, whom it wakes, and that no
// wake is lost or counted twice when everything happens at once.
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "runtime/thread_table.h"
#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::kSecond;
using tb::test::raw_call;
using tb::test::shown_by;
using tb::test::Suite;

using Word = std::atomic<std::uint32_t>;
static_assert(sizeof(Word) == sizeof(std::uint32_t));

constexpr std::uint32_t kAnyBit = FUTEX_BITSET_MATCH_ANY;
constexpr std::int64_t kShort = 20'000'000;  // nanoseconds

long wait(Word& word, std::uint32_t expected, const timespec* timeout = nullptr) {
  return raw_call(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, expected, timeout);
}

long wait_for_bits(Word& word, std::uint32_t expected, std::uint32_t bits,
                   const timespec* timeout = nullptr, int clock = 0) {
  return raw_call(SYS_futex, &word, FUTEX_WAIT_BITSET | clock, expected, timeout, nullptr, bits);
}

long wake(Word& word, int count) { return raw_call(SYS_futex, &word, FUTEX_WAKE, count); }

long wake_bits(Word& word, int count, std::uint32_t bits) {
  return raw_call(SYS_futex, &word, FUTEX_WAKE_BITSET, count, nullptr, nullptr, bits);
}

long requeue(Word& from, int wake, int move, Word& to, std::uint32_t expected) {
  return raw_call(SYS_futex, &from, FUTEX_CMP_REQUEUE, wake, move, &to, expected);
}

bool is_parked(pid_t thread) {
  return tb::thread_table().find(static_cast<std::uint32_t>(thread) - 1)->state.get() ==
         tb::sched::ThreadState::kParked;
}

// Threads that wait on words, each asleep before the next begins.
class Waiters {
 public:
  void add(Word& word, std::uint32_t bits = kAnyBit, const timespec* until = nullptr,
           int priority = 0) {
    Waiter& waiter = waiters_.emplace_back();
    waiter.thread = std::jthread([this, &waiter, &word, bits, until, priority] {
      if (priority > 0) {
        waiter.result = raw_call(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority);
      }
      waiter.number = gettid();
      const long result = wait_for_bits(word, word, bits, until);
      waiter.place = ++ended_;
      waiter.result = result;
    });
    while (waiter.place == 0 && (waiter.number == 0 || !is_parked(waiter.number))) {
      sched_yield();
    }
  }

  // Waits for so many ends.
  void await(int ended) const {
    while (ended_ < ended) {
      sched_yield();
    }
  }

  int ended() const { return ended_; }
  bool has_ended(std::size_t index) const { return waiters_[index].place != 0; }
  int place_of(std::size_t index) const { return waiters_[index].place; }
  long result_of(std::size_t index) {
    waiters_[index].thread.join();
    return waiters_[index].result;
  }
  pid_t number_of(std::size_t index) const { return waiters_[index].number; }

 private:
  struct Waiter {
    std::atomic<pid_t> number = 0;
    std::atomic<int> place = 0;  // in the order of their ends
    long result = 0;
    std::jthread thread;
  };

  std::atomic<int> ended_ = 0;
  std::deque<Waiter> waiters_;
};

void compare_first(Suite& suite) {
  Word word = 7;
  Word other = 0;
  suite.equal(wait(word, 8), -EAGAIN, "a wait for another value");
  suite.equal(wait_for_bits(word, 8, kAnyBit), -EAGAIN, "a wait for bits and another value");
  suite.equal(requeue(word, 1, 1, other, 8), -EAGAIN, "a requeue from another value");
  suite.equal(requeue(word, 1, 1, other, 7), 0, "a requeue of nobody");
}

void time_out(Suite& suite) {
  Word word = 0;
  const timespec length = tb::test::to_timespec(kShort);
  const timespec at_once{};
  const std::int64_t begin = shown_by(CLOCK_MONOTONIC);
  suite.equal(wait(word, 0, &length), -ETIMEDOUT, "a wait of 20 ms");
  suite.check(shown_by(CLOCK_MONOTONIC) - begin >= kShort, "it waited so long");
  suite.equal(wait(word, 0, &at_once), -ETIMEDOUT, "a wait of no time");
  for (const auto& [clock, flag] :
       {std::pair(CLOCK_MONOTONIC, 0), std::pair(CLOCK_REALTIME, FUTEX_CLOCK_REALTIME)}) {
    const std::int64_t end = shown_by(clock) + kShort;
    const timespec until = tb::test::to_timespec(end);
    suite.equal(wait_for_bits(word, 0, kAnyBit, &until, flag), -ETIMEDOUT, "a wait until then");
    suite.check(shown_by(clock) >= end, "it waited until then");
    suite.equal(wait_for_bits(word, 0, kAnyBit, &until, flag), -ETIMEDOUT, "a wait until the past");
  }
  suite.equal(wake(word, INT_MAX), 0, "waiters left behind");
}

void wake_in_order(Suite& suite) {
  Word word = 0;
  Word unrelated = 0;
  Waiters waiters;
  for (int i = 0; i < 5; ++i) {
    waiters.add(word);
  }
  suite.equal(wake(unrelated, INT_MAX), 0, "those who wait elsewhere");
  for (const int expected : {1, 2}) {
    suite.equal(wake(word, 1), 1, "one is woken");
    waiters.await(expected);
  }
  suite.check(waiters.place_of(0) == 1 && waiters.place_of(1) == 2, "the longest waiting first");
  suite.check(!waiters.has_ended(2) && !waiters.has_ended(3), "no more than asked for");
  suite.equal(wake(word, 2), 2, "two are woken");
  suite.equal(wake(word, INT_MAX), 1, "the rest is woken");
  suite.equal(wake(word, INT_MAX), 0, "nobody is left");
  for (std::size_t i = 0; i < 5; ++i) {
    suite.equal(waiters.result_of(i), 0, "what the waiter got");
  }
}

void wake_urgent_first(Suite& suite) {
  Word word = 0;
  Word other = 0;
  Waiters waiters;
  for (const int priority : {0, 0, 3, 7, 3}) {
    waiters.add(word, kAnyBit, nullptr, priority);
  }
  for (const std::size_t next : {3U, 2U}) {
    suite.equal(wake(word, 1), 1, "one is woken");
    waiters.await(next == 3 ? 1 : 2);
    suite.check(waiters.has_ended(next), "it is the most urgent one, of two the first");
  }
  waiters.add(other);
  suite.equal(requeue(word, 0, INT_MAX, other, 0), 3, "all are moved");
  suite.equal(wake(other, 1), 1, "one is woken there");
  waiters.await(3);
  suite.check(waiters.has_ended(4), "so it is there");
  suite.equal(wake(other, INT_MAX), 3, "the rest is woken");
}

void select_by_bits(Suite& suite) {
  Word word = 0;
  Waiters waiters;
  for (const std::uint32_t bits : {0b001U, 0b010U, 0b110U, 0x8000'0000U}) {
    waiters.add(word, bits);
  }
  suite.equal(wake_bits(word, INT_MAX, 0b1000), 0, "bits of nobody");
  suite.equal(wake_bits(word, INT_MAX, 0b100), 1, "bits of one");
  waiters.await(1);
  suite.check(waiters.has_ended(2), "it is that one");
  suite.equal(wake_bits(word, 1, 0b011), 1, "bits of two, one wanted");
  waiters.await(2);
  suite.check(waiters.has_ended(0), "the longer waiting");
  suite.equal(wake(word, INT_MAX), 2, "a plain wake is for any bits");
}

void move_waiters(Suite& suite) {
  Word from = 0;
  Word to = 0;
  Waiters waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.add(from);
  }
  suite.equal(requeue(from, 1, 2, to, 0), 3, "one woken and two moved");
  waiters.await(1);
  suite.check(waiters.has_ended(0), "the longest waiting is woken");
  suite.equal(wake(to, 1), 1, "one at the new word");
  waiters.await(2);
  suite.check(waiters.has_ended(1), "moved in their order");
  suite.equal(wake(from, INT_MAX), 1, "those who were not moved");
  suite.equal(wake(to, INT_MAX), 1, "those who were");
  suite.equal(raw_call(SYS_futex, &from, FUTEX_REQUEUE, 0, INT_MAX, &to), 0, "nobody is left");
}

void time_out_after_a_move(Suite& suite) {
  Word from = 0;
  Word to = 0;
  const timespec until = tb::test::to_timespec(shown_by(CLOCK_MONOTONIC) + kSecond / 2);
  Waiters waiters;
  waiters.add(from, kAnyBit, &until);
  waiters.add(from, kAnyBit);
  suite.equal(requeue(from, 0, INT_MAX, to, 0), 2, "both are moved");
  suite.equal(waiters.result_of(0), -ETIMEDOUT, "what the one with a time-out got");
  suite.equal(wake(from, INT_MAX), 0, "waiters at the old word");
  suite.equal(wake(to, INT_MAX), 1, "waiters at the new word");
  suite.equal(waiters.result_of(1), 0, "what the other one got");
}

std::atomic<int> handled = 0;

void interrupt(Suite& suite) {
  struct sigaction action{};
  action.sa_handler = [](int) { ++handled; };
  sigaction(SIGUSR1, &action, nullptr);
  Word word = 0;
  Waiters waiters;
  waiters.add(word);
  raw_call(SYS_tgkill, getpid(), waiters.number_of(0), SIGUSR1);
  suite.equal(waiters.result_of(0), -EINTR, "what the waiter got");
  suite.equal(handled.load(), 1, "calls of the handler");
  suite.equal(wake(word, INT_MAX), 0, "waiters left behind");
  signal(SIGUSR2, SIG_IGN);
  waiters.add(word);
  for (const int ignored : {SIGUSR2, SIGURG}) {
    raw_call(SYS_tgkill, getpid(), waiters.number_of(1), ignored);
  }
  usleep(1000);
  suite.equal(wake(word, INT_MAX), 1, "waiters after signals that nobody handles");
  suite.equal(waiters.result_of(1), 0, "what that waiter got");
}

void refuse(Suite& suite) {
  std::array<std::uint32_t, 2> words{};
  auto* const crooked = reinterpret_cast<char*>(words.data()) + 2;
  Word word = 0;
  suite.equal(raw_call(SYS_futex, crooked, FUTEX_WAIT, 0, nullptr), -EINVAL, "a crooked wait");
  suite.equal(raw_call(SYS_futex, crooked, FUTEX_WAKE, 1), -EINVAL, "a crooked wake");
  suite.equal(raw_call(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1, crooked, 0), -EINVAL,
              "a requeue to a crooked word");
  suite.equal(raw_call(SYS_futex, &word, FUTEX_CMP_REQUEUE, -1, 1, &word, 0), -EINVAL,
              "a requeue that wakes fewer than nobody");
  suite.equal(raw_call(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, -1, &word, 0), -EINVAL,
              "a requeue that moves fewer than nobody");
  suite.equal(wait_for_bits(word, 0, 0), -EINVAL, "a wait for no bits");
  suite.equal(wake_bits(word, 1, 0), -EINVAL, "a wake of no bits");
  for (const timespec& time : {timespec{0, kSecond}, timespec{0, -1}, timespec{-1, 0}}) {
    suite.equal(wait(word, 0, &time), -EINVAL, "a wait of an impossible time");
    suite.equal(wait_for_bits(word, 0, kAnyBit, &time), -EINVAL, "a wait until no time");
  }
  for (const int operation : {2, 100, FUTEX_LOCK_PI, FUTEX_WAIT_REQUEUE_PI, FUTEX_WAKE_OP,
                              FUTEX_WAKE | FUTEX_CLOCK_REALTIME}) {
    suite.equal(raw_call(SYS_futex, &word, operation, 0, nullptr, &word, 1), -ENOSYS,
                "what is not offered");
  }
}

// Threads take tokens and put them back. Who finds none waits at one of a few words, often with a
// time-out; who puts one back wakes one at each word, or has all but one of a word's move on to the
// next. Whoever was counted as woken must have been told so.
class Tokens {
 public:
  explicit Tokens(Suite& suite) : suite_(suite) {}

  void run() {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 0; i < kThreads; ++i) {
        threads.emplace_back([this, i] { live(i); });
      }
    }
    suite_.equal(tokens_.load(), kTokens, "tokens at the end");
    suite_.equal(told_.load(), woken_.load(), "waiters that were told of their wake");
    suite_.check(told_ > 100 && timed_out_ > 100 && moved_ > 10, "enough has happened");
    tb::println("  {} woken, {} timed out, {} moved", told_.load(), timed_out_.load(),
                moved_.load());
  }

 private:
  static constexpr unsigned kThreads = 12;
  static constexpr int kTokens = 3;
  static constexpr std::int64_t kLength = 3 * kSecond;

  void live(unsigned seed) {
    std::mt19937 random(seed);
    const std::int64_t end = shown_by(CLOCK_MONOTONIC) + kLength;
    while (shown_by(CLOCK_MONOTONIC) < end) {
      take(random);
      if (random() % 4 == 0) {
        sched_yield();
      }
      put(random);
    }
  }

  bool try_to_take() {
    int count = tokens_;
    while (count > 0) {
      if (tokens_.compare_exchange_weak(count, count - 1)) {
        return true;
      }
    }
    return false;
  }

  void take(std::mt19937& random) {
    for (;;) {
      Word& word = words_[random() % words_.size()];
      const std::uint32_t seen = word;
      if (try_to_take()) {
        return;
      }
      const timespec timeout = tb::test::to_timespec(1000 + random() % 200'000);
      const long result = wait(word, seen, random() % 3 == 0 ? nullptr : &timeout);
      told_ += result == 0 ? 1 : 0;
      timed_out_ += result == -ETIMEDOUT ? 1 : 0;
    }
  }

  void put(std::mt19937& random) {
    ++tokens_;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::uint32_t now = ++words_[i];
      const long touched =
          random() % 2 == 0 ? requeue(words_[i], 1, INT_MAX, words_[(i + 1) % words_.size()], now)
                            : -EAGAIN;
      if (touched >= 0) {
        woken_ += touched > 0 ? 1 : 0;
        moved_ += touched > 1 ? touched - 1 : 0;
      } else {
        woken_ += wake(words_[i], 1);
      }
    }
  }

  Suite& suite_;
  std::array<Word, 3> words_{};
  std::atomic<int> tokens_ = kTokens;
  std::atomic<long> told_ = 0;
  std::atomic<long> woken_ = 0;
  std::atomic<long> timed_out_ = 0;
  std::atomic<long> moved_ = 0;
};

// Time-outs meet moves to and fro; nobody wakes anybody.
void time_out_while_moving(Suite& suite) {
  constexpr std::int64_t kLength = 3 * kSecond / 2;
  std::array<Word, 2> words{};
  std::atomic<long> moved = 0;
  std::atomic<long> wrong = 0;
  const std::int64_t end = shown_by(CLOCK_MONOTONIC) + kLength;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < words.size(); ++i) {
    threads.emplace_back([&, i] {
      while (shown_by(CLOCK_MONOTONIC) < end) {
        moved += requeue(words[i], 0, INT_MAX, words[1 - i], 0);
      }
    });
  }
  for (unsigned seed = 0; seed < 8; ++seed) {
    threads.emplace_back([&, random = std::mt19937(seed)]() mutable {
      while (shown_by(CLOCK_MONOTONIC) < end) {
        const timespec timeout = tb::test::to_timespec(1 + random() % 20'000);
        wrong += wait(words[random() % words.size()], 0, &timeout) == -ETIMEDOUT ? 0 : 1;
      }
    });
  }
  threads.clear();
  suite.equal(wrong.load(), 0, "waits that did not time out");
  suite.equal(wake(words[0], INT_MAX) + wake(words[1], INT_MAX), 0, "waiters left behind");
  suite.check(moved > 100, "enough has happened");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("the value is compared first", compare_first);
  suite.test("time-outs are as long as they say, on both clocks", time_out);
  suite.test("as many are woken as asked for, the longest waiting first", wake_in_order);
  suite.test("the most urgent one is woken first", wake_urgent_first);
  suite.test("bits select who is woken", select_by_bits);
  suite.test("waiters are moved to another word", move_waiters);
  suite.test("a moved waiter's time-out takes it out of the right place", time_out_after_a_move);
  suite.test("a signal ends a wait", interrupt);
  suite.test("what makes no sense is refused", refuse);
  suite.test("time-outs and moves at the same moment", time_out_while_moving);
  suite.test("no token and no wake is lost", [](Suite& s) { Tokens(s).run(); });
  return suite.status();
}
