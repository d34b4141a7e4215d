// Buckets of waiters.
#include "runtime/linux/futex.h"

#include <array>
#include <atomic>
#include <mutex>

#include "base/address_hash.h"
#include "base/cache_line.h"
#include "base/intrusive_list.h"
#include "runtime/dispatch.h"
#include "runtime/linux/call.h"
#include "runtime/linux/signals.h"
#include "runtime/park.h"
#include "runtime/spin_lock.h"

namespace tb::linux_abi {
namespace {

// On its thread's stack.
struct Waiter {
  ListHook<Waiter> hook;  // under the lock of its word's bucket, as all but `woken`
  std::uint32_t* word;
  ThreadRecord* thread;
  sched::Urgency urgency;  // of the thread when it began to wait
  std::uint32_t bits;
  std::atomic<bool> woken{false};  // shared; the last thing that a waker touches
};

struct alignas(kCacheLineSize) Bucket {
  SpinLock lock;
  IntrusiveList<Waiter, &Waiter::hook> waiters;  // under the lock
};

constexpr unsigned kIndexBits = 8;
constinit std::array<Bucket, 1U << kIndexBits> buckets{};

Bucket& bucket_of(const std::uint32_t* word) { return buckets[address_hash<kIndexBits>(word)]; }

// Behind those that are as urgent. Under the bucket's lock. Most are alike: the last one tells.
void enqueue(Bucket& bucket, Waiter& waiter) {
  const auto goes_first = [](const Waiter& a, const Waiter& b) { return a.urgency < b.urgency; };
  const Waiter* const last = bucket.waiters.back();
  if (last == nullptr || !goes_first(waiter, *last)) {
    bucket.waiters.push_back(waiter);
  } else {
    bucket.waiters.insert_in_order(waiter, goes_first);
  }
}

// Under the bucket's lock. The waiter may be gone when this returns.
void wake_waiter(Bucket& bucket, Waiter& waiter) {
  ThreadRecord& thread = *waiter.thread;
  bucket.waiters.remove(waiter);
  // release: what the waker did before; pairs with the acquire in has_ended().
  waiter.woken.store(true, std::memory_order_release);
  wake(thread);
}

bool has_ended(const Waiter& waiter) {
  // acquire: pairs with the release in wake_waiter().
  return waiter.woken.load(std::memory_order_acquire);
}

// The bucket of a word that a requeue may change until its bucket's lock is held.
template <class Action>
void with_bucket_of(Waiter& waiter, Action action) {
  for (;;) {
    std::uint32_t* const word = std::atomic_ref(waiter.word).load();
    Bucket& bucket = bucket_of(word);
    const std::lock_guard guard(bucket.lock);
    if (waiter.word == word) {
      action(bucket);
      return;
    }
  }
}

// Takes the waiter out; false if a waker was faster.
bool give_up(Waiter& waiter) {
  bool was_waiting = false;
  with_bucket_of(waiter, [&](Bucket& bucket) {
    was_waiting = !has_ended(waiter);
    if (was_waiting) {
      bucket.waiters.remove(waiter);
    }
  });
  return was_waiting;
}

std::expected<void, Errno> wait_for_wake(Waiter& waiter, Time deadline) {
  while (!has_ended(waiter)) {
    const ParkEnd end = park_until(deadline);
    if (end == ParkEnd::kTimedOut && give_up(waiter)) {
      return std::unexpected(Errno::kTimedOut);
    }
    if (signal_is_pending() && give_up(waiter)) {
      return std::unexpected(Errno::kInterrupted);
    }
  }
  return {};
}

}  // namespace

std::expected<void, Errno> futex_wait(std::uint32_t* word, std::uint32_t expected,
                                      std::uint32_t bits, Time deadline) {
  ThreadRecord& self = current_thread();
  Waiter waiter{.hook = {}, .word = word, .thread = &self, .urgency = self.urgency, .bits = bits};
  {
    Bucket& bucket = bucket_of(word);
    const std::lock_guard guard(bucket.lock);
    if (std::atomic_ref(*word).load() != expected) {
      return std::unexpected(Errno::kAgain);
    }
    enqueue(bucket, waiter);
  }
  std::expected<void, Errno> result;
  blocking([&] { result = wait_for_wake(waiter, deadline); });
  return result;
}

std::uint32_t futex_wake(std::uint32_t* word, std::uint32_t count, std::uint32_t bits) {
  std::uint32_t woken = 0;
  Bucket& bucket = bucket_of(word);
  const std::lock_guard guard(bucket.lock);
  Waiter* next = bucket.waiters.front();
  while (next != nullptr && woken < count) {
    Waiter& waiter = *next;
    next = bucket.waiters.after(waiter);
    if (waiter.word == word && (waiter.bits & bits) != 0) {
      wake_waiter(bucket, waiter);
      ++woken;
    }
  }
  return woken;
}

std::expected<std::uint32_t, Errno> futex_requeue(std::uint32_t* from, std::uint32_t wake,
                                                  std::uint32_t* to, std::uint32_t move,
                                                  const std::uint32_t* expected) {
  Bucket& source = bucket_of(from);
  Bucket& target = bucket_of(to);
  // Two locks in the order of their addresses, or one.
  std::unique_lock first(&source < &target ? source.lock : target.lock);
  std::unique_lock second(&source < &target ? target.lock : source.lock, std::defer_lock);
  if (&source != &target) {
    second.lock();
  }
  if (expected != nullptr && std::atomic_ref(*from).load() != *expected) {
    return std::unexpected(Errno::kAgain);
  }
  std::uint32_t woken = 0;
  std::uint32_t moved = 0;
  Waiter* next = source.waiters.front();
  while (next != nullptr) {
    Waiter& waiter = *next;
    next = source.waiters.after(waiter);
    if (waiter.word != from) {
      continue;
    }
    if (woken < wake) {
      wake_waiter(source, waiter);
      ++woken;
    } else if (moved < move && from != to) {
      source.waiters.remove(waiter);
      std::atomic_ref(waiter.word).store(to);
      enqueue(target, waiter);
      ++moved;
    }
  }
  return woken + moved;
}

}  // namespace tb::linux_abi
