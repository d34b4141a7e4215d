// What happened, in order: a digest of all, the last ones for a report, and a line each for a
// trace.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>

#include "base/cpu_id.h"

namespace tb::arch::sim {

enum class EventKind : std::uint8_t {
  kThread,      // runs from now on; its number
  kTimerArmed,  // when it is due
  kTimer,       // interrupt
  kIpiSent,     // to which CPU
  kIpiLost,     // to which CPU
  kIpi,         // interrupt
  kSleep,       // 1 if a word is watched
  kAwake,
  kStore,  // wakes which CPU
  kStall,  // how long
  kStarted,
  kMissing,  // a CPU that does not start
  kStopped,
};

struct Event {
  std::int64_t time;
  std::uint64_t argument;
  CpuId cpu;
  EventKind kind;
};

class Events {
 public:
  void add(const Event& event) {
    mix(static_cast<std::uint64_t>(event.time));
    mix(event.argument ^ std::uint64_t{index_of(event.cpu)} << 48 ^
        static_cast<std::uint64_t>(event.kind) << 40);
    last_[count_++ % kKept] = event;
  }

  // The host went on with that CPU.
  void add_turn(std::int64_t time, std::uint32_t cpu) {
    mix(static_cast<std::uint64_t>(time) * 1024 + cpu);
  }

  // Writes what has not been written. Often enough that none is overwritten before.
  void write_new(std::FILE* to);
  bool should_write() const { return count_ - written_ > kKept / 2; }

  // The last ones, again.
  void write_last(std::FILE* to, std::uint64_t most) const;

  std::uint64_t digest() const { return digest_; }

 private:
  static constexpr std::uint64_t kKept = 4096;

  void mix(std::uint64_t word) {
    digest_ = (digest_ ^ word) * 0x100000001b3u;
    digest_ ^= digest_ >> 32;
  }
  void write(std::FILE* to, std::uint64_t number) const;

  std::array<Event, kKept> last_{};
  std::uint64_t count_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325u;
};

}  // namespace tb::arch::sim
