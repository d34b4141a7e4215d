// Threads told where to run: by themselves and by others, whatever they are doing just then.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <variant>

#include "runtime/dispatch.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"
#include "tests/image/random.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::CpuId;
using tb::CpuSet;
using tb::SpawnOptions;
using tb::test::Suite;

CpuSet set_of(std::uint32_t mask) {
  CpuSet set;
  for (std::uint32_t cpu = 0; cpu < 32; ++cpu) {
    if ((mask >> cpu & 1) != 0) {
      set.insert(CpuId{cpu});
    }
  }
  return set;
}

tb::ThreadRecord& record_of(const tb::Thread& thread) {
  return *tb::thread_table().find(thread.id().index);
}

tb::sched::ThreadState state_of(const tb::Thread& thread) { return record_of(thread).state.get(); }

void move(const tb::Thread& thread, const CpuSet& cpus) {
  // It may have ended.
  static_cast<void>(tb::set_affinity(thread.id(), cpus));
}

void be_moved(const CpuSet& cpus) {
  static_cast<void>(tb::set_affinity(tb::this_thread::id(), cpus));
}

template <class Condition>
void wait_until(Condition condition) {
  while (!condition()) {
    tb::this_thread::yield();
  }
}

// What a thread has been told after a call that has returned; nothing while another is under way.
class Told {
 public:
  void withdraw() { word_ = 0; }
  void tell(std::uint32_t mask) { word_ = ++told_ << kMaskBits | mask; }

  // By the thread itself.
  bool is_broken() const {
    const std::uint64_t before = word_.load();
    const std::uint32_t here = index_of(tb::this_thread::cpu());
    return before != 0 && (before >> here & 1) == 0 && word_.load() == before;
  }

 private:
  static constexpr unsigned kMaskBits = 32;

  std::atomic<std::uint64_t> word_{0};
  std::uint64_t told_ = 0;  // whoever may call the two above
};

// CPUs from the caller's next one on, each once, the caller's own last.
template <class Visit>
void for_each_other_cpu(Visit visit) {
  const std::uint32_t here = index_of(tb::this_thread::cpu());
  for (std::uint32_t step = 1; step <= tb::cpu_count(); ++step) {
    visit(CpuId{(here + step) % tb::cpu_count()});
  }
}

void move_oneself(Suite& suite) {
  auto thread = tb::spawn([&suite] {
    for_each_other_cpu([&suite](CpuId cpu) {
      be_moved(CpuSet::only(cpu));
      suite.equal(index_of(tb::this_thread::cpu()), index_of(cpu), "the CPU after the call");
      int elsewhere = 0;
      for (int i = 0; i < 50; ++i) {
        tb::this_thread::yield();
        elsewhere += tb::this_thread::cpu() == cpu ? 0 : 1;
        tb::this_thread::sleep_for(10us);
        elsewhere += tb::this_thread::cpu() == cpu ? 0 : 1;
      }
      suite.equal(elsewhere, 0, "times it ran elsewhere");
      suite.check(*tb::affinity(tb::this_thread::id()) == CpuSet::only(cpu),
                  "it is told what it asked for");
    });
    const CpuId before = tb::this_thread::cpu();
    be_moved(CpuSet::everywhere());
    suite.equal(index_of(tb::this_thread::cpu()), index_of(before), "the CPU when all are allowed");
  });
  suite.check(thread->join().has_value(), "the thread ended");
}

void move_a_busy_one(Suite& suite) {
  Told told;
  std::atomic<bool> ends = false;
  std::atomic<int> broken = 0;
  auto busy = tb::spawn([&] {
    while (!ends) {
      broken += told.is_broken() ? 1 : 0;
    }
  });
  for (int round = 0; round < 3; ++round) {
    for_each_other_cpu([&](CpuId cpu) {
      told.withdraw();
      move(*busy, CpuSet::only(cpu));
      told.tell(1U << index_of(cpu));
      tb::this_thread::sleep_for(500us);
    });
  }
  ends = true;
  suite.check(busy->join().has_value(), "the thread ended");
  suite.equal(broken.load(), 0, "looks at a CPU outside of its set");
}

void move_a_parked_one(Suite& suite) {
  for_each_other_cpu([&suite](CpuId cpu) {
    std::atomic<bool> comes = false;
    CpuId woken_on{};
    auto parked = tb::spawn([&] {
      while (!comes) {
        tb::this_thread::park();
      }
      woken_on = tb::this_thread::cpu();
    });
    wait_until([&] { return state_of(*parked) == tb::sched::ThreadState::kParked; });
    move(*parked, CpuSet::only(cpu));
    comes = true;
    static_cast<void>(tb::wake(parked->id()));
    suite.check(parked->join().has_value(), "the thread was woken");
    suite.equal(index_of(woken_on), index_of(cpu), "the CPU it was woken on");
  });
}

