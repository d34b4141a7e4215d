// Errors in words.
#include "runtime/error.h"

namespace tb {
namespace {

void put(TextSink sink, const OutOfMemory& error) {
  format_to(sink, "out of memory: {} bytes wanted, {} free", error.requested, error.available);
}

void put(TextSink sink, const InvalidStackSize& error) {
  format_to(sink, "a stack of {} bytes is not possible; {} to {} are", error.requested,
            error.minimum, error.maximum);
}

void put(TextSink sink, const ThreadLimitReached& error) {
  format_to(sink, "the limit of {} threads is reached", error.limit);
}

void put(TextSink sink, const InvalidCpu& error) {
  format_to(sink, "there is no CPU {}; there are 0 to {}", error.requested, error.cpus - 1);
}

void put(TextSink sink, const InvalidCpuSet& error) {
  format_to(sink, "a thread needs a CPU to run on; there are 0 to {}", error.cpus - 1);
}

void put(TextSink sink, const CpuNotInAffinity& error) {
  format_to(sink, "the thread is to start on CPU {}, which is not among those it may run on",
            error.requested);
}

void put(TextSink sink, const ThreadNotFound& error) {
  format_to(sink, "thread {} does not exist, or not any more", error.id);
}

void put(TextSink sink, const NotJoinable& error) {
  format_to(sink, "thread {} is detached, or somebody joins it already", error.id);
}

void put(TextSink sink, const JoinsItself& error) {
  format_to(sink, "thread {} cannot wait for its own end", error.id);
}

}  // namespace

void append_text(TextSink sink, const Error& error) {
  std::visit([sink](const auto& kind) { put(sink, kind); }, error);
}

}  // namespace tb
