// A wake, a time and a stop at one instant, of whatever is waited for: each wait has one end, and
// what was given is had by one thread, or by one who waits on.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "runtime/control/at_exit.h"
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

 private:
  Duration lead_;
  const Time time_ = now() + lead_;
  std::atomic<std::uint32_t> ready_ = 0;
};

// One to four of whom one at a time has the thing.
class Party {
 public:
  Party(Suite& suite, Awaited& thing) : suite_(suite), thing_(thing) {}

  // Whoever has it is alone, unless it is shared.
  void have() {
    suite_.check(++inside_ == 1 || thing_.is_shared(), thing_.name());
    spend(200ns);
    --inside_;
    thing_.put_back();
  }

 private:
  Suite& suite_;
  Awaited& thing_;
  std::atomic<std::uint32_t> inside_ = 0;
};

// The one who waits as long as it takes would wait for ever if anything was lost.
Duration meet(Suite& suite, Duration lead, Awaited& thing) {
  Party party(suite, thing);
  StopSource source;
  Instant instant(lead);
  std::uint32_t count = 0;
  Crowd crowd(suite);
  const auto wait_here = [&](auto take) {
    crowd.spawn(
        [&, take] {
          instant.note_ready();
          if (take()) {
            party.have();
          }
        },
        there(count++));
  };
  wait_here([&] {
    const bool has_it = thing.take_until(instant.time());
    suite.check(has_it || now() >= instant.time(), "no time is over early");
    return has_it;
  });
  wait_here([&, token = source.get_token()] {
    const bool has_it = thing.take(token);
    suite.check(has_it || token.stop_requested(), "nobody stops without being asked to");
    return has_it;
  });
  if (thing.has_both()) {
    wait_here([&, token = source.get_token()] {
      const bool has_it = thing.take_until(instant.time(), token);
      suite.check(has_it || now() >= instant.time() || token.stop_requested(), "nor early");
      return has_it;
    });
  }
  wait_here([&] {
    thing.take();
    return true;
  });
  const std::uint32_t waiting = count;
  crowd.spawn(
      [&] {
        this_thread::sleep_until(instant.time());
        source.request_stop();
      },
      there(count++));
  instant.wait(waiting);
  thing.give();
  crowd.join();
  expect_back(suite, thing);
  return instant.lead();
}

// Without room a value goes from hand to hand: as many are received as are sent.
Duration meet_without_room(Suite& suite, Duration lead) {
  Channel<int> channel;
  StopSource source;
  Instant instant(lead);
  std::atomic<int> sent = 0;
  std::atomic<int> received = 0;
  Crowd crowd(suite);
  const auto count = [](std::atomic<int>& counter, const auto& result) {
    counter += result.has_value() ? 1 : 0;
  };
  const auto wait_here = [&](std::uint32_t number, auto wait) {
    crowd.spawn(
        [&instant, wait] {
          instant.note_ready();
          wait();
        },
        there(number));
  };
  wait_here(0, [&] { count(received, channel.receive_until(instant.time())); });
  wait_here(1, [&] { count(received, channel.receive(source.get_token())); });
  crowd.spawn(
      [&] {
        this_thread::sleep_until(instant.time());
        source.request_stop();
      },
      there(2));
  crowd.spawn(
      [&] {
        this_thread::sleep_until(instant.time());
        count(sent, channel.send_for(1, 1us));
      },
      there(3));
  instant.wait(2);
  count(sent, channel.try_send(2));
  crowd.join();
  suite.equal(received.load(), sent.load(), "values received");
  suite.check(channel.try_receive() == std::unexpected(ChannelError::kNotNow), "none is left");
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
  constexpr int kRounds = 3;
  Duration lead = 60us;
  for (int round = 0; round < kRounds; ++round) {
    for (const MakeAwaited make : all_kinds()) {
      lead = meet(suite, lead, *make());
    }
    lead = meet_without_room(suite, lead);
  }
}

void joins_at_once(Suite& suite) {
  constexpr int kRounds = 20;
  Duration lead = 60us;
  for (int round = 0; round < kRounds; ++round) {
    lead = join_in_time(suite, lead, round % 2 == 0);
  }
}

}  // namespace tb::test
