// From a machine that is up to the application's main().
#include <algorithm>
#include <span>

#include "arch/interrupts.h"
#include "arch/machine.h"
#include "arch/memory.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "runtime/application.h"
#include "runtime/console.h"
#include "runtime/cpu.h"
#include "runtime/dispatch.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/heap.h"
#include "runtime/memory/mappings.h"
#include "runtime/options.h"
#include "runtime/panic.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

// Constant after start.
constinit std::span<Cpu*> cpus;
constinit sched::Machine machine;

void start_memory() {
  for (const arch::MemoryRange& range : arch::memory_map()) {
    frames().add_range(range.begin, range.end);
  }
  if (!frames().start()) {
    panic("not enough memory to begin with");
  }
  mappings().start();
}

template <class T>
std::span<T> make_array(std::size_t count) {
  return {new T[count]{}, count};
}

ThreadRecord& make_idle_thread() {
  const auto records = thread_table().take();
  if (!records) {
    panic("no memory for the idle threads");
  }
  ThreadRecord& record = *records->first;
  if (records->length > 1) {
    thread_table().give({record.next_spare, records->length - 1});
  }
  record.generation = record.life.begin();
  if (!set_name(record, "idle")) {
    panic("no memory for the idle threads");
  }
  return record;
}

void make_cpus() {
  const std::uint32_t count = arch::cpu_count();
  // What lies idle on other CPUs does not count much against the limit of threads.
  constexpr std::size_t kLeastPerSpare = 128;
  const auto spares =
      std::min(options().thread_limit / (kLeastPerSpare * count), SpareThreads::kMost / 2);
  const auto chain_length = static_cast<std::uint32_t>(spares);
  // The idle threads do not count as the application's.
  thread_table().set_limit(std::min(options().thread_limit + count, ThreadTable::kMaxThreads),
                           std::max(chain_length, 1U));
  cpus = make_array<Cpu*>(count);
  const auto schedulers = make_array<sched::CpuScheduler*>(count);
  machine.cpus = schedulers;
  machine.all = CpuSet::first(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    cpus[i] = new Cpu(CpuId{i}, machine, make_idle_thread(), options().scheduler);
    cpus[i]->spares.start(chain_length);
    schedulers[i] = &cpus[i]->scheduler;
  }
}

// From here on this CPU has a thread: the idle one, which is what executes.
void enter_cpu() {
  Cpu& cpu = *cpus[index_of(arch::current_cpu())];
  use_heap_lists(cpu);
  arch::set_current(cpu.idle);
  arch::restore_interrupts(arch::InterruptState::kEnabled);
}

void print_banner() {
  print("threadbare: {} {}, {} MiB; ", arch::cpu_count(), arch::cpu_count() == 1 ? "CPU" : "CPUs",
        frames().total_frames() * kPageSize / kMiB);
  const detail::ConsoleLine line;
  arch::describe_machine(line.sink());
  line.sink()("\n");
}

}  // namespace

Cpu& cpu_at(CpuId id) { return *cpus[index_of(id)]; }

namespace arch {

[[gnu::cold]] void on_boot() {
  start_memory();
  read_options(command_line());
  start_other_cpus(options().cpus);
  start_heap();
  make_cpus();
  enter_cpu();
  release_other_cpus();
  print_banner();
  auto main_thread = spawn(
      run_application, SpawnOptions{.name = "main", .stack_size = kMainStackSize, .cpu = CpuId{0}});
  if (!main_thread || !main_thread->detach()) {
    panic("not enough memory for the main thread");
  }
  idle_loop();
}

void on_cpu_started() {
  enter_cpu();
  idle_loop();
}

}  // namespace arch

}  // namespace tb
