// Locks for a few instructions: both kinds.
#include <chrono>
#include <cstdint>
#include <mutex>

#include "arch/interrupts.h"
#include "runtime/interrupt_guard.h"
#include "runtime/spin_lock.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {
namespace {

using namespace std::chrono_literals;

template <class Lock>
void count_together(Suite& suite) {
  constexpr std::uint32_t kRounds = 50;
  Lock lock;
  std::uint32_t counted = 0;  // guarded
  CpusSeen seen;
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn(
        [&, i] {
          Random random(i);
          for (std::uint32_t round = 0; round < kRounds; ++round) {
            std::unique_lock guard(lock, std::defer_lock);
            if (random.below(2) == 0 || !guard.try_lock()) {
              guard.lock();
            }
            const std::uint32_t before = counted;
            spend(100ns);
            counted = before + 1;
          }
          seen.note();
        },
        there(i));
  }
  crowd.join();
  suite.equal(counted, crowd_size() * kRounds, "rounds");
  suite.equal(seen.count(), most_cpus(), "CPUs that took part");
}

// Who does not get it has lost nothing: it can sleep.
template <class Lock>
void try_in_vain(Suite& suite) {
  Lock lock;
  {
    const std::scoped_lock guard(lock);
    suite.check(!lock.try_lock(), "somebody has it");
  }
  this_thread::sleep_for(1us);
  suite.check(lock.try_lock(), "nobody has it");
  lock.unlock();
  this_thread::sleep_for(1us);
}

// std::scoped_lock gives its mutexes back in the order it has locked them in: interrupts come in
// with the last one.
void give_back_in_any_order(Suite& suite) {
  InterruptSpinLock first;
  InterruptSpinLock second;
  first.lock();
  second.lock();
  first.unlock();
  suite.check(arch::disable_interrupts() == arch::InterruptState::kDisabled, "not with the first");
  second.unlock();
  const arch::InterruptState after = arch::disable_interrupts();
  arch::restore_interrupts(after);
  suite.check(after == arch::InterruptState::kEnabled, "but with the second");
}

}  // namespace

void spin_locks(Suite& suite) {
  count_together<SpinLock>(suite);
  count_together<InterruptSpinLock>(suite);
  try_in_vain<SpinLock>(suite);
  try_in_vain<InterruptSpinLock>(suite);
  give_back_in_any_order(suite);
}

}  // namespace tb::test
