// Where a thread begins, and what can be seen there later.
#include "runtime/first_frame.h"

#include "runtime/dispatch.h"
#include "runtime/thread_group.h"

namespace tb {

void begin_thread() {
  complete_switch();
  let_go_of_the_cpu();
  if (ThreadGroup* const group = own_group(); group != nullptr) [[unlikely]] {
    group->enter();
  }
}

namespace detail {

void run_thread(void* argument) {
  begin_thread();
  const Beginning begin = *static_cast<const Beginning*>(argument);
  if (arch::thread_pointer_of(current_thread().context) != 0) {
    run_in_thread(begin.run, begin.closure);
  } else {
    begin.run(begin.closure);
  }
  end_current_thread();
}

}  // namespace detail

Entry entry_of(const ThreadRecord& thread) {
  if (thread.release_stack != nullptr) {
    return nullptr;
  }
  std::byte* end = thread.stack.top();
  if (arch::thread_pointer_of(thread.context) != 0) {
    const ThreadBlock block = thread_block();
    end = detail::place_below(end, block.size, block.alignment);
  }
  using detail::Beginning;
  const std::byte* const begin = detail::place_below(end, sizeof(Beginning), alignof(Beginning));
  return reinterpret_cast<const Beginning*>(begin)->run;
}

}  // namespace tb