// False if the sleeper was awake before it was moved, which shows nothing.
bool move_while_it_sleeps(Suite& suite, CpuId cpu) {
  constexpr tb::Duration kLength = 20ms;
  std::atomic<bool> is_awake = false;
  CpuId woken_on{};
  tb::Duration slept{};
  auto sleeping = tb::spawn([&] {
    const tb::Time begin = tb::now();
    tb::this_thread::sleep_for(kLength);
    is_awake = true;
    slept = tb::now() - begin;
    woken_on = tb::this_thread::cpu();
  });
  wait_until([&] { return is_awake || state_of(*sleeping) == tb::sched::ThreadState::kParked; });
  move(*sleeping, CpuSet::only(cpu));
  const bool was_asleep = !is_awake;
  suite.check(sleeping->join().has_value(), "the thread woke up");
  suite.check(slept >= kLength, "it slept as long as it wanted");
  if (was_asleep) {
    suite.equal(index_of(woken_on), index_of(cpu), "the CPU it woke up on");
  }
  return was_asleep;
}

void move_a_sleeping_one(Suite& suite) {
  for_each_other_cpu([&suite](CpuId cpu) {
    while (!move_while_it_sleeps(suite, cpu)) {
    }
  });
}

// The busy one cannot be preempted, so the other has not run when it is wanted elsewhere.
void move_a_ready_one(Suite& suite) {
  const CpuId crowded{1};
  const CpuId wanted{2};
  std::atomic<bool> is_busy = false;
  std::atomic<bool> ends = false;
  CpuId began_on{};
  // Or it might wait behind the busy one for what it has to do itself.
  be_moved(CpuSet::only(CpuId{0}));
  auto busy = tb::spawn(
      [&] {
        const tb::PreemptionGuard guard;
        is_busy = true;
        while (!ends) {
        }
      },
      SpawnOptions{.affinity = CpuSet::only(crowded)});
  wait_until([&] { return is_busy.load(); });
  auto ready = tb::spawn([&] { began_on = tb::this_thread::cpu(); },
                         SpawnOptions{.affinity = CpuSet::only(crowded)});
  auto setter = tb::spawn([&] { move(*ready, CpuSet::only(wanted)); },
                          SpawnOptions{.affinity = CpuSet::only(CpuId{0})});
  wait_until([&] { return !record_of(*ready).requests.empty(); });
  ends = true;
  suite.check(busy->join() && ready->join() && setter->join(), "all ended");
  suite.equal(index_of(began_on), index_of(wanted), "the CPU it began on");
  be_moved(CpuSet::everywhere());
}

void move_one_that_ends(Suite& suite) {
  for (std::uint32_t round = 0; round < 200; ++round) {
    auto thread = tb::spawn([round] {
      for (volatile std::uint32_t i = 0; i < round * 20; i = i + 1) {
      }
    });
    for_each_other_cpu([&](CpuId cpu) {
      const auto moved = tb::set_affinity(thread->id(), CpuSet::only(cpu));
      suite.check(moved || std::holds_alternative<tb::ThreadNotFound>(moved.error()),
                  "it is moved, or there is no such thread any more");
    });
    suite.check(thread->join().has_value(), "the thread ended");
  }
}

void begin_in_the_set(Suite& suite) {
  std::array<std::atomic<int>, 3> began{};
  std::array<tb::Thread, 20> threads;
  for (tb::Thread& thread : threads) {
    thread = std::move(*tb::spawn(
        [&began] {
          const std::uint32_t cpu = index_of(tb::this_thread::cpu());
          ++began[cpu < began.size() ? cpu : 0];
        },
        SpawnOptions{.affinity = set_of(0b0110)}));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread ended");
  }
  suite.equal(began[0].load(), 0, "threads that began outside of the set");
}

template <class Kind>
bool fails_with(const std::expected<void, tb::Error>& done) {
  return !done && std::holds_alternative<Kind>(done.error());
}

