// What the runtime keeps for one CPU. Owner CPU only, with preemption off, but for what the
// scheduler shares.
#pragma once

#include <cstdint>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "base/cache_line.h"
#include "base/time.h"
#include "runtime/memory/cpu_heap.h"
#include "runtime/spare_threads.h"
#include "runtime/thread_record.h"
#include "sched/admission.h"
#include "sched/cpu_scheduler.h"
#include "sched/poll_length.h"

namespace tb {

// How often interrupts have been masked by a guard or a lock, see runtime/interrupt_guard.h.
struct InterruptMasking {
  std::uint32_t depth = 0;
  arch::InterruptState before{};  // the first one
};

struct alignas(kCacheLineSize) Cpu : CpuHeap {
  Cpu(CpuId id, sched::Machine& machine, ThreadRecord& idle_thread, const sched::Config& config)
      : scheduler(id, machine, idle_thread, config), idle(&idle_thread) {}

  sched::CpuScheduler scheduler;
  SpareThreads spares;
  sched::PollLength poll_length;
  ThreadRecord* const idle;
  Time now{};               // the last reading of the clock
  Time armed_for = kNever;  // when the timer fires; it may fire before anything is due
  std::uint64_t timer_interrupts = 0;
  std::uint64_t reschedule_interrupts = 0;
  InterruptMasking masking;         // with interrupts masked
  sched::AdmissionBook admissions;  // of whoever has the lock in admission.cc
};

// The CPU that executes the caller, who has preemption off.
inline Cpu& this_cpu() { return static_cast<Cpu&>(own_heap()); }

// Any CPU by its number; to look, not to touch.
Cpu& cpu_at(CpuId id);

}  // namespace tb
