// What a thread's stack and context hold before its first instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arch_impl/stack_switch.h"

namespace tb::arch::x86 {

// As make_context() of the contract.
void prepare_context(Context& context, std::span<std::byte> stack, void (*entry)(void* argument),
                     void* argument, std::uintptr_t thread_pointer);

// As inherit_floating_point_control() of the contract.
void copy_floating_point_control(Context& context);

}  // namespace tb::arch::x86
