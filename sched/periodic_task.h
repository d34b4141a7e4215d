// What a real-time thread asks for, as the theory has it since C. L. Liu and J. W. Layland (1973,
// "Scheduling algorithms for multiprogramming in a hard-real-time environment"): jobs that come
// again and again, each a while after the one before at the earliest.
#pragma once

#include "base/time.h"

namespace tb::sched {

struct PeriodicTask {
  Duration runtime;   // of each job, at most
  Duration deadline;  // of each job, after it came
  Duration period;    // from one job to the next, at least

  bool operator==(const PeriodicTask&) const = default;
};

// Tells whether 0 < runtime <= deadline <= period, as Linux wants it of SCHED_DEADLINE, too.
constexpr bool is_sound(const PeriodicTask& task) {
  return Duration::zero() < task.runtime && task.runtime <= task.deadline &&
         task.deadline <= task.period;
}

}  // namespace tb::sched
