// System calls around their first and last instructions. Intel SDM volume 3A, section 5.8.8.
#include "arch/x86_64/system_call.h"

#include "arch/system_call.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/vector_state.h"

extern "C" const char system_call_entry[];
extern "C" [[noreturn]] void resume_system_call_at(const tb::arch::SystemCall* call,
                                                   std::uint64_t result, std::byte* stack_top);

static_assert(offsetof(tb::arch::SystemCall, arguments) == 0);
static_assert(offsetof(tb::arch::SystemCall, flags) == 48);
static_assert(offsetof(tb::arch::SystemCall, return_address) == 56);

namespace tb::arch {
namespace x86 {

void enable_system_calls() {
  constexpr std::uint64_t kSystemCallEnable = 1 << 0;
  constexpr unsigned kCodeSelectorShift = 32;
  constexpr std::uint64_t kCodeSelector = 0x08;
  constexpr std::uint64_t kTrapFlag = 1 << 8;
  constexpr std::uint64_t kDirectionFlag = 1 << 10;
  // Interrupts stay on: the entry is as interruptible as any function.
  write_msr(msr::kSystemCallFlags, kTrapFlag | kDirectionFlag);
  write_msr(msr::kSystemCallSegments, kCodeSelector << kCodeSelectorShift);
  write_msr(msr::kSystemCallEntry, reinterpret_cast<std::uintptr_t>(system_call_entry));
  write_msr(msr::kExtendedFeatures, read_msr(msr::kExtendedFeatures) | kSystemCallEnable);
}

}  // namespace x86

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
