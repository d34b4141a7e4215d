// The one word of a synchronisation object: its value while nobody waits; from then on the first of
// those who wait, who has the value meanwhile. So an object is as small as a pointer, and what a
// queue needs lies on the stacks of those who stand in it.
//
//   value            nobody waits, and nobody looks at it
//   first | waited   the ring of waiters, in the order in which they are to go
//   ...   | locked   somebody looks at the value and the ring; all others spin
//
// Values are multiples of kUnit. Who holds the lock has preemption off and holds it for a few
// instructions; while nobody waits, one exchange of the word is all.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/assert.h"
#include "base/atomic.h"

namespace tb {

// A waiter's place in the ring, and what the first one keeps. Guarded by the word's lock.
template <class Waiter>
struct WaitHook {
  Waiter* next = nullptr;  // null if it stands in no ring
  Waiter* previous = nullptr;
  std::uintptr_t value = 0;  // the object's, while this is the first
};

// `relax` is called between two looks at a word that is locked.
template <class Waiter, WaitHook<Waiter> Waiter::* Hook, void (*relax)(),
          template <class> class AtomicType = Atomic>
class WaitWord {
 public:
  static constexpr std::uintptr_t kUnit = 4;

  constexpr explicit WaitWord(std::uintptr_t value) : word_(value) {}
  WaitWord(const WaitWord&) = delete;
  WaitWord& operator=(const WaitWord&) = delete;
  ~WaitWord() {
    // Relaxed: pairs with nothing, whoever destroys it is the last one who knows it.
    expects((word_.load(std::memory_order_relaxed) & kTagged) == 0,
            "nobody waits for a synchronisation object that is destroyed");
  }

  // The value, if nobody waits for it now and nobody is looking at it; else some number that is no
  // multiple of kUnit. What was written before it was released is visible.
  std::uintptr_t load() const {
    // acquire: pairs with the release in try_replace() and in unlock().
    return word_.load(std::memory_order_acquire);
  }

  // Whether that is the value.
  static constexpr bool is_value(std::uintptr_t seen) { return (seen & kTagged) == 0; }

  // The value, whoever waits. Preemption is off.
  std::uintptr_t value() {
    const std::uintptr_t seen = load();
    return is_value(seen) ? seen : Locked(*this).value();
  }

  // The same, but does not wait for whoever is looking at it; false if somebody is, or about to.
  // Preemption is off.
  bool try_read(std::uintptr_t& value) {
    std::uintptr_t seen = load();
    if (is_value(seen)) {
      value = seen;
      return true;
    }
    if ((seen & kLocked) != 0 || !try_lock(seen)) {
      return false;
    }
    value = (reinterpret_cast<Waiter*>(seen & ~kTagged)->*Hook).value;
    unlock(seen);
    return true;
  }

  // Replaces the value where nobody waits; false, and nothing done, if it is another one or
  // somebody waits. All that happened before the value came there is visible afterwards.
  [[gnu::always_inline]] bool try_replace(std::uintptr_t from, std::uintptr_t to) {
    // acquire and release: pair with each other, and with lock() and unlock(). Relaxed on failure:
    // pairs with nothing, it is tried otherwise.
    return word_.compare_exchange_strong(from, to, std::memory_order_acq_rel,
                                         std::memory_order_relaxed);
  }

  // The value and the ring, for a few instructions. Preemption is off meanwhile.
  class Locked {
   public:
    explicit Locked(WaitWord& word) : word_(word) {
      const std::uintptr_t before = word_.lock();
      if ((before & kWaited) != 0) {
        first_ = reinterpret_cast<Waiter*>(before & ~kTagged);
        value_ = (first_->*Hook).value;
      } else {
        value_ = before;
      }
    }
    ~Locked() {
      std::uintptr_t after = value_;
      if (first_ != nullptr) {
        (first_->*Hook).value = value_;
        after = reinterpret_cast<std::uintptr_t>(first_) | kWaited;
      }
      word_.unlock(after);
    }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

    std::uintptr_t value() const { return value_; }
    void set_value(std::uintptr_t value) {
      expects(value % kUnit == 0, "the value leaves room for the word's own bits");
      value_ = value;
    }

    // The next to go; null if nobody waits.
    Waiter* first() const { return first_; }
    Waiter* last() const { return first_ != nullptr ? (first_->*Hook).previous : nullptr; }

    static bool is_queued(const Waiter& waiter) { return (waiter.*Hook).next != nullptr; }

    // Behind all others that it does not precede. O(n) for one that precedes many.
    template <class Precedes>
    void insert(Waiter& waiter, Precedes precedes) {
      expects(!is_queued(waiter), "the waiter stands in no ring yet");
      if (first_ == nullptr) {
        (waiter.*Hook).next = (waiter.*Hook).previous = first_ = &waiter;
        return;
      }
      Waiter* before = last();
      while (precedes(waiter, *before)) {
        if (before == first_) {
          link_behind(*last(), waiter);
          first_ = &waiter;
          return;
        }
        before = (before->*Hook).previous;
      }
      link_behind(*before, waiter);
    }

    void remove(Waiter& waiter) {
      expects(is_queued(waiter), "the waiter stands in the ring");
      WaitHook<Waiter>& hook = waiter.*Hook;
      if (&waiter == first_) {
        first_ = hook.next == &waiter ? nullptr : hook.next;
      }
      (hook.next->*Hook).previous = hook.previous;
      (hook.previous->*Hook).next = hook.next;
      hook.next = hook.previous = nullptr;
    }

   private:
    static void link_behind(Waiter& before, Waiter& waiter) {
      Waiter* const after = (before.*Hook).next;
      (waiter.*Hook).previous = &before;
      (waiter.*Hook).next = after;
      (before.*Hook).next = (after->*Hook).previous = &waiter;
    }

    WaitWord& word_;
    std::uintptr_t value_ = 0;
    Waiter* first_ = nullptr;
  };

 private:
  static constexpr std::uintptr_t kLocked = 1;
  static constexpr std::uintptr_t kWaited = 2;
  static constexpr std::uintptr_t kTagged = kLocked | kWaited;

  std::uintptr_t lock() {
    std::uintptr_t before = look();
    for (;;) {
      if ((before & kLocked) != 0) {
        relax();
        before = look();
      } else if (try_lock(before)) {
        return before;
      }
    }
  }

  // Relaxed: only a guess; the exchange below pairs with unlock().
  std::uintptr_t look() const { return word_.load(std::memory_order_relaxed); }

  // If not, `before` is what stands there instead.
  bool try_lock(std::uintptr_t& before) {
    // acquire: pairs with the release in unlock() and in try_replace(). Relaxed on failure: pairs
    // with nothing, it is tried again.
    return word_.compare_exchange_weak(before, before | kLocked, std::memory_order_acquire,
                                       std::memory_order_relaxed);
  }

  void unlock(std::uintptr_t after) {
    // release: pairs with the acquire in lock(), load() and try_replace().
    word_.store(after, std::memory_order_release);
  }

  AtomicType<std::uintptr_t> word_;  // shared
};

}  // namespace tb
