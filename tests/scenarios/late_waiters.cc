// More threads wait than are let go at a time, and give up meanwhile.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kWaiters = 40;

// Where an object is made, and replaced by nonsense when the last thread has come back from it.
template <class Object>
class Place {
 public:
  template <class... Arguments>
  explicit Place(std::uint32_t visitors, Arguments... arguments)
      : visitors_(visitors), object_(new(bytes_) Object(arguments...)) {}

  Object& get() { return *object_; }
  void leave() {
    if (--visitors_ == 0) {
      std::destroy_at(object_);
      std::memset(bytes_, 2, sizeof(Object));
    }
  }

 private:
  alignas(Object) std::byte bytes_[sizeof(Object)];
  std::atomic<std::uint32_t> visitors_;
  Object* const object_;
};

// When the first one came back that was let go.
class FirstReturn {
 public:
  void note() {
    const std::int64_t now = nanoseconds(tb::now());
    std::int64_t first = first_;
    while (now < first && !first_.compare_exchange_weak(first, now)) {
    }
  }
  bool was_before(Time time) const { return first_ < nanoseconds(time); }

 private:
  static std::int64_t nanoseconds(Time time) { return time.time_since_epoch().count(); }

  std::atomic<std::int64_t> first_ = INT64_MAX;
};

// `let_go` is called while all wait for `object`; the first of them waits as long as it takes. They
// are on one CPU, for the clocks of two may differ.
template <class Object, class LetGo>
void let_all_go(Suite& suite, std::uint64_t seed, Place<Object>& place, LetGo let_go) {
  std::array<Time, kWaiters> deadlines{};
  std::array<bool, kWaiters> was_late{};
  FirstReturn first;
  const Time begin = now();
  Crowd crowd(suite);
  crowd.spawn(
      [&] {
        place.get().wait();
        place.leave();
      },
      there(0));
  this_thread::sleep_for(10us);
  Random random(seed);
  for (std::uint32_t i = 0; i < kWaiters; ++i) {
    deadlines[i] = begin + Duration(150'000 + random.below(20'000));
    crowd.spawn(
        [&, i] {
          was_late[i] = !place.get().wait_until(deadlines[i]);
          if (!was_late[i]) {
            first.note();
          }
          place.leave();
        },
        there(0));
  }
  this_thread::sleep_for(begin + 158us - now());
  let_go(place.get());
  crowd.join();
  for (std::uint32_t i = 0; i < kWaiters; ++i) {
    suite.check(!was_late[i] || !first.was_before(deadlines[i]),
                "nobody is late who has waited until after another one was let go");
  }
}

}  // namespace

void late_waiters(Suite& suite) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Place<Latch> latch(kWaiters + 1, 1U);
    let_all_go(suite, seed, latch, [](Latch& object) { object.count_down(); });
    Place<Event> event(kWaiters + 1);
    let_all_go(suite, seed, event, [](Event& object) { object.set(); });
  }
}

// Of those that are let go first all come back before whoever does it goes on, for they are more
// urgent; the last one gives up meanwhile, and the latch is gone.
void abandoned_latch(Suite& suite) {
  constexpr std::uint32_t kFirstOnes = 16;  // as many as are let go at a time
  SpawnOptions urgent = there(0);
  urgent.scheduling = {.policy = SchedulingPolicy::kFifo, .priority = sched::Priority{10}};
  Place<Latch> place(kFirstOnes + 1, 1U);
  const Time deadline = now() + 300us;
  std::atomic<std::uint32_t> returned = 0;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < kFirstOnes; ++i) {
    crowd.spawn(
        [&] {
          place.get().wait();
          spend(10us);
          ++returned;
          place.leave();
        },
        urgent);
  }
  crowd.spawn(
      [&] {
        static_cast<void>(place.get().wait_until(deadline));
        ++returned;
        place.leave();
      },
      urgent);
  crowd.spawn(
      [&] {
        this_thread::sleep_for(deadline - 40us - now());
        place.get().count_down();
      },
      there(0));
  crowd.join();
  suite.equal(returned.load(), kFirstOnes + 1, "threads that came back");
}

}  // namespace tb::test
