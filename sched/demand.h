// Whether one CPU can serve some tasks by earliest deadline first: exactly, not by a sum of
// densities, which turns many sets away that would do.
//
// The demand by a time t is what the jobs need that both come and have their deadline within any t:
//
//     demand(t) = sum over all tasks of floor((t + period - deadline) / period) * runtime
//
// They are admitted if, and only if, demand(t) <= share * t for all t > 0. With the whole CPU that
// is exact (S. K. Baruah, L. E. Rosier, R. R. Howell, 1990): else some job is late as soon as all
// tasks begin together. With a part of it, the same is asked of a slower CPU, so that on the real
// one nobody is late, and whoever has no deadline gets the rest in the long run. The points where
// it could fail are taken from the last one back (F. Zhang, A. Burns, 2009, "Schedulability
// analysis for real-time systems with EDF scheduling"), which needs few of them.
//
// It costs a microsecond or two for each task, and then one or two divisions for each task and each
// point. If the densities happen to fit, no point is looked at at all. Nothing is allocated; any
// context may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/time.h"
#include "sched/periodic_task.h"
#include "sched/utilisation.h"

namespace tb::sched {

enum class Verdict : std::uint8_t {
  kFits,
  kTooMuch,
  kTooManySteps,  // it may fit or not: the answer lies too far away
  kNotSound,      // the candidate is no task, see is_sound()
};

struct Admission {
  Verdict verdict;
  Share free;  // of the share, without the candidate; rounded down
  // If the verdict is kTooMuch: by this deadline the demand is more than the share. None if that is
  // so in the long run, because the utilisation itself is more.
  std::optional<Duration> too_much_by;
};

// Divisions for the points: less than 1 ms on a PC. Of 256 tasks it is enough for 200 to 400
// points; random sets that use 99 % of their share need fewer.
inline constexpr std::uint32_t kMostDemandSteps = 100'000;

// Decides whether the candidate can be served besides those that have been admitted, all of which
// must be sound; 0 < share <= kWholeCpu. Times beyond Duration::max() do not count. Never blocks.
Admission admit(std::span<const PeriodicTask> admitted, const PeriodicTask& candidate, Share share);

// Returns the demand by a time >= 0 of tasks that must be sound, at most Duration::max().
Duration demand(std::span<const PeriodicTask> tasks, Duration time);

}  // namespace tb::sched
