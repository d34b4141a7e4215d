// Contract: what a suspended thread is, and the one way from a thread to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tb::arch {

// All that a thread which runs nowhere keeps outside its stack. Defined by the implementation.
struct Context;

using ThreadEntry = void (*)(void* argument);

// Prepares `context` so that the first switch to it calls entry(argument) on the given stack, with
// the machine's default floating-point control. `thread_pointer` is the value of the register that
// the C++ library uses for thread_local; 0 where there is none. The entry never returns.
void make_context(Context& context, std::span<std::byte> stack, ThreadEntry entry, void* argument,
                  std::uintptr_t thread_pointer);

// Nobody switches to the context any more; not the caller's own.
void end_context(Context& context);

// Has a prepared context begin with the caller's floating-point control instead of the default.
void inherit_floating_point_control(Context& context);

// The switch, in two halves, of which the second stands behind the first: so it can be inlined
// where the caller's own code goes on. Preemption is off on this CPU, interrupts are on.
//
// The floating-point control of `to` instead of the caller's, which is kept in `from`.
void prepare_switch(Context& from, const Context& to);

// Leaves the caller suspended in `from` and goes on in `to`; returns when somebody switches back.
void switch_stacks(Context& from, Context& to);

// What the thread that is running now, whose context this is, wants in the register of
// `thread_pointer`; from now on and whenever it runs.
void set_thread_pointer(Context& running, std::uintptr_t thread_pointer);
std::uintptr_t thread_pointer_of(const Context& context);

// The smallest stack on which a thread can be interrupted and switched on this CPU, in bytes.
std::size_t minimum_stack_size();

}  // namespace tb::arch

#include "arch_impl/context.h"

namespace tb::arch {

// Both halves.
[[gnu::always_inline]] inline void switch_context(Context& from, Context& to) {
  prepare_switch(from, to);
  switch_stacks(from, to);
}

}  // namespace tb::arch