void refuse(Suite& suite) {
  const tb::ThreadId self = tb::this_thread::id();
  const CpuSet before = *tb::affinity(self);
  CpuSet beyond = before;
  beyond.insert(CpuId{tb::cpu_count()});
  suite.check(fails_with<tb::InvalidCpuSet>(tb::set_affinity(self, CpuSet())), "an empty set");
  suite.check(fails_with<tb::InvalidCpu>(tb::set_affinity(self, beyond)), "a CPU too many");
  suite.check(*tb::affinity(self) == before, "nothing has changed");
  auto thread = tb::spawn([] {});
  const tb::ThreadId gone = thread->id();
  suite.check(thread->join().has_value(), "the thread ended");
  suite.check(fails_with<tb::ThreadNotFound>(tb::set_affinity(gone, before)),
              "a thread that ended");
  const auto spawned = [](const SpawnOptions& options) {
    auto made = tb::spawn([] {}, options);
    return made ? std::expected<void, tb::Error>() : std::unexpected(made.error());
  };
  suite.check(fails_with<tb::InvalidCpuSet>(spawned({.affinity = CpuSet()})), "an empty set");
  suite.check(fails_with<tb::InvalidCpu>(spawned({.affinity = beyond})), "a CPU too many");
  suite.check(fails_with<tb::CpuNotInAffinity>(
                  spawned({.cpu = CpuId{0}, .affinity = CpuSet::only(CpuId{1})})),
              "a first CPU outside of the set");
}

using tb::test::Random;

enum class Turns { kOneAtATime, kAllAtOnce };

// Everybody tells everybody where to run. One at a time: what a thread was told holds until the
// next call. All at once: the last call is the one that counts.
class Crowd {
 public:
  Crowd(Suite& suite, Turns turns) : suite_(suite), turns_(turns) {}

  void run() {
    for (std::size_t i = 0; i < kThreads; ++i) {
      members_[i].thread = std::move(*tb::spawn([this, i] { live(i); }));
    }
    begins_ = true;
    wait_until([this] { return done_ == kThreads; });
    // Nobody changes anything any more.
    ends_ = true;
    for (Member& member : members_) {
      suite_.check(member.thread.join().has_value(), "the thread ended");
    }
    suite_.equal(broken_.load(), 0, "looks at a CPU outside of a set");
    suite_.equal(outside_at_the_end_.load(), 0, "threads outside of their sets at the end");
  }

 private:
  static constexpr std::size_t kThreads = 12;
  static constexpr int kRounds = 250;

  struct Member {
    tb::Thread thread;
    std::atomic<bool> is_being_told = false;
    Told told;
  };

  void live(std::size_t i) {
    Random random(i + 1);
    wait_until([this] { return begins_.load(); });
    for (int round = 0; round < kRounds; ++round) {
      tell(members_[random.below(kThreads)], 1 + random.below((1U << tb::cpu_count()) - 1));
      for (std::uint32_t look = random.below(200); look > 0; --look) {
        broken_ += members_[i].told.is_broken() ? 1 : 0;
      }
      if (random.below(4) == 0) {
        tb::this_thread::sleep_for(20us);
        broken_ += members_[i].told.is_broken() ? 1 : 0;
      }
    }
    ++done_;
    wait_until([this] { return ends_.load(); });
    const bool inside = tb::affinity(tb::this_thread::id())->contains(tb::this_thread::cpu());
    outside_at_the_end_ += inside ? 0 : 1;
  }

  void tell(Member& member, std::uint32_t mask) {
    if (turns_ == Turns::kAllAtOnce) {
      move(member.thread, set_of(mask));
    } else if (!member.is_being_told.exchange(true)) {
      member.told.withdraw();
      move(member.thread, set_of(mask));
      member.told.tell(mask);
      member.is_being_told = false;
    }
  }

  Suite& suite_;
  const Turns turns_;
  std::array<Member, kThreads> members_;
  std::atomic<bool> begins_ = false;
  std::atomic<bool> ends_ = false;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<int> broken_ = 0;
  std::atomic<int> outside_at_the_end_ = 0;
};

void crowd(Suite& suite, Turns turns) { std::make_unique<Crowd>(suite, turns)->run(); }

}  // namespace

int main() {
  Suite suite;
  suite.test("who moves itself is there at once and stays", move_oneself);
  suite.test("a thread that never leaves its CPU is moved", move_a_busy_one);
  suite.test("a parked thread is woken where it may run", move_a_parked_one);
  suite.test("a sleeping thread is moved and sleeps no shorter", move_a_sleeping_one);
  suite.test("a ready thread is moved before it runs", move_a_ready_one);
  suite.test("a thread that ends meanwhile keeps nobody waiting", move_one_that_ends);
  suite.test("a new thread begins on a CPU of its set", begin_in_the_set);
  suite.test("sets that are not possible change nothing", refuse);
  suite.test("everybody moves everybody, one at a time, and each stays in its set",
             [](Suite& s) { crowd(s, Turns::kOneAtATime); });
  suite.test("everybody moves everybody at once, and the last word counts",
             [](Suite& s) { crowd(s, Turns::kAllAtOnce); });
  return suite.status();
}
