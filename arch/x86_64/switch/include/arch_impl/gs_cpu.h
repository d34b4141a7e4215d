// The contract's inline functions that are instructions on the per-CPU block behind GS.
#pragma once

#include <cstdint>

#include "arch_impl/gs_block.h"

namespace tb::arch {

// Every access is volatile: the compiler must not carry an answer across a switch to another CPU.

inline CpuId current_cpu() {
  std::uint32_t id;
  asm volatile("movl %%gs:32, %0" : "=r"(id));
  return CpuId{id};
}

inline void* cpu_local() {
  void* local;
  asm volatile("movq %%gs:16, %0" : "=r"(local));
  return local;
}

inline void set_cpu_local(void* local) { asm volatile("movq %0, %%gs:16" : : "r"(local)); }

inline void* current() {
  void* thread;
  asm volatile("movq %%gs:8, %0" : "=r"(thread));
  return thread;
}

inline void set_current(void* thread) { asm volatile("movq %0, %%gs:8" : : "r"(thread)); }

inline void disable_preemption() { asm volatile("incl %%gs:24" : : : "memory", "cc"); }

// Zero after the decrement means both: the outermost, and the request's bit clear.
inline bool enable_preemption() {
  bool reschedule;
  asm volatile("decl %%gs:24" : "=@ccz"(reschedule) : : "memory");
  return reschedule;
}

namespace x86 {
inline std::uint32_t preemption_word() {
  std::uint32_t word;
  asm volatile("movl %%gs:24, %0" : "=r"(word));
  return word;
}
}  // namespace x86

inline bool preemption_enabled() {
  return (x86::preemption_word() & ~x86::kNoRescheduleRequest) == 0;
}

inline bool reschedule_requested() {
  return (x86::preemption_word() & x86::kNoRescheduleRequest) == 0;
}

inline void request_reschedule() {
  asm volatile("andl %0, %%gs:24" : : "i"(~x86::kNoRescheduleRequest) : "memory", "cc");
}

inline void clear_reschedule_request() {
  asm volatile("orl %0, %%gs:24" : : "i"(x86::kNoRescheduleRequest) : "memory", "cc");
}

inline bool in_interrupt() {
  bool inside;
  asm volatile("cmpl $0, %%gs:28" : "=@ccne"(inside));
  return inside;
}

}  // namespace tb::arch
