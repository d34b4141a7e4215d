// A wake, a time and a stop at one instant, of whatever is waited for, and all that can be done to
// those who wait: each wait has one end, and what was given is had by one thread, or by one who
// waits on.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/control/at_exit.h"
#include "runtime/control/suspend.h"
#include "runtime/control/terminate.h"
#include "runtime/control/thread_info.h"
#include "runtime/sync/channel.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/fails_with.h"
#include "tests/scenarios/kinds.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// When all that happens at once is to happen: so late that everybody waits by then.
class Instant {
 public:
  explicit Instant(Duration lead) : lead_(lead) {}

  Time time() const { return time_; }

  // By each of those who wait, before it does.
  void note_ready() { ++ready_; }

  // Returns then; the next time is later if somebody was too late for this one.
  void wait(std::uint32_t expected) {
    this_thread::sleep_until(time_);
    if (ready_ < expected) {
      lead_ = std::min(2 * lead_, Duration(20ms));
    }
  }
  Duration lead() const { return lead_; }

  // A thread that waits for something until then, and one that does something then, or so long
  // before.
  template <class Function>
  ThreadId let_wait(Crowd& crowd, std::uint32_t number, Function wait) {
    return crowd.spawn(
        [this, wait] {
          note_ready();
          wait();
        },
        there(number));
  }
  template <class Function>
  void spawn_then(Crowd& crowd, std::uint32_t number, Function act, Duration before = {}) {
    crowd.spawn(
        [this, act, before] {
          this_thread::sleep_until(time_ - before);
          act();
        },
        there(number));
  }

 private:
  Duration lead_;
  const Time time_ = now() + lead_;
  std::atomic<std::uint32_t> ready_ = 0;
};

// How the waits have ended, of all things together.
struct Outcomes {
  std::atomic<std::uint32_t> had = 0;
  std::atomic<std::uint32_t> late = 0;
  std::atomic<std::uint32_t> stopped = 0;
  std::atomic<std::uint32_t> stood_still = 0;  // times that one was suspended in it

  bool has_each() const { return had > 0 && late > 0 && stopped > 0 && stood_still > 0; }
};

// What happens beside the wake, the time and the stop.
enum class Disturbance : std::uint8_t { kNone, kEarlyStop, kControl };

// Some wait in all the ways that there are, each until the same instant. One at a time has the
// thing. The one who waits as long as it takes would wait for ever if anything was lost.
class Meeting {
 public:
  Meeting(Suite& suite, Awaited& thing, Duration lead, Outcomes& outcomes)
      : suite_(suite), thing_(thing), outcomes_(outcomes), instant_(lead) {}

  // Returns the lead of the next one.
  Duration hold(Disturbance disturbance) {
    wait_in_all_ways();
    const Duration before = disturbance == Disturbance::kEarlyStop ? 3us : 0us;
    instant_.spawn_then(crowd_, count_, [this] { source_.request_stop(); }, before);
    if (disturbance == Disturbance::kControl) {
      // As soon as some wait: where processors are shared all are late at that time.
      instant_.spawn_then(crowd_, count_ + 1, [this] { control_all(); }, instant_.lead() / 2);
    }
    instant_.wait(count_);
    thing_.give();
    crowd_.join();
    expect_back(suite_, thing_);
    return instant_.lead();
  }

 private:
  void wait_in_all_ways() {
    wait_here([this] { return in_time(thing_.take_until(instant_.time())); });
    wait_here([this] { return unless_stopped(thing_.take(source_.get_token())); });
    if (thing_.has_both()) {
      wait_here([this] {
        const bool has_it = thing_.take_until(instant_.time(), source_.get_token());
        suite_.check(has_it || now() >= instant_.time() || source_.stop_requested(), "nor early");
        return has_it;
      });
    }
    wait_here([this] {
      thing_.take();
      return true;
    });
  }

  template <class Take>
  void wait_here(Take take) {
    const auto wait = [this, take] {
      if (take()) {
        ++outcomes_.had;
        have();
      }
    };
    waiting_[count_] = instant_.let_wait(crowd_, count_, wait);
    ++count_;
  }

