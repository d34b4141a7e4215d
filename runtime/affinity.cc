// A thread is moved by its home CPU alone, as it would next run it; others only state the wish. The
// wish stays: whatever CPU the thread reaches by an older one sends it on.
#include "runtime/affinity.h"

#include <mutex>

#include "arch/smp.h"
#include "runtime/dispatch.h"
#include "runtime/park.h"
#include "runtime/spin_lock.h"
#include "runtime/thread.h"

namespace tb {
namespace {

constinit SpinLock lock;  // of all threads' sets: they seldom change

CpuId first_of(const CpuSet& set, std::uint32_t from) {
  const std::uint32_t cpus = arch::cpu_count();
  for (std::uint32_t i = 0; i < cpus; ++i) {
    if (const CpuId cpu{(from + i) % cpus}; set.contains(cpu)) {
      return cpu;
    }
  }
  return kNoCpu;
}

// Whether the thread runs nowhere but where it is wanted. It may be under way to an older wish's
// CPU, but that one looks at the wish before it runs the thread. The dead run nowhere.
bool has_arrived(const ThreadRecord& thread) {
  const CpuId wanted = thread.wanted_home.load();
  return wanted == kNoCpu || wanted == thread.home.load() ||
         thread.state.get() == sched::ThreadState::kDead;
}

}  // namespace

CpuSet affinity_of(const ThreadRecord& thread) {
  const std::lock_guard guard(lock);
  return thread.affinity;
}

void inherit_affinity(ThreadRecord& thread, const ThreadRecord& parent) {
  const std::lock_guard guard(lock);
  thread.affinity = parent.affinity;
}

CpuId choose_cpu(const ThreadRecord& thread, std::uint32_t turn) {
  const CpuId cpu{turn % arch::cpu_count()};
  if (thread.affinity.contains(cpu)) [[likely]] {
    return cpu;
  }
  return first_of(thread.affinity, turn);
}

void set_affinity(ThreadRecord& thread, const CpuSet& allowed) {
  constexpr Duration kPatience = std::chrono::microseconds(50);
  expects(first_of(allowed, 0) != kNoCpu, "a CPU of the set exists");
  {
    const std::lock_guard guard(lock);
    thread.affinity = allowed;
    // A wish for the CPU where it is, too: it may be about to leave for an older wish's.
    const CpuId home = thread.home.load();
    thread.wanted_home = allowed.contains(home) ? home : first_of(allowed, thread.index);
  }
  const bool is_caller = &thread == &current_thread();
  if (!is_caller && !has_arrived(thread)) {
    // Its home CPU looks at the wish when it next schedules, and at a parked thread's when it is
    // woken.
    arch::send_reschedule(thread.home.load());
    wake(thread);
  }
  while (!has_arrived(thread)) {
    if (is_caller) {
      yield_now();
    } else {
      this_thread::sleep_for(kPatience);
    }
  }
}

}  // namespace tb
