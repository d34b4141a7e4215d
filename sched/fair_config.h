// How Normal and Batch threads take turns.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "sched/scheduling.h"

namespace tb::sched {

enum class FairAlgorithm : std::uint8_t { kThreeQueues, kMlfq, kAging, kRoundRobin };

// Constant after start.
struct FairConfig {
  FairAlgorithm algorithm = FairAlgorithm::kThreeQueues;
  Duration quantum{};  // of a Normal thread with nice zero; none is the algorithm's own
};

}  // namespace tb::sched
