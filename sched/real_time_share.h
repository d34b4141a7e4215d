// How much of its time a CPU gives to Deadline, Fifo and RoundRobin threads together, while others
// want it, too: so that one that runs away does not take the machine. Owner CPU only.
//
// In each window they have their share of it; when that is used up, Fifo and RoundRobin threads
// come after all others until the next window. Deadline threads go on: what they need has been
// admitted.
#pragma once

#include <chrono>

#include "base/time.h"
#include "sched/utilisation.h"

namespace tb::sched {

class RealTimeShare {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds(100);

  explicit RealTimeShare(Share share)
      : limit_(share == kWholeCpu ? Duration::max()
                                  : kWindow * parts_of(share) / parts_of(kWholeCpu)) {}

  void charge(Duration ran) { used_ += ran; }

  // At every reading of the clock.
  void note_time(Time now) {
    if (now - window_begin_ >= kWindow) {
      window_begin_ = now;
      used_ = Duration::zero();
    }
  }

  Time window_end() const { return after(window_begin_, kWindow); }

  bool is_used_up() const { return used_ >= limit_; }

 private:
  const Duration limit_;
  Time window_begin_{};
  Duration used_{};
};

}  // namespace tb::sched
