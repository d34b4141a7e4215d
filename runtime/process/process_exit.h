// How a process has ended, in one word that its threads may want to write at the same time.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/atomic.h"

namespace tb {

// Who of them is heard: the first that says exit(); if nobody does, the main function's return.
enum class ExitVoice : std::uint8_t { kNobody, kMainFunction, kExit };

constexpr std::uint64_t exit_word(ExitVoice voice, int value) {
  return static_cast<std::uint64_t>(voice) << 32 | static_cast<std::uint32_t>(value);
}
constexpr ExitVoice voice_of(std::uint64_t word) { return static_cast<ExitVoice>(word >> 32); }
constexpr int value_of(std::uint64_t word) {
  return static_cast<int>(static_cast<std::uint32_t>(word));
}

// False if somebody else is heard.
template <class AtomicWord>
bool note_exit(AtomicWord& word, ExitVoice voice, int value) {
  std::uint64_t noted = word.load();
  while (voice_of(noted) < voice) {
    if (word.compare_exchange_weak(noted, exit_word(voice, value))) {
      return true;
    }
  }
  return false;
}

}  // namespace tb
