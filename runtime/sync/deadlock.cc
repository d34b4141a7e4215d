// Walks along those who wait for each other.
#include "runtime/sync/deadlock.h"

#include <mutex>

#include "arch/cpu.h"
#include "runtime/dispatch.h"

namespace tb::detail {
namespace {

// Who a thread waits for, and in which wait of its.
struct Step {
  ThreadRecord* next = nullptr;  // null if it waits for nobody
  Time began{};
};

Step step_from(ThreadRecord& thread) {
  for (;;) {
    {
      const std::lock_guard guard(thread.lending_lock);
      const Lender* const lender = thread.waiting.load();
      if (lender == nullptr || lender->gives_up) {
        return {};
      }
      std::uintptr_t value = 0;
      if (lender->word.try_read(value)) {
        ThreadRecord* const owner = owner_of(value);
        // Who has just been given it does not know yet.
        return owner == &thread ? Step() : Step{owner, lender->began};
      }
    }
    arch::relax();
  }
}

struct Walk {
  DeadlockDetected found{};  // the threads that it came by, the caller first
  std::uint64_t waits = 0;   // a digest of them and of their waits
  bool is_a_circle = false;
};

Walk walk_from(ThreadRecord& self) {
  Walk walk;
  ThreadRecord* thread = &self;
  do {
    const Step step = step_from(*thread);
    if (step.next == nullptr || walk.found.length == kLongestCircle) {
      return walk;
    }
    // FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo, 1991), a number at a time.
    constexpr std::uint64_t kPrime = 0x100000001b3;
    for (const auto part : {reinterpret_cast<std::uintptr_t>(thread),
                            static_cast<std::uintptr_t>(step.began.time_since_epoch().count())}) {
      walk.waits = (walk.waits ^ part) * kPrime;
    }
    if (walk.found.length < walk.found.first.size()) {
      walk.found.first[walk.found.length] = thread->id();
    }
    ++walk.found.length;
    thread = step.next;
  } while (thread != &self);
  walk.is_a_circle = true;
  return walk;
}

}  // namespace

void begin_to_wait(Lender& self) { current_thread().waiting.store(&self); }

void end_to_wait() {
  ThreadRecord& self = current_thread();
  const std::lock_guard guard(self.lending_lock);
  self.waiting.store(nullptr);
}

std::optional<DeadlockDetected> find_deadlock(Lender& self) {
  std::uintptr_t value = 0;
  // Usually who has the mutex waits for none.
  if (self.word.try_read(value)) {
    const ThreadRecord* const owner = owner_of(value);
    if (owner == nullptr || owner->waiting.load() == nullptr) [[likely]] {
      return std::nullopt;
    }
  }
  Walk before = walk_from(*self.thread);
  while (before.is_a_circle) {
    Walk after = walk_from(*self.thread);
    if (after.is_a_circle && after.waits == before.waits) {
      return after.found;
    }
    before = after;
  }
  return std::nullopt;
}

}  // namespace tb::detail
