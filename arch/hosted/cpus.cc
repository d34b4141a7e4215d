// CPUs: one thread of the host each, bound to a processor.
#include "arch/hosted/cpus.h"

#include <asm/prctl.h>
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <new>

#include "arch/hosted/clocks.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/process.h"
#include "arch/hosted/processor_facts.h"
#include "arch/hosted/signals.h"
#include "arch/interrupts.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "base/format.h"

namespace tb::arch {
namespace hosted {

constinit bool crowded = false;

namespace {

constexpr std::size_t kMaskWords = 128;  // 8192 processors, as many as Linux can be built for
using ProcessorMask = std::array<std::uint64_t, kMaskWords>;

// Constant after start.
constinit ProcessorMask processors{};
constinit std::uint32_t cpus = 1;

// Shared: CPUs that have come up, and whether they may go on; both are futexes.
constinit std::atomic<std::uint32_t> up{1};
constinit std::atomic<std::uint32_t> released{0};

// Shared: set by stop_other_cpus(); CPUs that have stopped.
constinit std::atomic<bool> stopping{false};
constinit std::atomic<std::uint32_t> stopped{0};

// The n-th processor of the process, and from the first again.
std::uint32_t processor_for(CpuId id) {
  std::uint32_t left = index_of(id) % processor_count();
  for (std::uint32_t i = 0; i < kMaskWords; ++i) {
    std::uint64_t word_left = processors[i];
    for (; word_left != 0; word_left &= word_left - 1) {
      if (left == 0) {
        return i * 64 + static_cast<std::uint32_t>(std::countr_zero(word_left));
      }
      --left;
    }
  }
  return 0;
}

void bind_to_processor(CpuId id) {
  const std::uint32_t processor = processor_for(id);
  ProcessorMask only{};
  only[processor / 64] = std::uint64_t{1} << (processor % 64);
  // A host that refuses lets the thread wander, which only costs time.
  host_call(SYS_sched_setaffinity, 0, sizeof only, word(&only));
}

// linux/sched/types.h.
struct SchedulingAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;  // of an ordinary thread: its slice in nanoseconds, from Linux 6.12 on
  std::uint64_t deadline;
  std::uint64_t period;
};

// CPUs that share a processor wait for each other's interrupts as long as a slice takes: a short
// one. A host that refuses only takes longer.
void share_processor() {
  constexpr std::uint64_t kSliceNs = 200'000;
  SchedulingAttributes attributes{};
  attributes.size = sizeof attributes;
  attributes.runtime = kSliceNs;
  host_call(SYS_sched_setattr, 0, word(&attributes), 0);
}

void mask_signals(std::uint64_t mask) {
  host_call(SYS_rt_sigprocmask, SIG_SETMASK, word(&mask), 0, sizeof mask);
}

}  // namespace

void find_processors() {
  host_call(SYS_sched_getaffinity, 0, sizeof processors, word(&processors));
  if (processor_count() == 0) {
    processors[0] = 1;
  }
}

std::uint32_t processor_count() {
  std::uint32_t count = 0;
  for (const std::uint64_t bits : processors) {
    count += static_cast<std::uint32_t>(std::popcount(bits));
  }
  return count;
}

void set_cpu_count(std::uint32_t count) {
  cpus = count;
  crowded = count > processor_count();
}

bool make_cpu_areas(std::size_t count) {
  if (!map_host_memory(kCpuAreas, count * sizeof(CpuArea), PROT_READ | PROT_WRITE)) {
    return false;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    for (const std::byte* guard :
         {cpu_area(CpuId{i}).main.guard, cpu_area(CpuId{i}).signal.guard}) {
      host_call(SYS_mprotect, word(guard), kPageSize, PROT_NONE);
    }
  }
  return true;
}

void load_block(CpuState& state) {
  if (processor_facts().fsgsbase) {
    asm volatile("wrgsbase %0" : : "r"(&state.block));
  } else {
    host_call(SYS_arch_prctl, ARCH_SET_GS, word(&state.block));
  }
}

void become_cpu(CpuId id) {
  CpuState& state = *new (&cpu_state(id)) CpuState{};
  state.block = {.cpu = {.self = &state.block.cpu,
                         .current = nullptr,
                         .local = nullptr,
                         .preemption = x86::kNoRescheduleRequest | 1,
                         .interrupt_depth = 0,
                         .id = id},
                 .interrupts_off = 1,
                 .pending = 0,
                 .preempted_at = 0,
                 .preempted_flags = 0,
                 .preempted_stack = 0};
  state.host_thread = static_cast<std::int32_t>(host_call(SYS_gettid));
  load_block(state);
  if (crowded) {
    share_processor();
  } else {
    bind_to_processor(id);
  }
  use_signal_stack();
  make_timer();
  divert_system_calls();
  mask_signals(0);
}

void begin_cpu(CpuId id) {
  become_cpu(id);
  up.fetch_add(1);
  wake_on(&up);
  while (released.load() == 0) {
    wait_on(&released, 0);
  }
  on_cpu_started();
}

bool stop_requested() { return stopping.load(); }

void handle_stop(int, siginfo_t*, void*) {
  stopped.fetch_add(1);
  halt();
}

}  // namespace hosted

std::uint32_t cpu_count() { return hosted::cpus; }

void start_other_cpus(std::uint32_t most) {
  using namespace hosted;
  cpus = std::min(cpus, most);
  for (std::uint32_t i = 1; i < cpus; ++i) {
    if (!start_cpu_thread(CpuId{i})) {
      std::array<char, 100> text;
      on_notice(
          format_into(text, "the host gives no threads for more than {} of {} CPUs", i, cpus));
      cpus = i;
      break;
    }
  }
  for (std::uint32_t seen = up.load(); seen != cpus; seen = up.load()) {
    wait_on(&up, seen);
  }
}

void release_other_cpus() {
  hosted::released.store(1);
  hosted::wake_on(&hosted::released);
}

// A CPU that is in the kernel stops when it comes out of there, which is waited for: what it writes
// shall not come after what its stopper writes. But not for ever.
void stop_other_cpus() {
  using namespace hosted;
  constexpr int kPatience = 10'000;  // turns of a few microseconds at least
  if (stopping.exchange(true)) {
    return;
  }
  const auto process = static_cast<std::uint64_t>(cpu_state(CpuId{0}).host_thread);
  std::uint32_t told = 0;
  for (std::uint32_t i = 0; i < up.load(); ++i) {
    if (CpuId{i} != current_cpu()) {
      const auto thread = static_cast<std::uint64_t>(cpu_state(CpuId{i}).host_thread);
      host_call(SYS_tgkill, process, thread, kStopSignal);
      ++told;
    }
  }
  for (int turn = 0; turn < kPatience && stopped.load() < told; ++turn) {
    host_call(SYS_sched_yield);
  }
}

void halt() {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  hosted::mask_signals(kAll);
  for (;;) {
    host_call(SYS_pause);
  }
}

}  // namespace tb::arch
