// Reasons why a thread is not ended by force at present: what it has on its stack must not be
// dropped. Each mutex that it has is one.
#pragma once

#include <cstdint>

#include "arch/cpu.h"
#include "runtime/thread_record.h"

namespace tb {

namespace detail {

// By the thread itself, which it returns; one more, one less.
[[gnu::always_inline]] inline ThreadRecord& begin_to_stay() {
  auto& self = *static_cast<ThreadRecord*>(arch::current());
  ++self.reasons_to_stay;
  return self;
}
[[gnu::always_inline]] inline void end_to_stay() {
  --static_cast<ThreadRecord*>(arch::current())->reasons_to_stay;
}

// The same in two steps, for who must not read memory in between: how many are left, and that they
// are.
[[gnu::always_inline]] inline std::uint32_t reasons_left_of(const ThreadRecord& self) {
  return self.reasons_to_stay - 1;
}
[[gnu::always_inline]] inline void end_to_stay(ThreadRecord& self, std::uint32_t reasons_left) {
  self.reasons_to_stay = reasons_left;
}

// For one that has just tried to lock a mutex.
[[gnu::always_inline]] inline bool stay_if(bool has_it) {
  if (has_it) {
    begin_to_stay();
  }
  return has_it;
}

}  // namespace detail

// For a scope: its thread is not ended by force. For who waits while there is anything on its stack
// that must not be dropped; from threads only.
class [[nodiscard]] NoTermination {
 public:
  NoTermination() { detail::begin_to_stay(); }
  ~NoTermination() { detail::end_to_stay(); }
  NoTermination(const NoTermination&) = delete;
  NoTermination& operator=(const NoTermination&) = delete;
};

}  // namespace tb
