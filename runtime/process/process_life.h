// The life of one process record in one word: which process it is for, how far that is, and whether
// somebody waits for its end. As a thread's (runtime/life_word.h), whoever asks names the process
// by its generation.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "base/atomic.h"

namespace tb {

enum class ProcessPhase : std::uint8_t {
  kFree,
  kRunning,
  kStopped,
  kEnding,      // its threads have been told to end
  kTerminated,  // without threads; kept until somebody has waited for it
};

enum class ProcessEvent : std::uint8_t {
  kStop,
  kContinue,
  kToldToEnd,
  kLastThreadLeft,
  kWaitedFor,
};

inline constexpr std::size_t kProcessPhases = 5;
inline constexpr std::size_t kProcessEvents = 5;

// Nothing where that cannot happen.
constexpr std::optional<ProcessPhase> phase_after(ProcessPhase phase, ProcessEvent event) {
  using enum ProcessPhase;
  using Row = std::array<std::optional<ProcessPhase>, kProcessEvents>;
  constexpr std::nullopt_t kNo = std::nullopt;
  constexpr std::array<Row, kProcessPhases> kTable = {{
      // kStop, kContinue, kToldToEnd, kLastThreadLeft, kWaitedFor
      {kNo, kNo, kNo, kNo, kNo},                        // kFree
      {kStopped, kRunning, kEnding, kTerminated, kNo},  // kRunning
      {kStopped, kRunning, kEnding, kTerminated, kNo},  // kStopped
      {kNo, kNo, kEnding, kTerminated, kNo},            // kEnding
      {kNo, kNo, kNo, kNo, kFree},                      // kTerminated
  }};
  return kTable[static_cast<std::size_t>(phase)][static_cast<std::size_t>(event)];
}

template <template <class> class AtomicType = Atomic>
class ProcessLife {
 public:
  // What has become of an event, or of the wish that nobody waits.
  struct Outcome {
    bool is_found;  // the process is there, or waits to be waited for
    bool has_happened;
    ProcessPhase before;
    bool is_free;  // whoever asked frees the record
  };

  // Whoever has just taken the free record. Returns the generation.
  std::uint32_t begin() {
    const std::uint64_t word = word_.load();
    expects(phase_of(word) == ProcessPhase::kFree, "the record is free");
    const std::uint32_t generation = generation_of(word) + 1;
    word_.store(pack(generation, ProcessPhase::kRunning, false));
    return generation;
  }

  Outcome happen(std::uint32_t generation, ProcessEvent event) {
    std::uint64_t word = word_.load();
    for (;;) {
      const ProcessPhase before = phase_of(word);
      if (generation_of(word) != generation || before == ProcessPhase::kFree) {
        return {};
      }
      std::optional<ProcessPhase> after = phase_after(before, event);
      if (!after) {
        return {.is_found = true, .has_happened = false, .before = before, .is_free = false};
      }
      if (*after == ProcessPhase::kTerminated && is_detached(word)) {
        after = ProcessPhase::kFree;
      }
      if (word_.compare_exchange_weak(word, pack(generation, *after, is_detached(word)))) {
        return {.is_found = true,
                .has_happened = true,
                .before = before,
                .is_free = *after == ProcessPhase::kFree};
      }
    }
  }

  // Nobody will wait for its end.
  Outcome detach(std::uint32_t generation) {
    std::uint64_t word = word_.load();
    for (;;) {
      const ProcessPhase before = phase_of(word);
      if (generation_of(word) != generation || before == ProcessPhase::kFree) {
        return {};
      }
      const bool is_over = before == ProcessPhase::kTerminated;
      if (word_.compare_exchange_weak(
              word, pack(generation, is_over ? ProcessPhase::kFree : before, true))) {
        return {.is_found = true, .has_happened = true, .before = before, .is_free = is_over};
      }
    }
  }

  // Of the process that has the record, or had it last.
  std::uint32_t generation() const { return generation_of(word_.load()); }
  ProcessPhase phase() const { return phase_of(word_.load()); }
  bool is_detached() const { return is_detached(word_.load()); }

  bool is(std::uint32_t generation) const {
    const std::uint64_t word = word_.load();
    return generation_of(word) == generation && phase_of(word) != ProcessPhase::kFree;
  }

 private:
  static constexpr std::uint64_t kDetached = 1U << 8;

  static constexpr std::uint64_t pack(std::uint32_t generation, ProcessPhase phase,
                                      bool is_detached) {
    return std::uint64_t{generation} << 32 | (is_detached ? kDetached : 0) |
           static_cast<std::uint64_t>(phase);
  }
  static constexpr std::uint32_t generation_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> 32);
  }
  static constexpr ProcessPhase phase_of(std::uint64_t word) {
    return static_cast<ProcessPhase>(word & 0xff);
  }
  static constexpr bool is_detached(std::uint64_t word) { return (word & kDetached) != 0; }

  AtomicType<std::uint64_t> word_{0};  // shared
};

}  // namespace tb
