// What is on a stack, by the chain of frame pointers.
//
// The runtime's functions that are inlined into an application's look like that one's. So they
// leave nothing half done with preemption on but what is a reason to stay (no_termination.h).
#include "runtime/forced_end.h"

#include <chrono>
#include <initializer_list>

#include "arch/clock.h"
#include "arch/fault.h"
#include "runtime/preemption.h"
#include "runtime/symbols.h"
#include "runtime/thread_life.h"

namespace tb {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(1);

// Whether it is the frame of run_thread(), where the chain ends.
bool is_first(std::uintptr_t frame_pointer) {
  const arch::Frame frame = arch::frame_at(frame_pointer);
  return frame.return_address != 0 && frame.frame_pointer == 0;
}

// A function that has no frame yet, or none any more, hides from the chain who has called it: that
// is the word at the stack pointer, or the next one.
bool may_hide_its_caller(const arch::Interrupted& found) {
  constexpr std::uintptr_t kWord = sizeof(std::uintptr_t);
  for (const std::uintptr_t place : {found.stack_pointer, found.stack_pointer + kWord}) {
    const bool is_in_chain = place == found.frame_pointer + kWord;
    if (!is_in_chain && is_in_other_code(*reinterpret_cast<const std::uintptr_t*>(place))) {
      return true;
    }
  }
  return false;
}

bool only_the_application_is_on(const arch::Interrupted& found) {
  if (!is_in_application(found.instruction) || may_hide_its_caller(found)) {
    return false;
  }
  std::uintptr_t frame_pointer = found.frame_pointer;
  for (;;) {
    const arch::Frame frame = arch::frame_at(frame_pointer);
    if (frame.frame_pointer <= frame_pointer) {
      return false;
    }
    if (!is_in_application(frame.return_address)) {
      return is_first(frame.frame_pointer);
    }
    frame_pointer = frame.frame_pointer;
  }
}

// What the C library has for the thread, and who holds its locks, nobody here knows.
bool has_library(const ThreadRecord& thread) {
  return arch::thread_pointer_of(thread.context) != 0;
}

}  // namespace

[[gnu::cold]] void look_again_soon() { arm_timer(this_cpu(), after(arch::now(), kLookAgain)); }

[[gnu::cold]] void end_where_found(const arch::Interrupted* found) {
  if (found != nullptr && must_end() && !has_library(current_thread()) &&
      only_the_application_is_on(*found)) {
    let_go_of_the_cpu();
    end_without_return();
  }
  look_again_soon();
}

}  // namespace tb
