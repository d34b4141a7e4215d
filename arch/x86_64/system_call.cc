// The registers that make the syscall instruction come to us. Intel SDM volume 3A, section 5.8.8.
#include "arch/x86_64/system_call.h"

#include "arch/x86_64/registers.h"

extern "C" const char system_call_entry[];

namespace tb::arch::x86 {

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

}  // namespace tb::arch::x86
