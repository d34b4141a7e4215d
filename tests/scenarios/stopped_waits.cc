// Stops end waits, whatever is waited for, and take nothing from those who wait on: neither what
// they wait for nor their places.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>

#include "runtime/sync/barrier.h"
#include "runtime/sync/channel.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/shared_mutex.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/kinds.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

// Those who may wait, of whom somebody knows that they are about to.
class Waiting {
 public:
  explicit Waiting(Suite& suite) : crowd_(suite) {}

  template <class Function>
  void spawn(Function function) {
    crowd_.spawn(
        [this, function]() mutable {
          ++begun_;
          function();
        },
        there(count_++));
  }

  // Most of them stand in their queues when this returns.
  void expect_waiting() const {
    while (begun_ < count_) {
      this_thread::sleep_for(10us);
    }
    this_thread::sleep_for(20us);
  }

  void join() { crowd_.join(); }

 private:
  std::atomic<std::uint32_t> begun_ = 0;
  std::uint32_t count_ = 0;
  Crowd crowd_;
};

// One of them is stopped; it has it only if that is wrong.
void expect_stopped(Suite& suite, Awaited& thing, const StopToken& token) {
  const bool has_it = thing.take(token);
  suite.check(!has_it, thing.name());
  if (has_it) {
    thing.put_back();
  }
}

// Before, between and behind those who wait as long as it takes.
void stop_some(Suite& suite, Awaited& thing) {
  constexpr std::uint32_t kEach = 3;
  StopSource source;
  std::atomic<std::uint32_t> had = 0;
  Waiting patient(suite);
  Waiting stoppable(suite);
  for (std::uint32_t i = 0; i < kEach; ++i) {
    stoppable.spawn([&, token = source.get_token()] { expect_stopped(suite, thing, token); });
    patient.spawn([&] {
      thing.take();
      ++had;
      thing.put_back();
    });
  }
  stoppable.expect_waiting();
  patient.expect_waiting();
  suite.check(source.request_stop(), "it is the first to ask");
  stoppable.join();
  suite.equal(had.load(), 0U, thing.name());
  stoppable.spawn([&, token = source.get_token()] { expect_stopped(suite, thing, token); });
  stoppable.join();
  thing.give();
  patient.join();
  suite.equal(had.load(), kEach, thing.name());
  expect_back(suite, thing);
  suite.check(thing.take(source.get_token()), "what is there is had, whoever was asked to stop");
  thing.put_back();
}

// Readers who came behind it wait for nobody but the one who reads, and read beside him.
void stop_a_writer(Suite& suite) {
  SharedMutex mutex;
  StopSource source;
  std::atomic<bool> has_come = false;
  mutex.lock_shared();
  Waiting writer(suite);
  writer.spawn([&] { suite.check(!mutex.lock(source.get_token()), "it never writes"); });
  while (mutex.try_lock_shared()) {
    mutex.unlock_shared();
    this_thread::sleep_for(10us);
  }
  Waiting readers(suite);
  for (int i = 0; i < 3; ++i) {
    readers.spawn([&] {
      mutex.lock_shared();
      suite.check(has_come, "a reader waits behind a writer");
      mutex.unlock_shared();
    });
  }
  readers.expect_waiting();
  has_come = true;
  source.request_stop();
  writer.join();
  readers.join();
  mutex.unlock_shared();
  suite.check(mutex.try_lock(), "nobody has it");
  mutex.unlock();
}

