// For how long CPUs were idle beside another one that kept two ready threads: each such time, from
// outside of the machine.
//
// A CPU's queue is seen after each of its turns. What changed in a turn counts from where the turn
// began and up to where it ended, so a time is never shorter here than it was.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/cpu_id.h"
#include "base/time.h"

namespace tb::simulator {

// How many durations there were of which length: eight classes between each and its double. Plain
// data, for it goes from one process to another.
class Lengths {
 public:
  static constexpr std::uint32_t kClasses = 320;

  void add(Duration length);
  void add(const Lengths& others);

  std::uint64_t count() const { return count_; }
  Duration longest() const { return Duration(longest_); }
  Duration sum() const { return Duration(sum_); }
  std::uint64_t count_in(std::uint32_t at) const { return counts_[at]; }

  // So many of a hundred are no longer than that; never shorter than the truth, and at most an
  // eighth longer. Zero if there are none.
  Duration quantile(std::uint32_t hundredths) const;

  static std::uint32_t class_of(Duration length);
  // The shortest that is longer than all of the class.
  static Duration end_of(std::uint32_t at);

 private:
  std::array<std::uint64_t, kClasses> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t longest_ = 0;
  std::int64_t sum_ = 0;
};

// The whole machine at one time.
struct Moment {
  Time time;
  std::uint32_t busy;     // CPUs that run a thread besides their idle one
  std::uint32_t waiting;  // ready threads in all queues
};

class IdleTimes {
 public:
  enum class Keep { kLengths, kMomentsToo };
  enum class Runs { kNothing, kIdleThread, kThread };

  static constexpr Duration kBetweenMoments = std::chrono::microseconds(5);

  explicit IdleTimes(std::uint32_t cpus, Keep keep);

  void note_runs(CpuId cpu, Runs runs, Time now);

  // After a turn of the CPU from `began` to `now`. `waiting`: threads in its queue that others
  // could run. Turns come by when they began.
  void note_turn(CpuId cpu, std::uint32_t waiting, Time began, Time now);

  // Closes what is still open.
  void finish(Time now);

  const Lengths& lengths() const { return lengths_; }
  const std::vector<Moment>& moments() const { return moments_; }

 private:
  struct Cpu {
    Runs runs = Runs::kNothing;
    Time idle_since{};
    std::uint32_t waiting = 0;
    Time beside_work_since = kNever;  // kNever while it is not
    // The last time it was, which goes on if the next one begins before its end.
    Time last_begin = kNever;
    Time last_end{};
  };

  bool keeps(const Cpu& cpu) const { return cpu.waiting >= kKept; }
  void look_at(Cpu& cpu, Time began, Time now);
  void close_last(Cpu& cpu);

  static constexpr std::uint32_t kKept = 2;

  Keep keep_;
  std::vector<Cpu> cpus_;
  std::uint32_t keepers_ = 0;  // CPUs that keep two or more
  std::uint32_t busy_ = 0;
  std::uint32_t waiting_ = 0;
  Lengths lengths_;
  std::vector<Moment> moments_;
};

}  // namespace tb::simulator
