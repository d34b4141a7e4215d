// How fast the threads of a CPU take turns: when its scheduler must read the clock again, and
// whether who is ready begins sooner behind the current thread than on another CPU. Owner CPU only.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace tb::sched {

class TurnPace {
 public:
  // About what it costs to wake a thread of another CPU: shorter turns are brief.
  static constexpr Duration kBriefTurn = std::chrono::microseconds(1);

  // Threads that take brief turns on the average do so without the clock, so many times.
  static constexpr std::uint32_t kQuickTurns = 64;
  static constexpr Duration kQuickTurnsTime = kQuickTurns * kBriefTurn;

  // So many new threads stand behind who spawns them before they go first: their stacks and records
  // are in the caches then.
  static constexpr std::int32_t kQuickStarts = 32;

  // So many brief turns are a habit; more than four times as many count for no more.
  static constexpr std::int64_t kHabit = 16;

  // A long turn takes off as many as would have fitted, till so many are owed.
  static constexpr std::int64_t kMostOwed = 1'000;

  enum class TurnEnd { kWaits, kOther, kIdle };
  enum class Clock { kAsNeeded, kEachTurn };

  // A turn ends; false if the clock is to be read first.
  [[gnu::always_inline]] bool take_quick_turn() {
    if (--left_ == 0) [[unlikely]] {
      left_ = 1;
      return false;
    }
    return true;
  }

  // A thread is started behind the current one; false if that makes kQuickStarts since the
  // last reading, or since take_many_starts().
  [[gnu::always_inline]] bool take_quick_start() { return --starts_left_ > 0; }

  // Whether there were as many; then they are counted anew.
  bool take_many_starts() {
    const bool are_many = starts_left_ <= 0;
    starts_left_ = are_many ? kQuickStarts : starts_left_;
    return are_many;
  }

  // With the end of this turn.
  void read_clock_soon() {
    given_ -= left_ - 1;
    left_ = 1;
  }

  // The turn of a thread, or of the idle one, ends with a reading of the clock.
  void note_reading(Time now, TurnEnd end, Clock clock) {
    if (end != TurnEnd::kIdle) {
      note_turns(given_ - left_ + 1, now - begun_at_, end);
    }
    given_ = left_ =
        now - read_at_ < kQuickTurnsTime && clock == Clock::kAsNeeded ? kQuickTurns : 1;
    starts_left_ = kQuickStarts;
    read_at_ = begun_at_ = now;
  }

  // The thread waited from `begin` to `end`, but did not leave the CPU for that.
  void note_wait(Time begin, Time end) {
    // Else it was preempted meanwhile, and the turns before have been noted.
    if (begin >= begun_at_) {
      note_turns(given_ - left_ + 1, begin - begun_at_, TurnEnd::kWaits);
    }
    given_ = left_ = 1;
    begun_at_ = end;
  }

  // Whether threads have waited again and again after less than kBriefTurn, the last ones too.
  bool is_brief() const { return credit_ >= kHabit && !last_was_long_; }

  Time read_at() const { return read_at_; }

 private:
  // A turn that does not end with a wait may be a part of one: it tells nothing unless it is long.
  // An interrupt makes a turn long, too: that does not weigh much among many brief ones, while two
  // that compute together between their brief turns had better do so on two CPUs.
  void note_turns(std::uint32_t turns, Duration took, TurnEnd end) {
    if (took >= turns * kBriefTurn) {
      credit_ = std::max(credit_ - took / kBriefTurn, -kMostOwed);
      last_was_long_ = true;
    } else if (end == TurnEnd::kWaits) {
      credit_ = std::min(credit_ + turns, 4 * kHabit);
      last_was_long_ = false;
    }
  }

  std::uint32_t left_ = 1;   // one is none: the next decision reads the clock
  std::uint32_t given_ = 1;  // at the last reading, as far as they have not been taken back
  std::int32_t starts_left_ = kQuickStarts;
  std::int64_t credit_ = 0;  // brief turns
  bool last_was_long_ = true;
  Time read_at_{};   // the last decision that knew the time
  Time begun_at_{};  // the turns that have not been noted yet
};

}  // namespace tb::sched
