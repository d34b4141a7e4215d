// What observers ask.
#include "arch/sim/machine.h"

namespace tb::arch::sim {

CpuView view_of(CpuId cpu) {
  const std::uint32_t number = index_of(cpu);
  const VirtualCpu& seen = machine().cpu(number);
  return {.current = seen.block.current,
          .clock = Time(Duration(machine().clock_of(number) + seen.skew))};
}

bool is_leaving(CpuId cpu, const void* thread) {
  return machine().cpu(index_of(cpu)).block.leaving == thread;
}

std::uint32_t slowness() { return machine().texture().slowness; }
std::uint32_t cpus() { return machine().cpu_count(); }
const Counts& counts() { return machine().counts(); }
std::uint64_t points() { return progress.points; }
Time time() { return Time(Duration(progress.clock)); }

Quiet::Quiet()
    : clock_(progress.clock),
      horizon_(progress.horizon),
      random_(progress.random),
      points_(progress.points) {
  progress.horizon = INT64_MAX;
}

Quiet::~Quiet() {
  progress.clock = clock_;
  progress.horizon = horizon_;
  progress.random = random_;
  progress.points = points_;
}

}  // namespace tb::arch::sim
