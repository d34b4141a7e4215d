// What the compiler expects of the language's own library: ends, destructors, one-time variables.
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/upcalls.h"
#include "base/format.h"
#include "runtime/no_termination.h"
#include "runtime/panic.h"
#include "runtime/program.h"
#include "runtime/spin_lock.h"
#include "runtime/thread.h"
#include "runtime/thread_life.h"

extern "C" int main(int argc, char** argv);
extern "C" void (*__init_array_start[])();
extern "C" void (*__init_array_end[])();

namespace {

struct Destructor {
  void (*function)(void*);
  void* object;
};

constexpr std::size_t kDestructorsAtOnce = 64;

// The last registered run first, so a block links to the one before.
struct DestructorBlock {
  std::array<Destructor, kDestructorsAtOnce> entries{};
  std::size_t count = 0;
  DestructorBlock* before = nullptr;
};

constinit tb::SpinLock lock;
constinit DestructorBlock first_block{};
constinit DestructorBlock* last_block = &first_block;  // under the lock

Destructor take_last() {
  const std::lock_guard guard(lock);
  while (last_block->count == 0 && last_block->before != nullptr) {
    last_block = last_block->before;
  }
  return last_block->count > 0 ? last_block->entries[--last_block->count] : Destructor{};
}

// The first byte of a guard is the compiler's: not zero means done. The second is ours.
constexpr std::uint8_t kBusy = 1;

std::atomic_ref<std::uint8_t> part_of(std::uint64_t* guard, int part) {
  return std::atomic_ref(reinterpret_cast<std::uint8_t*>(guard)[part]);
}

}  // namespace

extern "C" {

void* __dso_handle = nullptr;

// Without the program's handle it is a sanitizer that asks, which ends with the process.
int __cxa_atexit(void (*function)(void*), void* object, void* handle) {
  if (handle == nullptr) {
    return 0;
  }
  const std::lock_guard guard(lock);
  if (last_block->count == kDestructorsAtOnce) {
    auto* const block = new (std::nothrow) DestructorBlock;
    if (block == nullptr) {
      return -1;
    }
    block->before = last_block;
    last_block = block;
  }
  last_block->entries[last_block->count++] = {function, object};
  return 0;
}

// A function's static variable: one thread makes it, and is not ended by force meanwhile; the
// others wait their turn; with preemption off they can wait only for a thread of another CPU.
int __cxa_guard_acquire(std::uint64_t* guard) {
  for (;;) {
    if (part_of(guard, 0).load() != 0) {
      return 0;
    }
    if (part_of(guard, 1).exchange(kBusy) == 0) {
      if (part_of(guard, 0).load() == 0) {
        tb::detail::begin_to_stay();
        return 1;
      }
      part_of(guard, 1).store(0);
      return 0;
    }
    if (tb::arch::preemption_enabled()) {
      tb::this_thread::yield();
    } else {
      tb::arch::relax();
    }
  }
}

void __cxa_guard_release(std::uint64_t* guard) {
  part_of(guard, 0).store(1);
  part_of(guard, 1).store(0);
  tb::detail::end_to_stay();
}

void __cxa_pure_virtual() { tb::panic("a pure virtual function was called"); }
}

namespace tb {

void run_program(int count, char** values) {
  for (void (**constructor)() = __init_array_start; constructor != __init_array_end;
       ++constructor) {
    (*constructor)();
  }
  note_main_begins();
  const int status = main(count, values);
  run_exit_handlers();
  for (Destructor last = take_last(); last.function != nullptr; last = take_last()) {
    last.function(last.object);
  }
  arch::shutdown(status & 0xff);
}

ThreadBlock thread_block() { return {0, 1}; }

std::uintptr_t make_thread_block(void*, std::uint32_t, std::span<std::byte>) { return 0; }

void run_in_thread(void (*run)(void* closure), void* closure) { run(closure); }

void leave_thread() {}

namespace arch {

std::uint64_t on_system_call(SystemCall&, std::uint64_t number) {
  std::array<char, 80> text;
  panic(format_into(text, "system call {} in an image without the C library", number));
}

}  // namespace arch

}  // namespace tb
