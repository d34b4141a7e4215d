// Random sets of tasks with a utilisation that is wanted, without a bias in how it is spread: by
// UUniFast (E. Bini, G. C. Buttazzo, 2005, "Measuring the performance of schedulability tests").
// The periods are log-uniform among the divisors of one number, which thus bounds the hyperperiod.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "base/time.h"
#include "sched/periodic_task.h"

namespace tb::sched {

enum class Deadlines : std::uint8_t {
  kAreThePeriods,
  kAreConstrained,  // uniform from the runtime to the period
};

struct TaskSetOptions {
  std::size_t tasks = 4;
  double utilisation = 0.9;  // before the runtimes are rounded to whole ticks, at least one
  Deadlines deadlines = Deadlines::kAreThePeriods;
  std::int64_t hyperperiod = 5'040;  // in ticks; each period divides it
  std::int64_t shortest_period = 4;  // in ticks
  Duration tick{1};
};

class TaskSets {
 public:
  explicit TaskSets(std::uint64_t seed) : random_(seed) {}

  std::vector<PeriodicTask> next(const TaskSetOptions& options) {
    const std::vector<std::int64_t> periods = divisors_of(options);
    std::vector<PeriodicTask> tasks;
    double left = options.utilisation;
    for (std::size_t others = options.tasks; others-- > 0;) {
      const double next = others == 0 ? 0 : left * std::pow(uniform(), 1.0 / double(others));
      const std::int64_t period = draw_period(periods);
      tasks.push_back(task(left - next, period, options));
      left = next;
    }
    return tasks;
  }

  // At least zero, less than one; the same on every machine, unlike those of the C++ library.
  double uniform() { return double(random_() >> 11) / double(std::uint64_t{1} << 53); }

  std::int64_t uniform(std::int64_t least, std::int64_t most) {
    return least + std::int64_t(uniform() * double(most - least + 1));
  }

 private:
  PeriodicTask task(double utilisation, std::int64_t period, const TaskSetOptions& options) {
    const auto rounded = std::int64_t(std::lround(utilisation * double(period)));
    const std::int64_t runtime = std::clamp<std::int64_t>(rounded, 1, period);
    const bool constrained = options.deadlines == Deadlines::kAreConstrained;
    const std::int64_t deadline = constrained ? uniform(runtime, period) : period;
    return {runtime * options.tick, deadline * options.tick, period * options.tick};
  }

  static std::vector<std::int64_t> divisors_of(const TaskSetOptions& options) {
    std::vector<std::int64_t> divisors;
    for (std::int64_t each = options.shortest_period; each <= options.hyperperiod; ++each) {
      if (options.hyperperiod % each == 0) {
        divisors.push_back(each);
      }
    }
    return divisors;
  }

  // The greatest that is not beyond what a log-uniform number says.
  std::int64_t draw_period(const std::vector<std::int64_t>& periods) {
    const double least = std::log(double(periods.front()));
    const double most = std::log(double(periods.back()) + 1);
    const auto drawn = std::int64_t(std::exp(least + uniform() * (most - least)) + 1e-9);
    return *std::prev(std::upper_bound(periods.begin() + 1, periods.end(), drawn));
  }

  std::mt19937_64 random_;
};

}  // namespace tb::sched
