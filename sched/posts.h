// What others have to say to a thread: that it is woken, or that a request hangs on it.
//
// Only the CPU that has a thread touches it. Anybody else notes what he wants in the thread's word
// of posts, and pushes the thread's link on the inbox of its home; one link serves for all that is
// posted until it is looked at. Whoever takes the link off an inbox takes what is posted, then
// deals with it, or sends it after a thread that has moved. Taking is one exchange, so a later post
// finds the word without a link and pushes it anew: nothing that was posted is left behind.
//
// A wake alone, for a CPU whose inbox is empty, does without: it is a note there, see inbox.h. What
// finds such a note deals with it just as if it had been posted.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/atomic.h"

namespace tb::sched {

// A lasting wake is remembered until somebody asks for just that, whatever parks it ends before: a
// library's wait would swallow a wake that was meant for the application's own park.
enum class WakeKind : std::uint8_t { kOrdinary, kLasting };

// Wakes that a thread has not taken note of yet; several count as one. Owner only.
class Wakes {
 public:
  constexpr Wakes() = default;
  constexpr explicit Wakes(WakeKind kind)
      : bits_(kind == WakeKind::kLasting ? kAny | kLasting : kAny) {}

  constexpr bool any() const { return (bits_ & kAny) != 0; }
  constexpr void add(Wakes others) { bits_ |= others.bits_; }

  // Of some: as a number from 1 to 3, and back.
  constexpr std::uint32_t note() const { return bits_; }
  static constexpr Wakes from_note(std::uint32_t note) { return Wakes(note); }

  // Whether there was a wake since the last call.
  constexpr bool take() {
    const bool woken = any();
    bits_ &= ~kAny;
    return woken;
  }

  // The same for lasting ones; takes the others, too.
  constexpr bool take_lasting() {
    const bool woken = (bits_ & kLasting) != 0;
    bits_ &= kToldToEnd;
    return woken;
  }

  // What is no wake but stands beside them, where each park looks: that the thread is to end, by
  // force, for good.
  constexpr void tell_to_end() { bits_ |= kToldToEnd; }
  constexpr bool told_to_end() const { return (bits_ & kToldToEnd) != 0; }

  // As take(), but true as well if the thread was told to end.
  constexpr bool take_or_end() {
    if ((bits_ & (kAny | kToldToEnd)) == 0) {
      return false;
    }
    bits_ &= ~kAny;
    return true;
  }

  // Forgets ordinary ones; whether there was nothing else, neither a lasting one nor that.
  constexpr bool forget_ordinary() {
    bits_ &= ~kAny;
    return bits_ == 0;
  }

 private:
  template <template <class> class AtomicType>
  friend class Posts;

  static constexpr std::uint8_t kAny = 1;
  static constexpr std::uint8_t kLasting = 2;
  static constexpr std::uint8_t kAll = kAny | kLasting;
  static constexpr std::uint8_t kToldToEnd = 8;

  constexpr explicit Wakes(std::uint32_t bits) : bits_(static_cast<std::uint8_t>(bits)) {}

  std::uint8_t bits_ = 0;
};

enum class Link { kMustBePushed, kIsUnderWay };

template <template <class> class AtomicType = Atomic>
class Posts {
 public:
  // Anybody, from interrupts too. What the poster has written before is visible to whoever takes.
  [[nodiscard]] Link post(Wakes wakes) {
    // acq_rel: the poster's writes; pairs with take() and take_wakes().
    const std::uint32_t before = word_.fetch_or(wakes.bits_ | kLinked, std::memory_order_acq_rel);
    return (before & kLinked) == 0 ? Link::kMustBePushed : Link::kIsUnderWay;
  }

  // The CPU that has taken the link off its inbox, before it reads anything of the thread's.
  Wakes take() {
    // acq_rel: pairs with post(). A read as well as a write: whoever has not pushed, for the link
    // was under way, is seen here.
    return Wakes(word_.exchange(0, std::memory_order_acq_rel) & Wakes::kAll);
  }

  // The owner of the thread: the wakes alone; a link that is under way stays so.
  Wakes take_wakes() {
    // Relaxed: only a first look; pairs with nothing.
    if (!has_wakes()) [[likely]] {
      return {};
    }
    // acquire: pairs with post().
    return Wakes(word_.fetch_and(~Wakes::kAll, std::memory_order_acquire) & Wakes::kAll);
  }

  // Whoever has taken them, while the thread is on its way to him: it finds them as it arrives.
  void leave_for_arrival(Wakes wakes) {
    if (wakes.bits_ != 0) {
      // release: pairs with take_wakes().
      word_.fetch_or(wakes.bits_, std::memory_order_release);
    }
  }

  // A guess: pairs with nothing, whoever must know takes.
  bool has_wakes() const { return (word_.load(std::memory_order_relaxed) & Wakes::kAll) != 0; }
  bool is_linked() const { return (word_.load(std::memory_order_relaxed) & kLinked) != 0; }

 private:
  static constexpr std::uint32_t kLinked = 4;

  AtomicType<std::uint32_t> word_{0};  // shared
};

}  // namespace tb::sched
