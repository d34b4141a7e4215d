// Which part of a CPU some tasks take: a sum of fractions, exact as long as their common
// denominator stays below 2^62, and from then on rounded up by less than 2^-61 with each task.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/assert.h"
#include "base/time.h"
#include "sched/wide.h"

namespace tb::sched {

// Parts per million of a CPU's time.
enum class Share : std::uint32_t {};

inline constexpr Share kWholeCpu{1'000'000};

constexpr std::uint32_t parts_of(Share share) { return static_cast<std::uint32_t>(share); }

enum class Compared : std::uint8_t {
  kAtMost,
  kMore,
  kTooCloseToTell,  // more by less than the sum is rounded up, if at all
};

class Utilisation {
 public:
  // Adds part / whole; 0 < part <= whole.
  void add(Duration part, Duration whole) {
    expects(Duration::zero() < part && part <= whole, "the part is some of the whole");
    const std::uint64_t both = std::gcd(count_of(part), count_of(whole));
    const std::uint64_t divisor = count_of(whole) / both;
    make_divisible_by(divisor);
    const Wide dividend = Wide{count_of(part) / both} * denominator_;
    const Wide rounded_up = quotient_up(dividend, divisor);
    numerator_ += rounded_up;
    roundings_ += rounded_up * divisor != dividend ? 1 : 0;
  }

  Compared compare(Share share) const {
    const Wide limit = Wide{parts_of(share)} * denominator_;
    return numerator_ * kMillion <= limit                 ? Compared::kAtMost
           : (numerator_ - roundings_) * kMillion > limit ? Compared::kMore
                                                          : Compared::kTooCloseToTell;
  }

  // What remains of the share, rounded down; nothing if the sum is more than that.
  Share free_of(Share share) const {
    const Wide used = quotient_up(numerator_ * kMillion, denominator_);
    return Share{used < parts_of(share) ? parts_of(share) - static_cast<std::uint32_t>(used) : 0};
  }

  // Returns 1 / (share - the sum), rounded up, and at most kFull; kFull if nothing remains.
  static constexpr Wide kFull = Wide{1} << 63;
  Wide inverse_of_rest(Share share) const {
    const Wide limit = Wide{parts_of(share)} * denominator_;
    const Wide used = numerator_ * kMillion;
    return used < limit ? std::min(quotient_up(Wide{denominator_} * kMillion, limit - used), kFull)
                        : kFull;
  }

 private:
  static constexpr std::uint64_t kMillion = 1'000'000;
  static constexpr std::uint64_t kGreatest = std::uint64_t{1} << 62;

  // If the denominator would become too great by that, it becomes nearly as great as it may, once
  // and for all: nothing is rounded before that, and no rounding is scaled afterwards.
  void make_divisible_by(std::uint64_t divisor) {
    std::uint64_t common = 0;
    std::uint64_t factor = divisor / std::gcd(denominator_, divisor);
    if (__builtin_mul_overflow(denominator_, factor, &common) || common > kGreatest) {
      factor = kGreatest / denominator_;
    }
    numerator_ *= factor;
    denominator_ *= factor;
  }

  Wide numerator_ = 0;
  std::uint64_t denominator_ = 1;
  std::uint32_t roundings_ = 0;
};

}  // namespace tb::sched
