// An end of a ring of slots: where values are put in, or where they are taken out. Each end has a
// line of the cache for itself, so one who sends and one who receives at the same time meet in the
// slots alone, and look at the other end only when what they know of it is used up.
//
//   position          so many have gone through, in multiples of kUnit
//   position | held   somebody goes through; all others at this end spin
//   position | shut   nobody goes through: the channel's lock guards both ends and the slots
//
// To go through takes one exchange, which holds the end, and a store, which moves it on and so
// hands the slot over to the other end. Whoever begins to wait shuts both ends before, under the
// channel's lock, and they stay shut while anybody waits. So nobody who goes through has to look
// whether he has to wake somebody, and nobody goes past those who wait.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/atomic.h"
#include "base/cache_line.h"

namespace tb {

enum class Passage : std::uint8_t {
  kFree,
  kBarred,  // by the other end: there is no room, or no value
  kShut,
};

// What one at a time touches; tests put another type in its place, which sees whether that is so.
template <class T>
class GuardedData {
 public:
  explicit GuardedData(T value) : value_(value) {}
  T read() const { return value_; }
  void write(T value) { value_ = value; }

 private:
  T value_;
};

// `relax` is called between two looks at an end that is held.
template <void (*relax)(), template <class> class AtomicType = Atomic,
          template <class> class DataType = GuardedData>
class RingEnd {
 public:
  // Shut. It may be `lead` ahead of the other end: all slots where values are put in, else none.
  RingEnd(std::size_t slots, std::size_t lead) : lead_(lead * kUnit), slots_(slots) {}
  RingEnd(const RingEnd&) = delete;
  RingEnd& operator=(const RingEnd&) = delete;

  // Holds it until leave() if the passage is free: slot() is the caller's then. Preemption is off.
  [[gnu::always_inline]] Passage enter(const RingEnd& other) {
    std::uint64_t before = look();
    do {
      while ((before & kHeld) != 0) {
        relax();
        before = look();
      }
      if ((before & kShut) != 0) {
        return Passage::kShut;
      }
    } while (!try_mark(before, kHeld));
    if (before == limit_.read()) [[unlikely]] {
      const std::uint64_t limit = other.position() + lead_;
      limit_.write(limit);
      if (before == limit) {
        // release: pairs with the acquire of the next one who holds or shuts it, for the limit.
        word_.store(before, std::memory_order_release);
        return Passage::kBarred;
      }
    }
    return Passage::kFree;
  }

  // By whoever is in, and has filled or emptied the slot; `who` it was is for last_one().
  [[gnu::always_inline]] void leave(const void* who) {
    note(who);
    next_slot();
    // release: pairs with the acquire in position() and in try_mark(), for the slot and the limit.
    word_.store(look() - kHeld + kUnit, std::memory_order_release);
  }

  // Whether it could be entered, but for being shut; old news when it returns.
  bool seems_free(const RingEnd& other) const {
    return (look() | kTags) != ((other.look() + lead_) | kTags);
  }

  // Who has gone through last; null if nobody has.
  const void* last_one() const {
    // Relaxed: only a guess, pairs with nothing.
    return last_one_.load(std::memory_order_relaxed);
  }

  // --- Under the channel's lock

  // Once nobody is in, nobody enters any more.
  void shut() {
    std::uint64_t before = look();
    do {
      while ((before & kHeld) != 0) {
        relax();
        before = look();
      }
    } while (!try_mark(before, kShut));
  }

  void open(const RingEnd& other) {
    limit_.write(other.position() + lead_);
    // release: pairs with the acquire in try_mark(), for all that happened while it was shut.
    word_.store(look() - kShut, std::memory_order_release);
  }

  bool is_shut() const { return (look() & kShut) != 0; }

  // Of one that is shut: the slot has been filled or emptied.
  void pass(const void* who) {
    note(who);
    next_slot();
    // Relaxed: pairs with nothing, the lock guards it until open().
    word_.store(look() + kUnit, std::memory_order_relaxed);
  }
  // The line is left to whoever reads it if there is nothing new.
  void note(const void* who) {
    if (last_one() != who) {
      // Relaxed: pairs with nothing, as in last_one().
      last_one_.store(who, std::memory_order_relaxed);
    }
  }

  // The slot that is the next to be filled or emptied.
  std::size_t slot() const { return slot_.read(); }

  // By how many it is ahead of the other one; of two that are not shut old news when it returns.
  std::size_t ahead_of(const RingEnd& other) const {
    const std::uint64_t behind = other.position();
    return static_cast<std::size_t>((position() - behind) / kUnit);
  }

 private:
  static constexpr std::uint64_t kHeld = 1;
  static constexpr std::uint64_t kShut = 2;
  static constexpr std::uint64_t kTags = kHeld | kShut;
  static constexpr std::uint64_t kUnit = 4;

  // Relaxed: pairs with nothing, it is a guess, or the caller is in.
  std::uint64_t look() const { return word_.load(std::memory_order_relaxed); }

  // What has gone through here is visible.
  std::uint64_t position() const {
    // acquire: pairs with the release in leave() and open().
    return word_.load(std::memory_order_acquire) & ~kTags;
  }

  // If not, `before` is what stands there instead.
  [[gnu::always_inline]] bool try_mark(std::uint64_t& before, std::uint64_t mark) {
    // acquire: pairs with the release in enter(), leave() and open(). Relaxed on failure: pairs
    // with nothing, it is tried again.
    return word_.compare_exchange_weak(before, before | mark, std::memory_order_acquire,
                                       std::memory_order_relaxed);
  }

  void next_slot() {
    const std::size_t next = slot() + 1;
    slot_.write(next == slots_ ? 0 : next);
  }

  alignas(kCacheLineSize) AtomicType<std::uint64_t> word_{kShut};  // shared
  AtomicType<const void*> last_one_{nullptr};  // shared; written by whoever is in
  const std::uint64_t lead_;
  const std::size_t slots_;

  // Who is in, or has the lock of one that is shut.
  DataType<std::uint64_t> limit_{0};  // cannot be entered at this position, as far as is known
  DataType<std::size_t> slot_{0};
};

}  // namespace tb
