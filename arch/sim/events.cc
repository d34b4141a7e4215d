// Events as lines of text.
#include "arch/sim/events.h"

#include <algorithm>
#include <cinttypes>

namespace tb::arch::sim {
namespace {

const char* name_of(EventKind kind) {
  switch (kind) {
    case EventKind::kThread:
      return "runs thread";
    case EventKind::kTimerArmed:
      return "arms its timer for";
    case EventKind::kTimer:
      return "timer interrupt";
    case EventKind::kIpiSent:
      return "sends an IPI to CPU";
    case EventKind::kIpiLost:
      return "loses an IPI to CPU";
    case EventKind::kIpi:
      return "IPI interrupt";
    case EventKind::kSleep:
      return "sleeps, watching a word:";
    case EventKind::kAwake:
      return "awakes";
    case EventKind::kStore:
      return "stores to the word watched by CPU";
    case EventKind::kStall:
      return "stalls for";
    case EventKind::kStarted:
      return "starts";
    case EventKind::kMissing:
      return "CPUs that do not start:";
    case EventKind::kStopped:
      return "stops";
  }
  return "?";
}

}  // namespace

void Events::write(std::FILE* to, std::uint64_t number) const {
  const Event& event = last_[number % kKept];
  std::fprintf(to, "%12" PRId64 " CPU %-2u %s %" PRIu64 "\n", event.time, index_of(event.cpu),
               name_of(event.kind), event.argument);
}

void Events::write_new(std::FILE* to) {
  for (; written_ < count_; ++written_) {
    write(to, written_);
  }
}

void Events::write_last(std::FILE* to, std::uint64_t most) const {
  const std::uint64_t shown = std::min({most, count_, kKept});
  for (std::uint64_t number = count_ - shown; number < count_; ++number) {
    write(to, number);
  }
}

}  // namespace tb::arch::sim
