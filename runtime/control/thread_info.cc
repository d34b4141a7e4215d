// Only a thread's home may look at it: it is asked to, and copies what it sees.
#include "runtime/control/thread_info.h"

#include <algorithm>

#include "arch/smp.h"
#include "runtime/ask.h"
#include "runtime/dispatch.h"
#include "runtime/preemption.h"
#include "runtime/thread_group.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

static_assert(ThreadName::kMaxLength == kMaxThreadName);

struct Look : sched::Request {
  ThreadInfo info;
};

// By the owner, preemption off.
void look_at(sched::Request& request, sched::Entity& entity) {
  const auto& thread = static_cast<const ThreadRecord&>(entity);
  const ThreadGroup* const group = group_of(thread);
  static_cast<Look&>(request).info = {.id = thread.id(),
                                      .process = group != nullptr ? group->id() : kFirstProcess,
                                      .name = ThreadName(thread.name_text()),
                                      .state = thread.state.get(),
                                      .cpu = thread.home.load(),
                                      .entry = entry_of(thread),
                                      .stack_size = thread.stack.size,
                                      .is_detached = thread.life.is_detached(),
                                      .affinity = this_cpu().scheduler.wanted_affinity_of(thread),
                                      .scheduling = sched::parameters_of(thread),
                                      .statistics = sched::statistics_of(thread)};
}

struct Naming : sched::Request {
  std::string_view name;
};

void give_name(sched::Request& request, sched::Entity& entity) {
  // It has its details, so there is no error.
  static_cast<void>(
      tb::set_name(static_cast<ThreadRecord&>(entity), static_cast<const Naming&>(request).name));
}

ThreadInfo info_of_this_thread() {
  const ThreadStatistics statistics = this_thread::statistics();
  Look look{};
  const PreemptionGuard guard;
  look_at(look, current_thread());
  look.info.statistics = statistics;
  return look.info;
}

bool is_idle_thread(const ThreadRecord& record) {
  return record.index < arch::cpu_count() && cpu_at(CpuId{record.index}).idle == &record;
}

// Nothing if no thread has the record, or one that nobody knows yet.
std::optional<ThreadInfo> info_of(const ThreadRecord& record) {
  const ThreadId id{record.index, record.life.generation()};
  if (!record.life.is(id.generation) || record.state.get() == ThreadState::kNew ||
      is_idle_thread(record)) {
    return std::nullopt;
  }
  if (const auto found = info(id)) {
    return *found;
  }
  return record.life.is_over(id.generation)
             ? std::optional(ThreadInfo{.id = id, .state = ThreadState::kDead})
             : std::nullopt;
}

}  // namespace

std::expected<ThreadInfo, Error> info(ThreadId id) {
  if (id == this_thread::id()) {
    return info_of_this_thread();
  }
  Look look{};
  look.kind = sched::RequestKind::kVisit;
  look.visit = look_at;
  if (const auto answered = ask(id, look); !answered) {
    return std::unexpected(answered.error());
  }
  return look.info;
}

std::expected<ThreadName, Error> name(ThreadId id) {
  const auto found = info(id);
  return found ? std::expected<ThreadName, Error>(found->name) : std::unexpected(found.error());
}

std::expected<void, Error> set_name(ThreadId id, std::string_view name) {
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr) {
    return std::unexpected(ThreadNotFound{id});
  }
  if (const auto permitted = check_control(id); !permitted) {
    return permitted;
  }
  // They are the record's for ever, so it does no harm if the thread has gone.
  if (const auto details = thread_table().details_of(*thread); !details) {
    return std::unexpected(details.error());
  }
  Naming naming{};
  naming.kind = sched::RequestKind::kVisit;
  naming.visit = give_name;
  naming.name = name;
  return ask(id, naming);
}

namespace detail {

std::optional<ThreadInfo> first_thread_from(std::uint32_t index) {
  while (const ThreadRecord* const record = thread_table().find(index)) {
    if (const auto found = info_of(*record)) {
      return found;
    }
    ++index;
  }
  return std::nullopt;
}

}  // namespace detail

namespace this_thread {

std::expected<void, Error> set_name(std::string_view name) {
  return tb::set_name(current_thread(), name);
}

}  // namespace this_thread

}  // namespace tb
