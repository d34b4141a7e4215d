// Threads that wait for each other's mutexes, and so for ever.
//
// Whoever is about to wait says so in its record, then looks at who has the mutex and for what that
// thread waits, and so on. Both are sequentially consistent, so of those who close a circle
// together the last one sees it. What such a walk finds piece by piece may never have been at once;
// if a second one finds the same threads in the same waits, all have waited since the first one
// ended, and so will do.
//
// A thread's wait is looked at with its lending lock held, for until it has had that it stays where
// it is. A mutex's word, whose lock comes before that, is not waited for meanwhile.
//
// For mutexes; applications use what those offer.
#pragma once

#include <optional>

#include "runtime/error.h"
#include "runtime/sync/lending.h"

namespace tb::detail {

// The calling thread waits for the mutex that `self` names, and not any more. The first with
// preemption off, as it enters the ring: from then on who changes its urgency wakes it.
void begin_to_wait(Lender& self);
void end_to_wait();

// Whether it waits for itself, after begin_to_wait(). Circles of more than kLongestCircle threads
// are not found.
inline constexpr std::size_t kLongestCircle = 1024;
std::optional<DeadlockDetected> find_deadlock(Lender& self);

}  // namespace tb::detail
