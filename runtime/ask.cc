// A request lies on the stack of the thread that makes it, which parks until it is answered.
#include "runtime/ask.h"

#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/preemption.h"
#include "runtime/thread_table.h"

namespace tb {

std::expected<void, Error> ask(ThreadId id, sched::Request& request) {
  expects(arch::preemption_enabled() && !arch::in_interrupt(), "only a preemptible thread blocks");
  ThreadRecord* const thread = thread_table().find(id.index);
  if (thread == nullptr || !thread->life.is(id.generation)) {
    return std::unexpected(ThreadNotFound{id});
  }
  request.generation = id.generation;
  request.requester = &current_thread();
  {
    const PreemptionGuard guard;
    thread->requests.push(request);
    Cpu& cpu = this_cpu();
    act_on(cpu, cpu.scheduler.tell_of_requests(*thread));
  }
  // acquire: pairs with the release of whoever has answered.
  while (!request.answered.load(std::memory_order_acquire)) {
    park();
  }
  // The other result is for those who know what to do then.
  if (request.result == sched::RequestResult::kThreadNotFound) {
    return std::unexpected(ThreadNotFound{id});
  }
  return {};
}

}  // namespace tb
