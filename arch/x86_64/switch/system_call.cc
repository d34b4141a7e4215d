// System calls between their first and last instructions.
#include "arch/system_call.h"

#include "arch_impl/vector_state.h"

extern "C" [[noreturn]] void resume_system_call_at(const tb::arch::SystemCall* call,
                                                   std::uint64_t result, std::byte* stack_top);

static_assert(offsetof(tb::arch::SystemCall, arguments) == 0);
static_assert(offsetof(tb::arch::SystemCall, flags) == 48);
static_assert(offsetof(tb::arch::SystemCall, return_address) == 56);

namespace tb::arch {
void resume_system_call(const SystemCall& call, std::uint64_t result, std::byte* stack_top) {
  resume_system_call_at(&call, result, stack_top);
}

void keep_vector_state(void (*action)(void* argument), void* argument) {
  void* const area =
      __builtin_alloca_with_align(x86::vector_state_size(), x86::kVectorStateAlignment * 8);
  x86::save_vector_state(area);
  action(argument);
  x86::restore_vector_state(area);
}

}  // namespace tb::arch
