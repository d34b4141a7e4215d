// The per-CPU block behind GS, and the contract's inline functions that are instructions on it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_id.h"

namespace tb::arch {

namespace x86 {

// Owner CPU only, but for what is constant after start. Read through GS in one instruction each, so
// that an interrupt cannot come between reading "which CPU" and "its value".
struct CpuBlock {
  CpuBlock* self;                 // constant after start
  void* current;                  // the runtime's running thread
  void* local;                    // the runtime's block of this CPU; constant after start
  std::uint32_t preemption;       // count of raises; the top bit is clear when one must reschedule
  std::uint32_t interrupt_depth;  // above zero inside handlers
  CpuId id;                       // constant after start
};

inline constexpr std::uint32_t kNoRescheduleRequest = 0x80000000;

static_assert(offsetof(CpuBlock, self) == 0);
static_assert(offsetof(CpuBlock, current) == 8);
static_assert(offsetof(CpuBlock, local) == 16);
static_assert(offsetof(CpuBlock, preemption) == 24);
static_assert(offsetof(CpuBlock, interrupt_depth) == 28);
static_assert(offsetof(CpuBlock, id) == 32);

}  // namespace x86

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
