// The two halves of giving up the CPU, between which the caller itself switches: inlined, so that
// it goes on by a jump that the processor foresees, with the registers saved that are in use there.
// For runtime/thread.h; applications use what that offers.
#pragma once

#include <cstdint>

#include "arch/context.h"
#include "runtime/thread_id.h"

namespace tb::detail {

// From whom to whom; nothing to do if there is no `to`.
struct Turn {
  arch::Context* from = nullptr;
  arch::Context* to = nullptr;
};

// The caller's turn is over; preemption is off from here on.
Turn begin_yield();
Turn begin_park();

enum class Joining : std::uint8_t { kMustWait, kDone, kNotFound, kTaken, kJoinsItself };

struct JoinTurn {
  Turn turn;
  Joining joining;
};

// Makes the caller the thread's joiner, and ends its turn if it has to wait; preemption is off only
// then. Else the thread's record is free if it has ended.
JoinTurn begin_join(ThreadId id);

// Waits for any wake.
Turn begin_wait();

// The same for one whose wait was not over: preemption is off already.
Turn wait_on();

// After the turn of the caller has come again: preemption is on.
void end_turn();
void end_park();

// The same for a joiner, if the thread has ended; then its record is free. Else preemption stays
// off, and false.
bool end_wait(ThreadId id);

// After a wait, for any wake.
void end_wait();

// Whether the caller was told to end, by force, though it may have reasons to stay.
bool is_told_to_end();

[[gnu::always_inline]] inline void take(const Turn& turn) {
  if (turn.to != nullptr) {
    arch::switch_stacks(*turn.from, *turn.to);
  }
}

}  // namespace tb::detail
