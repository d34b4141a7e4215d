// A process on the host's C library, which is what a sanitizer needs, and whose threads it knows.
#include "arch/hosted/process.h"

#include <pthread.h>
#include <sys/auxv.h>

#include "arch/cpu.h"
#include "arch/hosted/start.h"
#include "arch/interrupts.h"

namespace tb::arch::hosted {

// Called by the C library, instead of main(), which is the application's.
extern "C" int start_process(int count, char** words) {
  prepare_machine({words + 1, count > 0 ? static_cast<std::size_t>(count) - 1 : 0},
                  getauxval(AT_HWCAP2));
  run_first_cpu();
}

bool start_cpu_thread(CpuId id) {
  const auto begin = [](void* number) -> void* {
    begin_cpu(CpuId{static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(number))});
    return nullptr;
  };
  pthread_t thread;
  return pthread_create(&thread, nullptr, begin,
                        reinterpret_cast<void*>(std::uintptr_t{index_of(id)})) == 0;
}

// Called by safe_points.S, where something is pending.
extern "C" void serve_interrupts_at_safe_point() {
  if (interrupts_enabled() && !in_interrupt()) {
    serve_pending_interrupts();
  }
}

// There is no C library above the runtime.
void divert_system_calls() {}

}  // namespace tb::arch::hosted
