// What lies on a new thread's stack, from the top downwards: what the language library wants, what
// is run, with which closure, and then the thread's frames.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "arch/annotations.h"
#include "arch/context.h"
#include "base/units.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/program.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"
#include "runtime/thread_record.h"

namespace tb::detail {

// What a thread does first.
struct Beginning {
  Entry run;
  void* closure;
};

// Where every thread of tb::spawn() begins, on its own stack, and ends; the argument is a
// Beginning.
void run_thread(void* argument);

// The next place downwards for something of that size.
inline std::byte* place_below(std::byte* end, std::size_t size, std::size_t alignment) {
  const auto place = reinterpret_cast<std::uintptr_t>(end) - size;
  return reinterpret_cast<std::byte*>(align_down(place, std::max<std::size_t>(alignment, 16)));
}

// A large closure, or many thread_local variables, make the stack larger; what the thread asked for
// stays its own.
inline std::size_t stack_size(std::size_t wanted, const Closure& closure,
                              const ThreadBlock& block) {
  constexpr std::size_t kSmall = 4 * kKiB;
  const std::size_t more = closure.size + closure.alignment + block.size + block.alignment;
  return more > kSmall && wanted <= StackPool::kMaximumSize ? wanted + more : wanted;
}

// The stack is the record's already. Does not block.
[[gnu::always_inline]] inline void prepare(ThreadRecord& record, const Closure& closure,
                                           const ThreadBlock& block) {
  arch::stack_begins(record.stack.bytes());
  std::byte* end = record.stack.top();
  std::uintptr_t thread_pointer = 0;
  if (block.size > 0) {
    end = place_below(end, block.size, block.alignment);
    thread_pointer = make_thread_block(end, record.library_number(), record.stack.bytes());
  }
  std::byte* const begin = place_below(end, sizeof(Beginning), alignof(Beginning));
  std::byte* const moved = place_below(begin, closure.size, closure.alignment);
  closure.move_to(moved, closure.source);
  arch::make_context(record.context, {record.stack.lowest, moved}, run_thread,
                     new (begin) Beginning{.run = closure.run, .closure = moved}, thread_pointer);
}

}  // namespace tb::detail
