// What processes are called by: a number for ever, the user they belong to, and what they are
// doing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/format.h"

namespace tb {

// As a thread's. The first process, whose threads are all that belong to no other, has 0 twice.
struct ProcessId {
  std::uint32_t index = 0xffffffff;  // of its record
  std::uint32_t generation = 0;      // how often that was used before

  bool operator==(const ProcessId&) const = default;
};

inline constexpr ProcessId kFirstProcess{.index = 0, .generation = 0};

inline void append_text(TextSink sink, const ProcessId& id) {
  format_to(sink, "{}.{}", id.index, id.generation);
}

// On whose behalf a process runs; whose limits hold for it. The first process is user 0's.
enum class UserId : std::uint32_t {};

inline constexpr UserId kFirstUser{0};

inline void append_text(TextSink sink, UserId user) {
  format_to(sink, "{}", static_cast<std::uint32_t>(user));
}

enum class ProcessState : std::uint8_t {
  kRunning,     // one of its threads runs or is ready, or none has begun
  kWaiting,     // all of its threads wait for something
  kStopped,     // its threads stand still until it is told to go on
  kEnding,      // its threads have been told to end
  kTerminated,  // it has none any more; somebody may wait for its end still
};

constexpr std::string_view name_of(ProcessState state) {
  switch (state) {
    case ProcessState::kRunning:
      return "running";
    case ProcessState::kWaiting:
      return "waiting";
    case ProcessState::kStopped:
      return "stopped";
    case ProcessState::kEnding:
      return "ending";
    case ProcessState::kTerminated:
      return "terminated";
  }
  return "?";
}

}  // namespace tb
