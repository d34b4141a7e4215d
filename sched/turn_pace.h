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
  static constexpr std::uint32_t kQuickTurns = 32;
  static constexpr Duration kQuickTurnsTime = kQuickTurns * kBriefTurn;

  // So many brief turns are a habit.
  static constexpr std::uint32_t kHabit = 16;

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

  // A thread is started behind the current one; false if that makes kQuickTurns since the last
  // reading, or since take_many_starts().
  [[gnu::always_inline]] bool take_quick_start() { return --starts_left_ != 0; }

  // Whether there were as many; then they are counted anew.
  bool take_many_starts() {
    const bool are_many = starts_left_ == 0;
    starts_left_ = are_many ? kQuickTurns : starts_left_;
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
    starts_left_ = kQuickTurns;
    read_at_ = begun_at_ = now;
  }

  // The thread waited from `begin` to `end`, but did not leave the CPU for that.
  void note_wait(Time begin, Time end) {
    note_turns(given_ - left_ + 1, begin - begun_at_, TurnEnd::kWaits);
    given_ = left_ = 1;
    begun_at_ = end;
  }

  // Whether threads have waited again and again after less than kBriefTurn, the last ones too.
  bool is_brief() const { return brief_turns_ >= kHabit && !last_was_long_; }

  Time read_at() const { return read_at_; }

 private:
  // A turn that ends otherwise may be a part of one. A long one among many brief ones is an
  // interrupt's doing.
  void note_turns(std::uint32_t turns, Duration took, TurnEnd end) {
    last_was_long_ = took >= turns * kBriefTurn;
    if (last_was_long_) {
      brief_turns_ /= 2;
    } else if (end == TurnEnd::kWaits) {
      brief_turns_ = std::min(brief_turns_ + turns, 4 * kHabit);
    }
  }

  std::uint32_t left_ = 1;   // one is none: the next decision reads the clock
  std::uint32_t given_ = 1;  // at the last reading, as far as they have not been taken back
  std::uint32_t starts_left_ = kQuickTurns;
  std::uint32_t brief_turns_ = 0;
  bool last_was_long_ = true;
  Time read_at_{};   // the last decision that knew the time
  Time begun_at_{};  // the turns that have not been noted yet
};

}  // namespace tb::sched
