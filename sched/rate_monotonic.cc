// Priorities by rank, and response times by iteration.
#include "sched/rate_monotonic.h"

#include <algorithm>

#include "base/assert.h"
#include "sched/wide.h"

namespace tb::sched {
namespace {

constexpr std::size_t kPriorities = number_of(kHighestPriority) - number_of(kLowestPriority) + 1;

// Without sorting, which would need memory: there are few.
std::expected<void, Unassigned> assign_by(Duration PeriodicTask::* urgency,
                                          std::span<const PeriodicTask> tasks,
                                          std::span<Priority> priorities) {
  expects(tasks.size() == priorities.size(), "there are as many priorities as tasks");
  if (tasks.size() > kPriorities) {
    return std::unexpected(Unassigned::kTooManyTasks);
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Duration mine = tasks[i].*urgency;
    std::uint32_t before = 0;
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      const Duration its = tasks[j].*urgency;
      before += its < mine || (its == mine && j < i) ? 1 : 0;
    }
    priorities[i] = Priority(number_of(kHighestPriority) - before);
  }
  return {};
}

// Of all that go before some task.
struct Interference {
  Wide runtime = 0;         // of all their jobs that come before a time
  std::uint32_t count = 0;  // of tasks
};

// Follows the iteration; interference(time) tells what comes before that time. As nobody's deadline
// is after its next job, only the first one counts.
template <class InterferenceBefore>
std::expected<Duration, Unanswered> respond(const PeriodicTask& task,
                                            InterferenceBefore interference_before) {
  std::uint64_t steps = 0;
  for (Duration time = task.runtime; steps <= kMostResponseSteps;) {
    const Interference interference = interference_before(time);
    const Wide needed = count_of(task.runtime) + interference.runtime;
    if (needed > count_of(task.deadline)) {
      return std::unexpected(Unanswered::kLate);
    }
    if (needed == count_of(time)) {
      return time;
    }
    time = at_most_max(needed);
    steps += interference.count;
  }
  return std::unexpected(Unanswered::kTooManySteps);
}

void add_before(Duration time, const PeriodicTask& task, Interference& sum) {
  const std::uint64_t jobs = (count_of(time) - 1) / count_of(task.period) + 1;
  sum.runtime += Wide{jobs} * count_of(task.runtime);
  ++sum.count;
}

std::expected<Duration, Unanswered> respond_among(std::span<const PeriodicTask> tasks,
                                                  std::span<const Priority> priorities,
                                                  std::size_t index) {
  return respond(tasks[index], [&](Duration time) {
    Interference sum;
    for (std::size_t other = 0; other < tasks.size(); ++other) {
      if (other != index && priorities[other] >= priorities[index]) {
        add_before(time, tasks[other], sum);
      }
    }
    return sum;
  });
}

}  // namespace

std::expected<void, Unassigned> assign_rate_monotonic(std::span<const PeriodicTask> tasks,
                                                      std::span<Priority> priorities) {
  return assign_by(&PeriodicTask::period, tasks, priorities);
}

std::expected<void, Unassigned> assign_deadline_monotonic(std::span<const PeriodicTask> tasks,
                                                          std::span<Priority> priorities) {
  return assign_by(&PeriodicTask::deadline, tasks, priorities);
}

std::expected<Duration, Unanswered> response_time(const PeriodicTask& task,
                                                  std::span<const PeriodicTask> higher) {
  if (!is_sound(task) || !std::ranges::all_of(higher, is_sound)) {
    return std::unexpected(Unanswered::kNotSound);
  }
  return respond(task, [higher](Duration time) {
    Interference sum;
    for (const PeriodicTask& other : higher) {
      add_before(time, other, sum);
    }
    return sum;
  });
}

std::expected<void, Misfit> fits(std::span<const PeriodicTask> tasks,
                                 std::span<const Priority> priorities) {
  expects(tasks.size() == priorities.size(), "there are as many priorities as tasks");
  const auto unsound = std::ranges::find_if_not(tasks, is_sound);
  if (unsound != tasks.end()) {
    const auto index = static_cast<std::size_t>(unsound - tasks.begin());
    return std::unexpected(Misfit{index, Unanswered::kNotSound});
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto response = respond_among(tasks, priorities, i);
    if (!response) {
      return std::unexpected(Misfit{i, response.error()});
    }
  }
  return {};
}

}  // namespace tb::sched