  bool in_time(bool has_it) {
    suite_.check(has_it || now() >= instant_.time(), "no time is over early");
    outcomes_.late += has_it ? 0 : 1;
    return has_it;
  }

  bool unless_stopped(bool has_it) {
    suite_.check(has_it || source_.stop_requested(), "nobody stops without being asked to");
    outcomes_.stopped += has_it ? 0 : 1;
    return has_it;
  }

  // Whoever has it is alone, unless it is shared.
  void have() {
    suite_.check(++inside_ == 1 || thing_.is_shared(), thing_.name());
    spend(200ns);
    --inside_;
    thing_.put_back();
  }

  void control_all() {
    do {
      for (std::uint32_t i = 0; i < count_; ++i) {
        control(waiting_[i], i);
      }
    } while (now() < instant_.time());
  }

  // It may have ended.
  void control(ThreadId id, std::uint32_t number) {
    static_cast<void>(set_scheduling(id, {.nice = static_cast<std::int8_t>(number)}));
    const bool stands_still = suspend(id).has_value();
    outcomes_.stood_still += stands_still ? 1 : 0;
    static_cast<void>(set_affinity(id, CpuSet::only(CpuId{number % cpu_count()})));
    suite_.check(!stands_still || resume(id).has_value(), "who was suspended goes on");
  }

  static constexpr std::uint32_t kMostWaiting = 4;

  Suite& suite_;
  Awaited& thing_;
  Outcomes& outcomes_;
  Instant instant_;
  StopSource source_;
  std::atomic<std::uint32_t> inside_ = 0;
  std::uint32_t count_ = 0;
  std::array<ThreadId, kMostWaiting> waiting_{};
  Crowd crowd_{suite_};
};

// Values on their way through a channel.
struct Traffic {
  void note_sent(const std::expected<void, ChannelError>& result) { sent += result ? 1 : 0; }
  void note_received(const std::expected<int, ChannelError>& result) { received += result ? 1 : 0; }
  void expect_none_lost(Suite& suite) const {
    suite.equal(received.load(), sent.load(), "values received");
  }

  std::atomic<int> sent = 0;
  std::atomic<int> received = 0;
};

// Without room a value goes from hand to hand: as many are received as are sent.
Duration meet_without_room(Suite& suite, Duration lead) {
  Channel<int> channel;
  Traffic traffic;
  StopSource source;
  Instant instant(lead);
  Crowd crowd(suite);
  instant.let_wait(crowd, 0, [&] { traffic.note_received(channel.receive_until(instant.time())); });
  instant.let_wait(crowd, 1, [&] { traffic.note_received(channel.receive(source.get_token())); });
  instant.spawn_then(crowd, 2, [&] { source.request_stop(); });
  instant.spawn_then(crowd, 3, [&] { traffic.note_sent(channel.send_for(1, 1us)); });
  instant.wait(2);
  traffic.note_sent(channel.try_send(2));
  crowd.join();
  traffic.expect_none_lost(suite);
  suite.check(channel.try_receive() == std::unexpected(ChannelError::kNotNow), "none is left");
  return instant.lead();
}

// Those who wait for as long as it takes would wait for ever if they were not told of the end.
Duration close_in_time(Suite& suite, Duration lead) {
  Channel<int> channel(1);
  Traffic traffic;
  StopSource source;
  Instant instant(lead);
  Crowd crowd(suite);
  instant.let_wait(crowd, 0, [&] { traffic.note_received(channel.receive_until(instant.time())); });
  instant.let_wait(crowd, 1, [&] { traffic.note_received(channel.receive(source.get_token())); });
  instant.let_wait(crowd, 2, [&] { traffic.note_received(channel.receive()); });
  instant.spawn_then(crowd, 3, [&] { source.request_stop(); });
  for (std::uint32_t i = 0; i < 4; ++i) {
    instant.spawn_then(crowd, 4 + i, [&] { traffic.note_sent(channel.send(1)); });
  }
  instant.wait(3);
  channel.close();
  crowd.join();
  auto left = channel.receive();
  for (; left; left = channel.receive()) {
    traffic.note_received(left);
  }
  suite.check(left == std::unexpected(ChannelError::kClosed), "then it is over");
  traffic.expect_none_lost(suite);
  return instant.lead();
}

