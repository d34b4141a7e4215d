// A thread is moved by its home CPU alone, as it would next run it; others only state the wish.
#include "runtime/affinity.h"

#include <mutex>

#include "arch/smp.h"
#include "runtime/dispatch.h"
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

// Whether the thread is where it may be, or will be looked at before it runs again. Reads the wish
// before the home: without a wish the home is final.
bool is_settled(const ThreadRecord& thread, const CpuSet& allowed) {
  const bool wish = thread.wanted_home.load() != kNoCpu;
  const bool at_home = allowed.contains(thread.home.load());
  return at_home || (wish && thread.state.get() == sched::ThreadState::kParked);
}

// States the wish, unless the thread is at one of the right places already.
void want_elsewhere(ThreadRecord& thread, const CpuSet& allowed) {
  if (thread.wanted_home.load() == kNoCpu && !allowed.contains(thread.home.load())) {
    thread.wanted_home = first_of(allowed, thread.index);
    arch::send_reschedule(thread.home.load());
  }
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
    thread.wanted_home = kNoCpu;
  }
  for (;;) {
    want_elsewhere(thread, allowed);
    if (is_settled(thread, allowed)) {
      return;
    }
    if (&thread == &current_thread()) {
      yield_now();
    } else {
      this_thread::sleep_for(kPatience);
    }
  }
}

}  // namespace tb
