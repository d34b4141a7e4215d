// How long a CPU without work polls before it sleeps. To be woken out of a sleep costs whoever
// waits for this CPU some microseconds on a PC, and ten times that in a virtual machine. A poll of
// that length at most doubles what the better of both would have cost (A. R. Karlin et al., 1990,
// "Competitive randomized algorithms for non-uniform problems"), and is left out more and more
// often while it leads to nothing.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace tb::sched {

class PollLength {
 public:
  // Longer than it takes another CPU to come out of its sleep: of two that answer each other, the
  // first that polls finds the other's answer, and soon both poll. How long they have been idle
  // tells nothing about that: as long as both sleep, each waits for the other's sleep to end.
  static constexpr Duration kMost = std::chrono::microseconds(100);

  // So many in vain, and only one of 64 idle times begins with a poll.
  static constexpr std::uint32_t kMostFailures = 6;

  // For the idle time that begins now: nothing, or at most kMost. A sleeper of this CPU that is due
  // within that is waited for awake.
  Duration next(Duration until_due) {
    if (until_due <= kMost) {
      return std::max(until_due, Duration::zero());
    }
    polls_ = left_out_ == 0;
    left_out_ -= polls_ ? 0 : 1;
    return polls_ ? kMost : Duration::zero();
  }

  // So long it was idle.
  void note(Duration idle) {
    if (idle <= kMost) {
      failures_ = 0;
      left_out_ = 0;
    } else if (polls_) {
      failures_ = std::min(failures_ + 1, kMostFailures);
      left_out_ = (1U << failures_) - 1;
    }
  }

 private:
  bool polls_ = false;  // in this idle time, or in the last one
  std::uint32_t failures_ = 0;
  std::uint32_t left_out_ = 0;  // idle times until the next poll
};

}  // namespace tb::sched
