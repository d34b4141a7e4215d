// Rounding modes, precision and exception masks: MXCSR and the x87 control word. The calling
// convention makes them survive a call, so each thread has its own; the sticky exception flags may
// differ.
#pragma once

#include <cstdint>

#include "arch_impl/processor.h"

// An instruction of the runtime that changes them. The build looks for others, see
// tools/floating_point_control.py, and leaves out what is listed here.
#define TB_OWN_CONTROL(instruction)                              \
  "9:\t" instruction                                             \
  "\n\t"                                                         \
  ".pushsection .own_floating_point_control,\"?\",@progbits\n\t" \
  ".quad 9b\n\t"                                                 \
  ".popsection"

namespace tb::arch::x86 {

struct FloatingPointControl {
  std::uint32_t mxcsr;
  std::uint16_t x87;
};

// All exceptions masked, round to nearest, x87 with 64-bit precision.
inline constexpr FloatingPointControl kDefaultControl = {.mxcsr = 0x1f80, .x87 = 0x037f};

// What a switch does about them.
enum class ControlSwitch : std::uint8_t {
  kNothing,  // no instruction of the image but the runtime's own changes them
  // They are kept, and the next thread's are loaded where they differ: an Intel processor needs 4
  // ticks to load an equal MXCSR, and 100 if sticky flags differ.
  kCompare,
  // The same, but MXCSR is always loaded: that takes an AMD processor 1 tick, but 4 to look at what
  // it has just stored.
  kLoad,
};

enum class ControlUse : std::uint8_t { kMayChange, kIsFixed };

constexpr ControlSwitch control_switch_for(ControlUse use, Vendor vendor) {
  return use == ControlUse::kIsFixed ? ControlSwitch::kNothing
         : vendor == Vendor::kAmd    ? ControlSwitch::kLoad
                                     : ControlSwitch::kCompare;
}

// Constant after start.
[[gnu::visibility("hidden")]] extern ControlSwitch control_switch;

// Once, by the implementation.
void choose_control_switch();

#ifdef TB_ARCH_INTERPRETED
// Where a hypervisor interprets the machine's code instruction by instruction, it may know neither
// stmxcsr nor ldmxcsr; an image built for there does without, and its threads share one MXCSR.
inline void read_mxcsr(std::uint32_t& mxcsr) { mxcsr = 0; }
inline void write_mxcsr(const std::uint32_t&) {}
#else
inline void read_mxcsr(std::uint32_t& mxcsr) { asm volatile("stmxcsr %0" : "=m"(mxcsr)); }
inline void write_mxcsr(const std::uint32_t& mxcsr) {
  asm volatile(TB_OWN_CONTROL("ldmxcsr %0") : : "m"(mxcsr));
}
#endif

inline void write_x87_control(const std::uint16_t& control) {
  asm volatile(TB_OWN_CONTROL("fldcw %0") : : "m"(control));
}

inline void read_control(FloatingPointControl& control) {
  read_mxcsr(control.mxcsr);
  asm volatile("fnstcw %0" : "=m"(control.x87));
}

// The control of `to` instead of the present one, which is kept in `from`.
[[gnu::always_inline]] inline void exchange_control(FloatingPointControl& from,
                                                    const FloatingPointControl& to) {
  constexpr std::uint32_t kStickyFlags = 0x3f;
  if (control_switch == ControlSwitch::kNothing) {
    return;
  }
  read_control(from);
  if (control_switch == ControlSwitch::kLoad || ((from.mxcsr ^ to.mxcsr) & ~kStickyFlags) != 0) {
    write_mxcsr(to.mxcsr);
  }
  if (from.x87 != to.x87) [[unlikely]] {
    write_x87_control(to.x87);
  }
}

}  // namespace tb::arch::x86
