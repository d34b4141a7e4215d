// Whether the threads of another CPU and this one's wait for each other: each has woken one of the
// other's. Who only wakes, as the stages of a pipeline do, runs at the same time as those it wakes,
// and shall go on to. A guess by the last wakes. Owner CPU only.
#pragma once

#include "base/cpu_id.h"

namespace tb::sched {

class Companion {
 public:
  // This CPU wakes a thread of that one.
  void note_woken(CpuId other) {
    woken_ = other;
    only_wakes_ = only_wakes_ == other ? kNoCpu : only_wakes_;
  }

  // That one has woken a thread of this CPU; true if this one has done the same.
  bool note_waker(CpuId other) {
    const bool wait_for_each_other = woken_ == other;
    only_wakes_ = wait_for_each_other ? kNoCpu : other;
    return wait_for_each_other;
  }

  // Whether that one has woken threads here, and has not been answered so far.
  bool only_wakes(CpuId other) const { return only_wakes_ == other; }

 private:
  CpuId woken_ = kNoCpu;
  CpuId only_wakes_ = kNoCpu;
};

}  // namespace tb::sched
