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

void put(TextSink sink, const AffinityIsOff&) {
  format_to(sink, "this machine was started with sched.affinity=off: threads run on every CPU");
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

void put(TextSink sink, const InvalidPriority& error) {
  if (error.maximum == 0) {
    format_to(sink, "priority {} is not possible; only Fifo and RoundRobin threads have one",
              error.requested);
  } else {
    format_to(sink, "priority {} is not possible; {} to {} are", error.requested, error.minimum,
              error.maximum);
  }
}

void put(TextSink sink, const InvalidNice& error) {
  if (error.minimum == error.maximum) {
    format_to(sink, "nice {} is not possible with this policy; it is always {}", error.requested,
              error.minimum);
  } else {
    format_to(sink, "nice {} is not possible; {} to {} are", error.requested, error.minimum,
              error.maximum);
  }
}

void put(TextSink sink, const NotTerminable& error) {
  format_to(sink,
            "thread {} cannot be ended by force: it is the caller, the first thread or the C "
            "library's",
            error.id);
}

void put(TextSink sink, const TimedOut&) {
  format_to(sink, "what was waited for has not come in time");
}

void put(TextSink sink, const StopRequested&) {
  format_to(sink, "a stop was requested before what was waited for has come");
}

void put(TextSink sink, const DeadlockDetected& error) {
  if (error.length == 1) {
    format_to(sink, "{} wants a mutex that it has", error.first[0]);
    return;
  }
  format_to(sink, "{} threads wait for each other's mutexes:", error.length);
  for (std::size_t i = 0; i < std::min(error.length, error.first.size()); ++i) {
    format_to(sink, "{} {}", i > 0 ? "," : "", error.first[i]);
  }
  if (error.length > error.first.size()) {
    format_to(sink, " and others");
  }
}

void put(TextSink sink, const InvalidTask& error) {
  format_to(sink,
            "{} ns within {} ns in every {} ns is not possible; a runtime above zero, up to the "
            "deadline, and that up to the period are",
            error.runtime.count(), error.deadline.count(), error.period.count());
}

void put(TextSink sink, const NotAdmitted& error) {
  constexpr std::uint32_t kPerPercent = 10'000;
  if (error.is_known) {
    format_to(sink, "no CPU has room for that; the most is free on CPU {}: {} % of its time",
              error.cpu, error.free / kPerPercent);
  } else {
    format_to(sink,
              "whether a CPU has room for that takes too long to find out; on CPU {} {} % are free",
              error.cpu, error.free / kPerPercent);
  }
}

void put(TextSink sink, const PolicyNotSupported& error) {
  format_to(sink,
            "there is no scheduling policy {}; there are Normal 0, Fifo 1, RoundRobin 2, Batch 3, "
            "Idle 5, Deadline 6",
            error.requested);
}

void put(TextSink sink, const ProcessNotFound& error) {
  format_to(sink, "process {} does not exist, or not any more", error.id);
}

void put(TextSink sink, const NotAChild& error) {
  format_to(sink, "process {} is no child of the caller's", error.id);
}

void put(TextSink sink, const NoChildren&) { format_to(sink, "there is no child to wait for"); }

void put(TextSink sink, const InvalidProcessState& error) {
  format_to(sink, "process {} is {}", error.id, name_of(error.state));
}

void put(TextSink sink, const ProcessLimitReached& error) {
  format_to(sink, "the limit of {} processes is reached", error.limit);
}

void put(TextSink sink, const ProcessThreadLimitReached& error) {
  format_to(sink, "the limit of process {}, {} threads, is reached", error.process, error.limit);
}

void put(TextSink sink, const UserThreadLimitReached& error) {
  format_to(sink, "the limit of user {}, {} threads, is reached", error.user, error.limit);
}

void put(TextSink sink, const UserProcessLimitReached& error) {
  format_to(sink, "the limit of user {}, {} processes, is reached", error.user, error.limit);
}

void put(TextSink sink, const MemoryLimitReached& error) {
  format_to(sink, "{} bytes more are beyond the limit of process {} or its user, {} bytes",
            error.requested, error.process, error.limit);
}

void put(TextSink sink, const AccessDenied& error) {
  format_to(sink, "the caller's process may not control process {}", error.process);
}

void put(TextSink sink, const PriorityPermissionDenied& error) {
  format_to(sink, "nice {} is not permitted to the caller's process; {} is the strongest",
            error.requested, error.strongest);
}

void put(TextSink sink, const RealTimePermissionDenied& error) {
  format_to(sink, "scheduling policy {} is not permitted to the caller's process", error.policy);
}

}  // namespace

void append_text(TextSink sink, const Error& error) {
  std::visit([sink](const auto& kind) { put(sink, kind); }, error);
}

}  // namespace tb