// What has become of a thread that one joins, one lets go of and one ends, all at once.
Duration join_in_time(Suite& suite, Duration lead, bool is_detached) {
  Instant instant(lead);
  std::atomic<std::uint32_t> ended = 0;
  std::atomic<std::uint32_t> let_go = 0;
  std::atomic<bool> counts_its_end = false;
  auto thread = spawn([&] {
    suite.check(this_thread::at_exit([&ended] { ++ended; }).has_value(), "it counts its end");
    counts_its_end = true;
    instant.note_ready();
    for (;;) {
      this_thread::park();
    }
  });
  suite.check(thread.has_value(), "a thread begins");
  const ThreadId id = thread->id();
  Crowd crowd(suite);
  crowd.spawn(
      [&] {
        instant.note_ready();
        const auto joined = join_until(id, instant.time());
        let_go += joined ? 1 : 0;
        suite.check(joined || fails_with<NotJoinable>(joined) ||
                        fails_with<ThreadNotFound>(joined) ||
                        (fails_with<TimedOut>(joined) && now() >= instant.time()),
                    "it is joined, somebody else's, gone, or goes on");
      },
      there(0));
  crowd.spawn(
      [&] {
        while (!counts_its_end) {
          this_thread::sleep_for(1us);
        }
        this_thread::sleep_until(instant.time());
        const auto told = terminate(id);
        suite.check(told || fails_with<ThreadNotFound>(told), "it can be ended");
      },
      there(1));
  instant.wait(2);
  if (is_detached) {
    const auto detached = detach(id);
    let_go += detached ? 1 : 0;
    suite.check(
        detached || fails_with<NotJoinable>(detached) || fails_with<ThreadNotFound>(detached),
        "it is let go of, somebody else's, or gone");
  }
  crowd.join();
  if (let_go == 0) {
    suite.check(tb::join(id).has_value(), "who was too late leaves it to others");
    ++let_go;
  }
  suite.equal(let_go.load(), 1U, "times that it was joined or detached");
  // Of one that nobody waits for, the end comes when it comes.
  while (info(id)) {
    this_thread::sleep_for(10us);
  }
  suite.equal(ended.load(), 1U, "ends");
  suite.check(fails_with<ThreadNotFound>(thread->detach()), "it is gone");
  return instant.lead();
}

}  // namespace

void same_instant(Suite& suite) {
  constexpr int kRounds = 2;
  constexpr int kMostRounds = 20;  // one CPU seldom comes to all of them in two
  Outcomes outcomes;
  Duration lead = 60us;
  for (int round = 0; round < kRounds || (round < kMostRounds && !outcomes.has_each()); ++round) {
    for (const MakeAwaited make : all_kinds()) {
      for (const Disturbance disturbance :
           {Disturbance::kNone, Disturbance::kEarlyStop, Disturbance::kControl}) {
        const auto thing = make();
        lead = Meeting(suite, *thing, lead, outcomes).hold(disturbance);
      }
    }
    lead = meet_without_room(suite, lead);
  }
  suite.check(outcomes.had > 0 && outcomes.late > 0, "some had it in time, some did not");
  suite.check(outcomes.stopped > 0, "some were stopped");
  suite.check(outcomes.stood_still > 0, "some were suspended meanwhile");
}

void joins_at_once(Suite& suite) {
  constexpr int kRounds = 20;
  Duration lead = 60us;
  for (int round = 0; round < kRounds; ++round) {
    lead = join_in_time(suite, lead, round % 2 == 0);
  }
}

void closed_at_once(Suite& suite) {
  constexpr int kRounds = 30;
  Duration lead = 60us;
  for (int round = 0; round < kRounds; ++round) {
    lead = close_in_time(suite, lead);
  }
}

}  // namespace tb::test
