// Contract: masking interrupts on the CPU that executes the caller.
#pragma once

namespace tb::arch {

enum class InterruptState : bool { kDisabled, kEnabled };

InterruptState disable_interrupts();
void restore_interrupts(InterruptState state);
bool interrupts_enabled();

}  // namespace tb::arch

#include "arch_impl/interrupts.h"

namespace tb::arch {

// Keeps interrupts off for a scope.
class InterruptGuard {
 public:
  InterruptGuard() : before_(disable_interrupts()) {}
  ~InterruptGuard() { restore_interrupts(before_); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  InterruptState before_;
};

}  // namespace tb::arch
