// What the schedulability tests must find, by following the jobs of small sets tick by tick, of one
// nanosecond each. It shares no formula with them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ostream>
#include <span>
#include <vector>

#include "sched/periodic_task.h"

namespace tb::sched {

constexpr PeriodicTask task(std::int64_t runtime, std::int64_t period, std::int64_t deadline) {
  return {Duration(runtime), Duration(deadline), Duration(period)};
}

// With its period as deadline.
constexpr PeriodicTask task(std::int64_t runtime, std::int64_t period) {
  return task(runtime, period, period);
}

// NOLINTNEXTLINE: GoogleTest looks for this name.
inline void PrintTo(const PeriodicTask& task, std::ostream* out) {
  *out << "(runtime " << task.runtime.count() << ", period " << task.period.count() << ", deadline "
       << task.deadline.count() << ")";
}

inline std::int64_t hyperperiod_of(std::span<const PeriodicTask> tasks) {
  std::int64_t hyperperiod = 1;
  for (const PeriodicTask& each : tasks) {
    hyperperiod = std::lcm(hyperperiod, each.period.count());
  }
  return hyperperiod;
}

// Whether by each tick until the last deadline after one hyperperiod, what is due by then is at
// most the share, in parts per million; and what comes in a hyperperiod, too.
inline bool demand_fits(std::span<const PeriodicTask> tasks, std::int64_t share) {
  const std::int64_t hyperperiod = hyperperiod_of(tasks);
  std::int64_t last = 0;
  for (const PeriodicTask& each : tasks) {
    last = std::max(last, hyperperiod + each.deadline.count());
  }
  std::vector<std::int64_t> due(static_cast<std::size_t>(last) + 1);
  std::int64_t comes = 0;
  for (const PeriodicTask& each : tasks) {
    for (std::int64_t start = 0; start < hyperperiod; start += each.period.count()) {
      comes += each.runtime.count();
    }
    for (auto by = each.deadline.count(); by <= last; by += each.period.count()) {
      due[static_cast<std::size_t>(by)] += each.runtime.count();
    }
  }
  std::int64_t sum = 0;
  for (std::size_t time = 0; time < due.size(); ++time) {
    sum += due[time];
    if (sum * 1'000'000 > static_cast<std::int64_t>(time) * share) {
      return false;
    }
  }
  return comes * 1'000'000 <= hyperperiod * share;
}

// The jobs of one task, one after the other.
struct Jobs {
  PeriodicTask task;
  std::int64_t left = 0;  // of the current job
  std::int64_t due = 0;   // its deadline

  void begin_if_it_comes(std::int64_t now) {
    if (now % task.period.count() == 0) {
      left = task.runtime.count();
      due = now + task.deadline.count();
    }
  }
};

inline std::vector<Jobs> jobs_of(std::span<const PeriodicTask> tasks) {
  std::vector<Jobs> jobs;
  for (const PeriodicTask& each : tasks) {
    jobs.push_back({.task = each});
  }
  return jobs;
}

// Whether all keep their deadlines in one hyperperiod by earliest deadline first, if all tasks
// begin together.
inline bool earliest_deadline_first_keeps_all(std::span<const PeriodicTask> tasks) {
  std::vector<Jobs> jobs = jobs_of(tasks);
  const std::int64_t hyperperiod = hyperperiod_of(tasks);
  for (std::int64_t now = 0; now <= hyperperiod; ++now) {
    Jobs* first = nullptr;
    for (Jobs& each : jobs) {
      if (each.left > 0 && each.due <= now) {
        return false;
      }
      each.begin_if_it_comes(now);
      if (each.left > 0 && (first == nullptr || each.due < first->due)) {
        first = &each;
      }
    }
    if (first != nullptr) {
      --first->left;
    }
  }
  return true;
}

// When the first job of the last task ends, if each goes before those after it and all begin
// together; zero if that is after its deadline.
inline std::int64_t end_of_last(std::span<const PeriodicTask> highest_first) {
  std::vector<Jobs> jobs = jobs_of(highest_first);
  for (std::int64_t now = 0; now < highest_first.back().deadline.count(); ++now) {
    for (Jobs& each : jobs) {
      // Whatever was left of a job before is done as well, for it must be, late or not.
      const std::int64_t late = each.left;
      each.begin_if_it_comes(now);
      each.left += now % each.task.period.count() == 0 ? late : 0;
    }
    const auto runs = std::ranges::find_if(jobs, [](const Jobs& each) { return each.left > 0; });
    --runs->left;
    if (jobs.back().left == 0) {
      return now + 1;
    }
  }
  return 0;
}

}  // namespace tb::sched
