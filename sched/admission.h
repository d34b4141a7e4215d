// Which Deadline tasks one CPU has promised to serve. A plain object; whoever has it sees to it
// that nobody else uses it at the same time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "base/assert.h"
#include "sched/demand.h"

namespace tb::sched {

class AdmissionBook {
 public:
  static constexpr std::size_t kMostTasks = 128;

  // Promises to serve the candidate, too, if it fits; see admit(). A full book is too many steps.
  Admission promise(const PeriodicTask& candidate, Share share) {
    Admission admission = admit(tasks(), candidate, share);
    if (admission.verdict == Verdict::kFits && count_ == kMostTasks) {
      admission.verdict = Verdict::kTooManySteps;
    }
    if (admission.verdict == Verdict::kFits) {
      restore(candidate);
    }
    return admission;
  }

  // One of those that it has promised is no more.
  void release(const PeriodicTask& task) {
    const auto end = tasks_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto found = std::find(tasks_.begin(), end, task);
    expects(found != end, "what is released was promised");
    *found = tasks_[--count_];
  }

  // Takes back such a release.
  void restore(const PeriodicTask& task) {
    expects(count_ < kMostTasks, "it had a place");
    tasks_[count_++] = task;
  }

  std::span<const PeriodicTask> tasks() const { return {tasks_.data(), count_}; }

 private:
  std::array<PeriodicTask, kMostTasks> tasks_{};
  std::size_t count_ = 0;
};

}  // namespace tb::sched
