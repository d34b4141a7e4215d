// The life of one thread record in one word: which thread it is for, and who waits for its end.
// Every question names the thread by its generation, so an old id can neither find nor disturb the
// thread that has the record now.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "base/atomic.h"

namespace tb {

enum class JoinOutcome {
  kWait,   // the caller is the joiner now and will be woken
  kEnded,  // it has ended; the caller is the last one and frees the record
  kTaken,  // somebody joins it, or it is detached
  kNotFound,
};

enum class EndOutcome {
  kWakeJoiner,  // the joiner frees the record
  kFree,        // detached: the caller frees the record
  kKeep,        // until somebody joins or detaches
};

template <template <class> class AtomicType = Atomic>
class LifeWord {
 public:
  static constexpr std::uint32_t kMaxIndex = (1u << 28) - 1;

  struct End {
    EndOutcome outcome;
    std::uint32_t joiner;  // its record's index, if it is to be woken
  };

  // Whoever has just taken the free record: it is a thread's from here on. Returns the generation.
  std::uint32_t begin() {
    const std::uint64_t word = word_.load();
    expects(state_of(word) == State::kFree, "the record is free");
    const std::uint32_t generation = generation_of(word) + 1;
    // release: pairs with whoever is told the id, by the way he is told.
    word_.store(pack(generation, State::kJoinable, 0), std::memory_order_release);
    return generation;
  }

  // Anybody but the thread itself.
  JoinOutcome join(std::uint32_t generation, std::uint32_t joiner) {
    expects(joiner < kMaxIndex, "the joiner's index fits");
    std::uint64_t word = word_.load();
    const auto outcome = try_claim(word, generation, State::kJoined, joiner);
    return outcome ? *outcome : claim(generation, State::kJoined, joiner);
  }

  // The joiner, which waits no longer; false if the end has come: then it is the joiner still.
  bool give_up_join(std::uint32_t generation, std::uint32_t joiner) {
    std::uint64_t word = pack(generation, State::kJoined, joiner);
    return word_.compare_exchange_strong(word, pack(generation, State::kJoinable, 0));
  }

  // Anybody, the thread itself included.
  JoinOutcome detach(std::uint32_t generation) { return claim(generation, State::kDetached, 0); }

  // The CPU that has left the thread's stack for the last time. Unless it is told to free the
  // record, it must not touch it any more.
  End end() {
    std::uint64_t word = word_.load();
    while (!word_.compare_exchange_weak(
        word, pack(generation_of(word),
                   state_of(word) == State::kJoinable ? State::kEnded : State::kSettled, 0))) {
    }
    switch (state_of(word)) {
      case State::kJoined:
        return {EndOutcome::kWakeJoiner, joiner_of(word)};
      case State::kDetached:
        return {EndOutcome::kFree, 0};
      default:
        return {EndOutcome::kKeep, 0};
    }
  }

  // The CPU that the thread ends on, before it leaves the stack: the joiner, or kNobody if there is
  // none. While that is parked here, nobody else changes the word.
  static constexpr std::uint32_t kNobody = kMaxIndex;
  std::uint32_t joiner() const {
    // acquire: pairs with the exchange in claim().
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    return state_of(word) == State::kJoined ? joiner_of(word) : kNobody;
  }

  // As end(), where there is a joiner and it was woken.
  void end_joined() {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);  // pairs with nothing: ours
    expects(state_of(word) == State::kJoined, "somebody waits for the end");
    // release: the thread's last writes; pairs with the load in has_ended().
    word_.store(pack(generation_of(word), State::kSettled, 0), std::memory_order_release);
  }

  // Before that: whether somebody frees the record as soon as the thread has ended.
  bool is_awaited() const {
    // Relaxed: a guess; pairs with nothing.
    return state_of(word_.load(std::memory_order_relaxed)) != State::kJoinable;
  }

  // Whether end_joined() was called.
  bool is_settled() const {
    // Relaxed: pairs with nothing, it was this CPU.
    return state_of(word_.load(std::memory_order_relaxed)) == State::kSettled;
  }

  // The joiner, after it was woken: whether the end has come.
  bool has_ended(std::uint32_t generation) const {
    const std::uint64_t word = word_.load();
    return generation_of(word) == generation && state_of(word) == State::kSettled;
  }

  // Whether it has ended, and the record is kept for whoever joins it.
  bool is_over(std::uint32_t generation) const {
    const std::uint64_t word = word_.load();
    return generation_of(word) == generation &&
           (state_of(word) == State::kEnded || state_of(word) == State::kSettled);
  }

  // Whether nobody will join it, if it lives.
  bool is_detached() const { return state_of(word_.load()) == State::kDetached; }

  // Whoever frees the record; the id finds nothing from here on.
  void release() {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);  // pairs with nothing: ours
    // release: pairs with the loads of those who have an old id.
    word_.store(pack(generation_of(word), State::kFree, 0), std::memory_order_release);
  }

  // Of the thread that has the record, or had it last.
  std::uint32_t generation() const { return generation_of(word_.load()); }

  // Whether the id is that of a thread that runs or has not been joined yet.
  bool is(std::uint32_t generation) const {
    const std::uint64_t word = word_.load();
    return generation_of(word) == generation && state_of(word) != State::kFree;
  }

 private:
  enum class State : std::uint8_t {
    kFree,
    kJoinable,
    kJoined,    // runs; its joiner will free the record
    kDetached,  // runs; the CPU it ends on will free the record
    kEnded,     // waits for somebody to join or detach it
    kSettled,   // has ended, and somebody has been told to free the record
  };

  static constexpr std::uint64_t pack(std::uint32_t generation, State state, std::uint32_t joiner) {
    return std::uint64_t{generation} << 32 | static_cast<std::uint64_t>(state) << 28 | joiner;
  }
  static constexpr std::uint32_t generation_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> 32);
  }
  static constexpr State state_of(std::uint64_t word) {
    return static_cast<State>((word >> 28) & 0xf);
  }
  static constexpr std::uint32_t joiner_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word & kMaxIndex);
  }

  // One attempt, `word` being what was seen there; nothing, and what is there now, if it is neither
  // or has changed.
  std::optional<JoinOutcome> try_claim(std::uint64_t& word, std::uint32_t generation, State wanted,
                                       std::uint32_t joiner) {
    if (word == pack(generation, State::kJoinable, 0) &&
        word_.compare_exchange_strong(word, pack(generation, wanted, joiner))) {
      return JoinOutcome::kWait;
    }
    if (word == pack(generation, State::kEnded, 0) &&
        word_.compare_exchange_strong(word, pack(generation, State::kSettled, 0))) {
      return JoinOutcome::kEnded;
    }
    return std::nullopt;
  }

  [[gnu::noinline]] JoinOutcome claim(std::uint32_t generation, State wanted,
                                      std::uint32_t joiner) {
    std::uint64_t word = word_.load();
    for (;;) {
      if (const auto outcome = try_claim(word, generation, wanted, joiner)) {
        return *outcome;
      }
      if (generation_of(word) != generation || state_of(word) == State::kFree) {
        return JoinOutcome::kNotFound;
      }
      if (state_of(word) != State::kJoinable && state_of(word) != State::kEnded) {
        return JoinOutcome::kTaken;
      }
    }
  }

  AtomicType<std::uint64_t> word_{0};  // shared
};

}  // namespace tb
