// How long a CPU without work polls before it sleeps. To be interrupted out of a sleep takes some
// microseconds; so it polls when the next thread is likely to come sooner than that would pay,
// which it learns from how long it has been idle recently.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace tb::sched {

class PollLength {
 public:
  // About what a sleep and its interrupt cost, several times over.
  static constexpr Duration kMost = std::chrono::microseconds(20);

  // For the idle time that begins now: twice the usual, or nothing if that would be too long.
  Duration next() const {
    const Duration wanted = 2 * usual_;
    return wanted <= kMost ? wanted : Duration::zero();
  }

  // So long it was idle. One long time stops the polling, a few short ones bring it back.
  void note(Duration idle) {
    constexpr int kWeight = 4;
    const Duration bounded = std::clamp(idle, Duration::zero(), kMost);
    usual_ += (bounded - usual_) / kWeight;
  }

 private:
  Duration usual_ = kMost;  // of recent idle times, none counted for more than kMost
};

}  // namespace tb::sched
