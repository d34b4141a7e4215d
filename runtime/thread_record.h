// All that the runtime keeps for one thread. Records are never given back to the machine, only to
// the next thread, so a stale pointer or id finds a record, though maybe another thread's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "arch/context.h"
#include "base/atomic.h"
#include "runtime/exit_handler.h"
#include "runtime/life_word.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/spin_lock.h"
#include "runtime/thread_id.h"
#include "sched/entity.h"

namespace tb {

class ThreadGroup;

inline constexpr std::size_t kMaxThreadName = 31;

// What few threads have: a name, less than all CPUs, a C library, a process of their own. See
// ThreadTable::details_of().
struct ThreadDetails : sched::EntityDetails {
  // The thread itself with preemption off, or its home; its spawner before, its joiner after.
  std::array<char, kMaxThreadName + 1> name;

  // What a C library wants to be done for the thread; the thread itself, and who releases its
  // stack.
  struct LibraryState {
    std::uint32_t* clear_at_end;  // set to zero and woken when the thread has gone
    void* robust_list;            // of the locks it may die with
    std::uint64_t signal_mask;
  } library;

  ExitHandler* exit_handlers;  // the last one; the thread itself

  // Shared: its process, if that is not the first one. Whoever makes the thread; who finishes it.
  Atomic<ThreadGroup*> group;
};

static_assert(sizeof(ThreadDetails) <= 512, "they take a power of two, and eight share a page");

struct ThreadRecord;

namespace detail {
struct Lender;
}

// The half of a record whose lines its turns leave alone: who wakes a thread from another CPU looks
// at its life, and at the beginning of the entity behind.
struct ThreadLife {
  LifeWord<> life;  // shared

  // The thread itself; its spawner before, its joiner after. A free record may keep a stack of the
  // pool's.
  Stack stack;
  void (*release_stack)(ThreadRecord& thread) = nullptr;  // of one that is not the pool's
  ThreadRecord* next_spare = nullptr;  // while it is free: in its chain, see SpareList

  Atomic<std::uint64_t> pending_signals{0};  // shared: of the C library's kind
  Atomic<std::uint32_t> free_link{0};        // shared: while it is the first of a free chain
  std::uint32_t chain_length = 0;            // likewise

  std::uint32_t index = 0;  // constant after the record was made

  // Shared, in the first of those whose details share a page: it is there, and was made zeros.
  Atomic<bool> details_page_is_ready{false};

  SpinLock lending_lock;

  // Of one that has a group. Shared: its nice value without the process's share; whoever makes the
  // thread, or has it scheduled.
  Atomic<std::int8_t> own_nice{0};
  bool resizes_block = false;  // the thread itself, see runtime/process/heap_books.cc
};

struct alignas(kCacheLineSize) ThreadRecord : ThreadLife, sched::Entity {
  // What every turn of the thread touches ends with this: home CPU only, and the switch.
  arch::Context context{};

  // See runtime/sync/lending.h. Guarded by the lending lock; the second one is also looked at
  // without, to see whether it is null.
  detail::Lender* first_lender = nullptr;    // the most urgent one that lends to this thread
  Atomic<detail::Lender*> waiting{nullptr};  // while it waits for a mutex

  ThreadId id() const { return {index, generation}; }

  // The C library's number for the thread; zero is none.
  std::uint32_t library_number() const { return index + 1; }

  // Null if it has none.
  ThreadDetails* find_details() const { return static_cast<ThreadDetails*>(details.load()); }
  std::string_view name_text() const {
    const ThreadDetails* const found = find_details();
    return found != nullptr ? found->name.data() : "";
  }
};

static_assert(sizeof(ThreadLife) <= kCacheLineSize && alignof(sched::Entity) == kCacheLineSize,
              "the two halves do not share a line");

// Of a machine; others, of which nobody wants so many, keep more in a context.
static_assert(sizeof(ThreadRecord) == 4 * kCacheLineSize || sizeof(arch::Context) > 32,
              "a line more is one for each thread");

}  // namespace tb
