// Fixed priorities for tasks on one CPU, and whether everybody keeps his deadline by them: exactly,
// for sets that all begin together, and so for all others (M. Joseph, P. Pandya, 1986, "Finding
// response times in a real-time system"; N. C. Audsley et al., 1993, "Applying new scheduling
// theory to static priority pre-emptive scheduling").
//
// The response time of a task is the least R > 0 with
//
//     R = runtime + sum over all tasks that go before it of ceil(R / period) * their runtime
//
// The bound of Liu and Layland decides nothing: many sets beyond it fit. Nothing here allocates or
// blocks; any context may ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "base/time.h"
#include "sched/periodic_task.h"
#include "sched/scheduling.h"

namespace tb::sched {

enum class Unassigned : std::uint8_t {
  kTooManyTasks,  // more than there are priorities; none has been assigned
};

// Gives each task a priority of its own, from kHighestPriority down: who comes more often goes
// first, and of equals the first of the span. There must be as many priorities as tasks.
std::expected<void, Unassigned> assign_rate_monotonic(std::span<const PeriodicTask> tasks,
                                                      std::span<Priority> priorities);

// The same by deadlines: if any fixed priorities fit, these do (J. Y.-T. Leung, J. Whitehead,
// 1982).
std::expected<void, Unassigned> assign_deadline_monotonic(std::span<const PeriodicTask> tasks,
                                                          std::span<Priority> priorities);

enum class Unanswered : std::uint8_t {
  kLate,          // the response time would be more than the deadline
  kTooManySteps,  // the answer lies too far away
  kNotSound,      // one of the tasks is none, see is_sound()
};

// Divisions for one response time: less than 1 ms on a PC.
inline constexpr std::uint32_t kMostResponseSteps = 100'000;

// Returns after which time at most a job of the task has ended, if these tasks go before it.
std::expected<Duration, Unanswered> response_time(const PeriodicTask& task,
                                                  std::span<const PeriodicTask> higher);

struct Misfit {
  std::size_t task;  // the first that is not sound, or else that is not known to be in time
  Unanswered why;
};

// Tells whether each task keeps its deadline. There must be as many priorities as tasks; of equal
// priority, each is taken to wait for the other. Costs a response time for each task.
std::expected<void, Misfit> fits(std::span<const PeriodicTask> tasks,
                                 std::span<const Priority> priorities);

}  // namespace tb::sched
