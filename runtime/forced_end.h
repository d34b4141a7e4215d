// The end by force of a thread that computes, wherever an interrupt finds it: if nothing but the
// application's own functions is on its stack, which nobody else would miss.
#pragma once

#include "arch/upcalls.h"
#include "runtime/dispatch.h"

namespace tb {

// Sees to it that a timer interrupt looks at the calling thread in a millisecond, if it runs then.
// Preemption is off.
void look_again_soon();

// Of one that goes on after a turn of others: it may have been told to end meanwhile. Preemption is
// off.
[[gnu::always_inline]] inline void look_again_if_told() {
  if (current_thread().wakes.told_to_end()) [[unlikely]] {
    look_again_soon();
  }
}

// Of the calling thread, which was told to end. If it cannot be ended where it was found, or that
// is not known, it goes on, and is looked at again. On the way out of an interrupt, as
// arch::on_preempt().
void end_where_found(const arch::Interrupted* found);

}  // namespace tb
