// Remembers which CPUs this one has told that their inbox is full, in case the interrupt is lost:
// a CPU whose inbox is still full after a while is told again. Owner CPU only.
#pragma once

#include <chrono>
#include <optional>

#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/time.h"

namespace tb::sched {

class Backstop {
 public:
  // Longer than any interrupt is on its way.
  static constexpr Duration kPatience = std::chrono::microseconds(100);

  void note(CpuId told) {
    told_.insert(told);
    if (due_ == kNever) {
      due_ = kAtOnce;
    }
  }

  // When to look whether those that were told have come; kNever if there is none. The patience
  // begins with the first look.
  Time due() const { return due_; }

  // To be called until it returns nobody: each CPU whose inbox is full is_full(cpu) and whose time
  // has come. Those whose inbox has been taken are forgotten.
  template <class IsFull>
  std::optional<CpuId> next(Time now, IsFull is_full) {
    if (due_ == kAtOnce) {
      due_ = after(now, kPatience);
    }
    while (index_of(cursor_) < CpuSet::kMaxCpus) {
      const CpuId cpu = told_.first_from(cursor_);
      if (cpu == kNoCpu || index_of(cpu) < index_of(cursor_)) {
        break;
      }
      cursor_ = CpuId{index_of(cpu) + 1};
      if (!is_full(cpu)) {
        told_.erase(cpu);
      } else if (now >= due_) {
        return cpu;
      }
    }
    cursor_ = CpuId{0};
    due_ = told_.empty() ? kNever : now >= due_ ? after(now, kPatience) : due_;
    return std::nullopt;
  }

 private:
  static constexpr Time kAtOnce = Time::min();

  CpuSet told_;
  CpuId cursor_{0};
  Time due_ = kNever;
};

}  // namespace tb::sched
