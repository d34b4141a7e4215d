// What a thread asks of the scheduler, with Linux's numbers and ranges, and what follows from that
// alone. Pure functions: for policies, and for whoever wants to know what they will do.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/assert.h"
#include "base/time.h"
#include "sched/periodic_task.h"

namespace tb {
struct DeadlineMiss;  // the runtime's, with what its users know a thread by
}

namespace tb::sched {

// Called on the thread's CPU with preemption off, as an interrupt handler is: it may wake threads,
// and must not block.
using DeadlineMissHandler = void (*)(const DeadlineMiss& miss);

enum class PolicyKind : std::uint8_t {
  kNormal = 0,
  kFifo = 1,        // runs until it blocks, yields, or a higher one is ready
  kRoundRobin = 2,  // the same, but in turns with those of its priority
  kBatch = 3,       // as Normal in longer slices, and preempts nobody
  kIdle = 5,        // when nobody else wants to run
  kDeadline = 6,    // so much time in each period, before a deadline
};

// Of Fifo and RoundRobin, as POSIX counts: the higher number goes first. The others have none:
// zero.
enum class Priority : std::uint8_t {};

inline constexpr Priority kLowestPriority{1};
inline constexpr Priority kHighestPriority{99};

constexpr std::uint32_t number_of(Priority priority) {
  return static_cast<std::uint32_t>(priority);
}

inline constexpr int kStrongestNice = -20;  // of Normal and Batch
inline constexpr int kWeakestNice = 19;

// Five of the nice values by name.
enum class PriorityLevel : std::int8_t {
  kIdle = kWeakestNice,
  kLow = 10,
  kNormal = 0,
  kHigh = -10,
  kCritical = kStrongestNice,
};

struct SchedulingParameters {
  PolicyKind policy = PolicyKind::kNormal;
  Priority priority{};
  std::int8_t nice = 0;  // kStrongestNice to kWeakestNice; of an Idle one kWeakestNice

  // Of Deadline. The handler may be null.
  PeriodicTask task{};
  DeadlineMissHandler on_miss = nullptr;

  bool operator==(const SchedulingParameters&) const = default;
};

// A Normal thread of that level.
constexpr SchedulingParameters normal_at(PriorityLevel level) {
  return {.nice = static_cast<std::int8_t>(level)};
}

constexpr bool is_real_time(PolicyKind policy) {
  return policy == PolicyKind::kFifo || policy == PolicyKind::kRoundRobin;
}

// Whether its threads have a nice value of their choice.
constexpr bool has_nice(PolicyKind policy) {
  return policy == PolicyKind::kNormal || policy == PolicyKind::kBatch;
}

// In which order threads are picked, the smaller first; those of one class and priority share a
// number: Deadline, the real-time priorities from 99 to 1, Normal and Batch, Idle. The last is a
// CPU's own when nobody is ready.
enum class Urgency : std::uint8_t {
  kDeadline = 0,
  kFair = 100,
  kIdle = 101,
  kOverShare = 102,  // real-time ones that have had their share, see real_time_share.h
  kNobody = 103,
};

constexpr Urgency urgency(const SchedulingParameters& of) {
  switch (of.policy) {
    case PolicyKind::kDeadline:
      return Urgency::kDeadline;
    case PolicyKind::kFifo:
    case PolicyKind::kRoundRobin:
      return Urgency{
          static_cast<std::uint8_t>(number_of(kHighestPriority) + 1 - number_of(of.priority))};
    case PolicyKind::kIdle:
      return Urgency::kIdle;
    default:
      return Urgency::kFair;
  }
}

inline constexpr Urgency kMostUrgentPriority{1};  // of kHighestPriority

constexpr bool goes_before(Urgency a, Urgency b) { return a < b; }
constexpr bool is_urgent(Urgency urgency) { return urgency < Urgency::kFair; }

// Greater is served first; equal ones take turns, by nice with shares as their weights.
constexpr std::weak_ordering compare_priority(const SchedulingParameters& a,
                                              const SchedulingParameters& b) {
  const auto by_class = urgency(b) <=> urgency(a);
  return by_class != 0 || urgency(a) != Urgency::kFair ? std::weak_ordering(by_class)
                                                       : std::weak_ordering(b.nice <=> a.nice);
}

// Linux's: each step of nice is a tenth of the CPU, of two threads; zero has kNormalWeight.
inline constexpr std::uint32_t kNormalWeight = 1024;
constexpr std::uint32_t weight(int nice) {
  constexpr std::array<std::uint32_t, kWeakestNice - kStrongestNice + 1> kWeights = {
      88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
      3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
      172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15};
  expects(nice >= kStrongestNice && nice <= kWeakestNice, "the nice value is one of the forty");
  return kWeights[static_cast<std::size_t>(nice - kStrongestNice)];
}

inline constexpr Duration kNormalQuantum = std::chrono::milliseconds(10);
inline constexpr Duration kRoundRobinQuantum = std::chrono::milliseconds(100);
inline constexpr Duration kIdleQuantum = std::chrono::milliseconds(1);
inline constexpr int kBatchQuanta = 5;  // of a Normal thread's
inline constexpr Duration kUnlimited = Duration::max();

// How long a thread runs before the next one of its class; `normal` is that of a Normal thread with
// nice zero. A Deadline thread's is its budget, which stands elsewhere: unlimited here.
constexpr Duration quantum(const SchedulingParameters& of, Duration normal = kNormalQuantum) {
  switch (of.policy) {
    case PolicyKind::kNormal:
      return normal * weight(of.nice) / kNormalWeight;
    case PolicyKind::kBatch:
      return kBatchQuanta * normal * weight(of.nice) / kNormalWeight;
    case PolicyKind::kRoundRobin:
      return kRoundRobinQuantum;
    case PolicyKind::kIdle:
      return kIdleQuantum;
    default:
      return kUnlimited;
  }
}

// By how many levels a thread has risen that has been ready so long, one in each `interval`.
constexpr std::uint32_t priority_boost(Duration waited, Duration interval) {
  expects(interval > Duration::zero(), "levels take time");
  const auto levels = std::max(waited, Duration::zero()) / interval;
  return static_cast<std::uint32_t>(
      std::min<Duration::rep>(levels, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace tb::sched
