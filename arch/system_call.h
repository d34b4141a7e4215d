// Contract: the trap instruction by which a C library made for another system asks for services.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tb::arch {

// The registers of a caller, as the trap left them on its stack.
struct SystemCall {
  std::array<std::uint64_t, 6> arguments;
  std::uint64_t flags;
  std::uint64_t return_address;
};

// Goes on behind the trap of `call`, on another stack, as if it had returned `result` there. What
// the caller's other registers held is gone, but for those that a function may not change, which
// are zero.
[[noreturn]] void resume_system_call(const SystemCall& call, std::uint64_t result,
                                     std::byte* stack_top);

// Calls action(argument) while the vector registers' contents are kept aside. A caller of the trap
// finds them unchanged, so whatever gives the CPU away on its behalf does it in here.
void keep_vector_state(void (*action)(void* argument), void* argument);

}  // namespace tb::arch