// Who has arrived has arrived, whatever became of the wait.
void stop_at_a_barrier(Suite& suite) {
  constexpr std::uint32_t kThreads = 4;
  StopSource source;
  std::atomic<std::uint32_t> completed = 0;
  std::atomic<std::uint32_t> left = 0;
  const auto complete = [&completed] { ++completed; };
  Barrier barrier(kThreads, complete);
  Waiting stopped(suite);
  for (std::uint32_t i = 1; i < kThreads; ++i) {
    stopped.spawn([&, token = source.get_token()] {
      const auto arrival = barrier.arrive();
      suite.check(!barrier.wait(arrival, token), "one has not arrived");
      suite.check(!barrier.wait(arrival, token), "nor later");
      ++left;
      barrier.wait(arrival);
      barrier.arrive_and_wait();
    });
  }
  stopped.expect_waiting();
  source.request_stop();
  while (left < kThreads - 1) {
    this_thread::sleep_for(10us);
  }
  suite.equal(completed.load(), 0U, "phases before the last one has arrived");
  const auto arrival = barrier.arrive();
  suite.equal(completed.load(), 1U, "phases once it has");
  suite.check(barrier.wait(arrival, source.get_token()), "it is over for those who come later");
  barrier.arrive_and_wait();
  stopped.join();
  suite.equal(completed.load(), 2U, "phases in the end");
}

// Without room nothing is on its way: what is not sent stays with who wanted to send it, and who
// receives gets what others send.
void stop_at_a_channel(Suite& suite) {
  using Value = std::unique_ptr<int>;
  Channel<Value> channel;
  StopSource source;
  Waiting senders(suite);
  Waiting receivers(suite);
  for (int i = 0; i < 3; ++i) {
    senders.spawn([&, token = source.get_token()] {
      auto value = std::make_unique<int>(1);
      suite.check(channel.send(std::move(value), token) == std::unexpected(ChannelError::kStopped),
                  "nobody receives");
      suite.check(value != nullptr, "what is not sent stays");
    });
  }
  senders.expect_waiting();
  source.request_stop();
  senders.join();
  StopSource another;
  for (int i = 0; i < 3; ++i) {
    receivers.spawn([&, token = another.get_token()] {
      const auto value = channel.receive(token);
      suite.check(!value && value.error() == ChannelError::kStopped, "nobody sends");
    });
  }
  receivers.expect_waiting();
  another.request_stop();
  receivers.join();
  receivers.spawn([&] { suite.check(channel.receive().has_value(), "what is sent is received"); });
  suite.check(channel.send(std::make_unique<int>(2), StopToken()).has_value(),
              "a token that nobody has made stops nobody");
  receivers.join();
  channel.close();
  suite.check(channel.send(nullptr, source.get_token()) == std::unexpected(ChannelError::kClosed),
              "it is closed, and says so to whom it may concern");
}

// With a time besides: what comes first ends the wait, and that is told as what it is.
void stop_in_time(Suite& suite) {
  Mutex mutex;
  ConditionVariable changed;
  bool has_changed = false;  // guarded by the mutex
  std::atomic<bool> is_late = false;
  StopSource source;
  const auto is_changed = [&has_changed] { return has_changed; };
  Waiting waiting(suite);
  waiting.spawn([&, token = source.get_token()] {
    std::unique_lock lock(mutex);
    const Time deadline = now() + 15us;
    suite.check(!changed.wait_until(lock, token, deadline, is_changed), "its time comes first");
    suite.check(now() >= deadline && !token.stop_requested(), "and not before");
    is_late = true;
    suite.check(!changed.wait_until(lock, token, kNever, is_changed), "a stop comes");
    suite.check(token.stop_requested() && mutex.is_mine(), "the lock is taken again all the same");
  });
  while (!is_late) {
    this_thread::sleep_for(10us);
  }
  {
    // The mutex is free: so it waits for the stop, and goes on waiting.
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }
  source.request_stop();
  waiting.join();
  has_changed = true;
  std::unique_lock lock(mutex);
  suite.check(changed.wait_until(lock, source.get_token(), Time::min(), is_changed),
              "who finds it changed waits for nothing");
}

}  // namespace

void stopped_waits(Suite& suite) {
  for (const MakeAwaited make : all_kinds()) {
    stop_some(suite, *make());
  }
  stop_a_writer(suite);
  stop_at_a_barrier(suite);
  stop_at_a_channel(suite);
  stop_in_time(suite);
}

}  // namespace tb::test
