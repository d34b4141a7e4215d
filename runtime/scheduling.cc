// A thread's parameters belong to the CPU that has the thread; others ask.
#include "runtime/scheduling.h"

#include <optional>

#include "runtime/admission.h"
#include "runtime/ask.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread_group.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

std::expected<void, Error> check_priority(const SchedulingParameters& parameters) {
  const bool has_one = sched::is_real_time(parameters.policy);
  const std::uint32_t least = has_one ? sched::number_of(sched::kLowestPriority) : 0;
  const std::uint32_t most = has_one ? sched::number_of(sched::kHighestPriority) : 0;
  const std::uint32_t given = sched::number_of(parameters.priority);
  if (given < least || given > most) {
    return std::unexpected(InvalidPriority{.requested = given, .minimum = least, .maximum = most});
  }
  return {};
}

std::expected<void, Error> check_nice(const SchedulingParameters& parameters) {
  int least = 0;
  int most = 0;
  switch (parameters.policy) {
    case SchedulingPolicy::kNormal:
    case SchedulingPolicy::kBatch:
      least = sched::kStrongestNice;
      most = sched::kWeakestNice;
      break;
    case SchedulingPolicy::kIdle:
      least = most = sched::kWeakestNice;
      break;
    default:
      break;
  }
  if (parameters.nice < least || parameters.nice > most) {
    return std::unexpected(
        InvalidNice{.requested = parameters.nice, .minimum = least, .maximum = most});
  }
  return {};
}

}  // namespace

std::expected<void, Error> check_scheduling(const SchedulingParameters& parameters) {
  switch (parameters.policy) {
    case SchedulingPolicy::kNormal:
    case SchedulingPolicy::kFifo:
    case SchedulingPolicy::kRoundRobin:
    case SchedulingPolicy::kBatch:
    case SchedulingPolicy::kIdle:
      break;
    case SchedulingPolicy::kDeadline:
      if (const sched::PeriodicTask& task = parameters.task; !sched::is_sound(task)) {
        return std::unexpected(InvalidTask{task.runtime, task.deadline, task.period});
      }
      break;
    default:
      return std::unexpected(
          PolicyNotSupported{.requested = static_cast<std::uint32_t>(parameters.policy)});
  }
  if (const auto priority = check_priority(parameters); !priority) {
    return priority;
  }
  return check_nice(parameters);
}

namespace {

std::expected<void, Error> ask_for(ThreadId id, const SchedulingParameters& parameters) {
  if (parameters.policy == SchedulingPolicy::kDeadline) {
    return admit(id, parameters, std::nullopt);
  }
  sched::Request request{.kind = sched::RequestKind::kSetParameters, .parameters = parameters};
  const auto done = ask(id, request);
  return done && request.result == sched::RequestResult::kIsAdmitted ? dismiss(id, parameters)
                                                                     : done;
}

}  // namespace

std::expected<void, Error> change_scheduling(ThreadId id, const SchedulingParameters& parameters) {
  const auto changed = ask_for(id, parameters);
  if (changed) {
    ThreadRecord& thread = *thread_table().find(id.index);
    if (thread.waiting.load() != nullptr) {
      // Its park ends for no reason, and it goes to its new place among those who wait.
      wake(thread);
    }
  }
  return changed;
}

std::expected<void, Error> set_scheduling(ThreadId id, const SchedulingParameters& parameters) {
  if (const auto checked = check_scheduling(parameters); !checked) {
    return checked;
  }
  if (const auto permitted = check_control(id); !permitted) {
    return permitted;
  }
  if (const ThreadGroup* const own = own_group(); own != nullptr) {
    if (const auto permitted = own->permit(parameters); !permitted) {
      return permitted;
    }
  }
  ThreadRecord* const thread = thread_table().find(id.index);
  ThreadGroup* const group = thread != nullptr ? group_of(*thread) : nullptr;
  return group != nullptr ? group->reschedule(*thread, id, parameters)
                          : change_scheduling(id, parameters);
}

std::expected<SchedulingParameters, Error> scheduling(ThreadId id) {
  sched::Request request{.kind = sched::RequestKind::kGetParameters};
  if (const auto answered = ask(id, request); !answered) {
    return std::unexpected(answered.error());
  }
  return request.parameters;
}

SchedulingParameters own_scheduling() {
  const PreemptionGuard guard;
  return sched::parameters_of(current_thread());
}

}  // namespace tb
