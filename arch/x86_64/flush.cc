// One flush at a time: the asker states the range, interrupts all others, and waits until each has
// counted itself off. Waiting CPUs keep interrupts on, so two askers cannot wait for each other.
#include "arch/x86_64/flush.h"

#include <atomic>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/memory.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/smp_internal.h"
#include "base/assert.h"
#include "base/units.h"

namespace tb::arch {
namespace x86 {
namespace {

struct Request {
  std::atomic<bool> taken{false};         // shared: the right to ask
  std::uintptr_t begin = 0;               // whoever has taken it
  std::uintptr_t end = 0;                 // likewise
  std::atomic<std::uint32_t> waiting{0};  // shared: CPUs that have not answered
};

constinit Request request{};

void forget(std::uintptr_t begin, std::uintptr_t end) {
  constexpr std::uintptr_t kFewPages = 32;
  if (end - begin > kFewPages * kPageSize) {
    write_cr3(read_cr3());
    return;
  }
  for (std::uintptr_t page = begin; page < end; page += kPageSize) {
    invalidate_page(page);
  }
}

}  // namespace

void answer_flush() {
  forget(request.begin, request.end);
  // release: the pages are forgotten; pairs with the acquire in flush().
  request.waiting.fetch_sub(1, std::memory_order_release);
}

}  // namespace x86

void flush(std::uintptr_t begin, std::uintptr_t end) {
  using namespace x86;
  expects(!in_interrupt() && !preemption_enabled(), "a flush is asked for by a thread that stays");
  // acquire: pairs with the release below, of the asker before.
  while (request.taken.exchange(true, std::memory_order_acquire)) {
    relax();
  }
  request.begin = begin;
  request.end = end;
  request.waiting = running_cpus() - 1;
  forget(begin, end);
  interrupt_others(Vector::kFlush);
  // acquire: pairs with the release in answer_flush().
  while (request.waiting.load(std::memory_order_acquire) != 0) {
    relax();
  }
  // release: pairs with the acquire above, of the next asker.
  request.taken.store(false, std::memory_order_release);
}

}  // namespace tb::arch
