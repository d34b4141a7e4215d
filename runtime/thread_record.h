// All that the runtime keeps for one thread. Records are never given back to the machine, only to
// the next thread, so a stale pointer or id finds a record, though maybe another thread's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "arch/context.h"
#include "base/atomic.h"
#include "runtime/life_word.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/thread_id.h"
#include "sched/entity.h"

namespace tb {

inline constexpr std::size_t kMaxThreadName = 31;

struct ThreadRecord : sched::Entity {
  // What every turn of the thread touches ends with this: home CPU only, and the switch.
  arch::Context context{};

  // The thread itself; its spawner before, its joiner after.
  void (*run)(void* closure) = nullptr;
  void* closure = nullptr;
  void (*release_stack)(ThreadRecord& thread) = nullptr;  // called when nobody stands on it

  // Shared. Not beside the context: who wakes the thread from another CPU looks at it.
  alignas(kCacheLineSize) LifeWord<> life;

  Stack stack;
  ThreadRecord* next_spare = nullptr;  // while it is free: in its chain, see SpareList
  std::array<char, kMaxThreadName + 1> name{};

  // What a C library wants to be done for the thread; the thread itself, and who releases its
  // stack.
  struct LibraryState {
    std::uint32_t* clear_at_end = nullptr;  // set to zero and woken when the thread has gone
    void* robust_list = nullptr;            // of the locks it may die with
    std::uint64_t signal_mask = 0;
  } library;

  Atomic<std::uint64_t> pending_signals{0};  // shared: of the C library's kind
  Atomic<std::uint32_t> free_link{0};        // shared: while it is the first of a free chain
  std::uint32_t chain_length = 0;            // likewise

  std::uint32_t index = 0;  // constant after the record was made

  ThreadId id() const { return {index, generation}; }

  // The C library's number for the thread; zero is none.
  std::uint32_t library_number() const { return index + 1; }
  std::string_view name_text() const { return name.data(); }
};

}  // namespace tb
