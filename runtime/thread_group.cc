// Whether a thread may control another one, by their groups.
#include "runtime/thread_group.h"

#include "runtime/thread_table.h"

namespace tb {

// If there is no such thread, or not any more, somebody else will say so.
std::expected<void, Error> check_control(ThreadId id) {
  const ThreadGroup* const own = own_group();
  const ThreadRecord* const thread = own != nullptr ? thread_table().find(id.index) : nullptr;
  if (thread == nullptr) {
    return {};
  }
  const ThreadGroup* const group = group_of(*thread);
  const bool has_gone =
      !thread->life.is(id.generation) || thread->state.get() == sched::ThreadState::kDead;
  return has_gone ? std::expected<void, Error>() : own->permit_control(group);
}

}  // namespace tb
