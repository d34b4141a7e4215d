// The search for a time by which the demand is more than can be given.
#include "sched/demand.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/assert.h"
#include "sched/wide.h"

namespace tb::sched {
namespace {

constexpr std::uint64_t kMillion = parts_of(kWholeCpu);

// The last deadline before the time, zero if there is none.
Duration last_deadline(std::span<const PeriodicTask> tasks, Duration before) {
  Duration last{};
  for (const PeriodicTask& task : tasks) {
    if (task.deadline < before) {
      const Duration phase = (before - Duration(1) - task.deadline) % task.period;
      last = std::max(last, before - Duration(1) - phase);
    }
  }
  return last;
}

class Search {
 public:
  Search(std::span<const PeriodicTask> admitted, Share share) : share_(share) {
    parts_[0] = admitted;
    for (const PeriodicTask& task : admitted) {
      add(task);
    }
  }

  Share free() const { return utilisation_.free_of(share_); }

  Verdict decide_with(const PeriodicTask& candidate) {
    parts_[1] = {&candidate, 1};
    add(candidate);
    if (density_.compare(share_) == Compared::kAtMost) {
      return Verdict::kFits;  // demand(t) <= density * t; and most have their period as deadline
    }
    switch (utilisation_.compare(share_)) {
      case Compared::kAtMost:
        return look_at_points();
      case Compared::kMore:
        return Verdict::kTooMuch;
      case Compared::kTooCloseToTell:
        return Verdict::kTooManySteps;
    }
  }

  std::optional<Duration> too_much_by() const { return too_much_by_; }

 private:
  void add(const PeriodicTask& task) {
    utilisation_.add(task.runtime, task.period);
    density_.add(task.runtime, task.deadline);
    surplus_ += quotient_up(Wide{count_of(task.period - task.deadline)} * count_of(task.runtime),
                            count_of(task.period));
    first_deadline_ = std::min(first_deadline_, task.deadline);
    const std::uint64_t period = count_of(task.period);
    const std::uint64_t factor = period / std::gcd(count_of(hyperperiod_), period);
    hyperperiod_ = at_most_max(Wide{count_of(hyperperiod_)} * factor);
    ++count_;
  }

  // From here on the demand is never too much, unless it is so before.
  //
  // One reason: demand(t) <= utilisation * t + surplus, where the surplus is the sum of
  // (period - deadline) * runtime / period. The other: with each hyperperiod it grows by no more
  // than what is given in it.
  Duration bound() const {
    const Wide surplus = count_of(at_most_max(surplus_));
    return std::min(at_most_max(surplus * utilisation_.inverse_of_rest(share_)), hyperperiod_);
  }

  // Whatever is needed by a time is needed by an earlier one as well, if at all; so after a time
  // comes the one at which as much has been given as it needs.
  Verdict look_at_points() {
    Duration point = last_deadline_before(bound());
    while (point >= first_deadline_) {
      if (steps_ > kMostDemandSteps) {
        return Verdict::kTooManySteps;
      }
      const Duration enough_at = time_to_give(demand_by(point));
      if (enough_at > point) {
        too_much_by_ = point;  // a deadline: any other point was enough for a later one
        return Verdict::kTooMuch;
      }
      point = enough_at < point ? enough_at : last_deadline_before(point);
    }
    return Verdict::kFits;
  }

  Duration demand_by(Duration time) {
    steps_ += count_;
    Wide sum = 0;
    for (const auto part : parts_) {
      sum += count_of(demand(part, time));
    }
    return at_most_max(sum);
  }

  Duration last_deadline_before(Duration time) {
    steps_ += count_;
    return std::max(last_deadline(parts_[0], time), last_deadline(parts_[1], time));
  }

  Duration time_to_give(Duration demand) const {
    return at_most_max(quotient_up(Wide{count_of(demand)} * kMillion, parts_of(share_)));
  }

  std::array<std::span<const PeriodicTask>, 2> parts_;
  Share share_;
  Utilisation utilisation_;
  Utilisation density_;
  Wide surplus_ = 0;
  Duration first_deadline_ = Duration::max();
  Duration hyperperiod_{1};  // or Duration::max(), if it is longer
  std::uint64_t count_ = 0;
  std::uint64_t steps_ = 0;
  std::optional<Duration> too_much_by_;
};

}  // namespace

Duration demand(std::span<const PeriodicTask> tasks, Duration time) {
  Wide sum = 0;
  for (const PeriodicTask& task : tasks) {
    // Neither sum nor difference is more than twice Duration::max(), so 64 bits hold them.
    const std::uint64_t reach = count_of(time) + count_of(task.period - task.deadline);
    sum += Wide{reach / count_of(task.period)} * count_of(task.runtime);
  }
  return at_most_max(sum);
}

[[gnu::cold]] Admission admit(std::span<const PeriodicTask> admitted, const PeriodicTask& candidate,
                              Share share) {
  expects(Share{} < share && share <= kWholeCpu, "the share is some of the CPU");
  expects(std::ranges::all_of(admitted, is_sound), "only sound tasks have been admitted");
  Search search(admitted, share);
  const Share free = search.free();
  const Verdict verdict = is_sound(candidate) ? search.decide_with(candidate) : Verdict::kNotSound;
  return {verdict, free, search.too_much_by()};
}

}  // namespace tb::sched
