// Where the core and the rest of the image meet: the build tells the application's name, and the
// language library, which is runtime/core_only or runtime/standard_library, does what depends on
// which C++ library there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The name the application was built under; generated with the image.
extern "C" const char tb_application_name[];

namespace tb {

// Defined by the language library, all of them.

// Static constructors, main(), destructors and the end of the machine. In the first thread. The
// values end with a null pointer.
[[noreturn]] void run_program(int count, char** values);

// What a thread needs at the top of its stack for its thread_local variables; the alignment is a
// power of two.
struct ThreadBlock {
  std::size_t size;  // bytes
  std::size_t alignment;
};
ThreadBlock thread_block();

// Prepares that memory and returns the thread pointer that belongs to it. `number` is the thread's
// for the C library, and `stack` is all of the thread's stack. In the spawning thread.
std::uintptr_t make_thread_block(void* block, std::uint32_t number, std::span<std::byte> stack);

// Calls run(closure), and what the language wants called before and after, in the new thread.
void run_in_thread(void (*run)(void* closure), void* closure);

// What run_in_thread() does after `run`, for a thread that was begun by it and drops all that is on
// its stack.
void leave_thread();

// For the language library to call: main() is about to begin.
void note_main_begins();

}  // namespace tb
