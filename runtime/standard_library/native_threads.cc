// Threads of tb::spawn() as the C library wants threads to be: with a control block of its kind and
// thread_local variables of their own, at the top of their stacks.
//
// The control block is the library's secret. So one of its own threads is copied while it has done
// nothing yet, and for each new thread the copy is moved: words that point into the block itself go
// along. What else is known of it stands in symbols that the library offers to debuggers
// (nptl_db), and in the x86_64 ABI for thread-local storage (U. Drepper, "ELF Handling For
// Thread-Local Storage", section 3.4.6).
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "base/assert.h"
#include "base/units.h"
#include "runtime/linux/threads.h"
#include "runtime/program.h"
#include "runtime/standard_library/thread_local_image.h"

// What debuggers are told: bits of an element, number of elements, offset in bytes.
extern "C" const std::uint32_t _thread_db_sizeof_pthread;
extern "C" const std::uint32_t _thread_db_pthread_tid[3];

// What the C library calls itself at a thread's beginning and end.
extern "C" void __ctype_init();
extern "C" void __call_tls_dtors();
extern "C" void __nptl_deallocate_tsd();
extern "C" void __libc_thread_freeres();

namespace tb {
namespace {

constexpr std::size_t kWord = sizeof(std::uintptr_t);
constexpr std::size_t kLargestControlBlock = 4096;
constexpr std::size_t kControlBlockAlignment = 64;

// The beginning of a control block, which the ABI lays down.
struct ControlBlockHead {
  void* self;
  struct DynamicEntry* dynamic;
  void* self_again;
};

// The vector that thread-local storage of loaded libraries would need; here the image alone has
// some. A count of entries stands before the first, a generation in it.
struct DynamicEntry {
  std::uintptr_t value;
  void* to_free;
};
using DynamicVector = std::array<DynamicEntry, 3>;

// What a word of the copy means in another thread.
enum class Meaning : std::uint8_t { kInBlock, kStack, kStackSize };

struct Change {
  std::uint16_t index;
  Meaning meaning;
};

struct Template {
  std::array<std::uintptr_t, kLargestControlBlock / kWord> words;
  std::array<Change, 32> changes;
  std::size_t change_count;
  std::size_t size;         // bytes
  std::size_t robust_list;  // the offset of the list of locks that the thread may die with
};
constinit Template control_block{};    // constant once main() has begun
constinit DynamicEntry old_dynamic{};  // likewise
constinit std::atomic<bool> taken{false};

std::size_t thread_local_size(const ThreadLocalImage& image) {
  return align_up(image.size, image.alignment);
}

std::size_t block_alignment(const ThreadLocalImage& image) {
  return std::max(kControlBlockAlignment, image.alignment);
}

void copy_control_block(std::byte* place, std::span<std::byte> stack) {
  std::memcpy(place, control_block.words.data(), control_block.size);
  auto* const words = reinterpret_cast<std::uintptr_t*>(place);
  for (const Change& change : std::span(control_block.changes).first(control_block.change_count)) {
    std::uintptr_t& word = words[change.index];
    switch (change.meaning) {
      case Meaning::kInBlock:
        word += reinterpret_cast<std::uintptr_t>(place);
        break;
      case Meaning::kStack:
        word = reinterpret_cast<std::uintptr_t>(stack.data());
        break;
      case Meaning::kStackSize:
        word = stack.size();
        break;
    }
  }
}

// The stack of the copied thread, with the page below it, as the library keeps them together.
struct OldStack {
  std::uintptr_t lowest;
  std::size_t size;
};

OldStack stack_of_this_thread() {
  pthread_attr_t attributes;
  void* stack = nullptr;
  std::size_t size = 0;
  std::size_t guard = 0;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &stack, &size);
  pthread_attr_getguardsize(&attributes, &guard);
  pthread_attr_destroy(&attributes);
  return {reinterpret_cast<std::uintptr_t>(stack) - guard, size + guard};
}

void add_change(std::size_t index, Meaning meaning) {
  expects(control_block.change_count < control_block.changes.size(),
          "the C library is the one this was made for");
  control_block.changes[control_block.change_count++] = {static_cast<std::uint16_t>(index),
                                                         meaning};
}

// Words that point into the block become distances; those that point to the stack of the copied
// thread, or into the call that it was in, are nobody else's.
void find_changes(std::uintptr_t address, OldStack stack) {
  for (std::size_t i = 0; i < control_block.size / kWord; ++i) {
    std::uintptr_t& word = control_block.words[i];
    if (word - address < control_block.size) {
      word -= address;
      add_change(i, Meaning::kInBlock);
    } else if (word == stack.lowest) {
      add_change(i, Meaning::kStack);
    } else if (word == stack.size) {
      add_change(i, Meaning::kStackSize);
    } else if (word - stack.lowest < stack.size) {
      word = 0;
    }
  }
}

void* take_template(void*) {
  control_block.size = _thread_db_sizeof_pthread;
  expects(control_block.size <= kLargestControlBlock, "the C library is the one this was made for");
  const std::uintptr_t address = pthread_self();
  std::memcpy(control_block.words.data(), reinterpret_cast<void*>(address), control_block.size);
  old_dynamic = reinterpret_cast<const ControlBlockHead*>(address)->dynamic[0];
  find_changes(address, stack_of_this_thread());
  control_block.robust_list =
      reinterpret_cast<std::uintptr_t>(linux_abi::robust_list_of_this_thread()) - address;
  taken = true;
  taken.notify_one();
  return nullptr;
}

// This thread does a second thing: while there is only one thread the library saves itself locks,
// and it learns of others only when it makes one.
void show_the_library_a_thread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, take_template, nullptr);
  expects(error == 0, "there is memory for a second thread");
  pthread_attr_destroy(&attributes);
  taken.wait(false);
}

// Before all constructors, which may spawn threads.
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const first_constructor)() = show_the_library_a_thread;

}  // namespace

ThreadBlock thread_block() {
  expects(control_block.size > 0, "the C library is up before threads are spawned");
  const ThreadLocalImage image = thread_local_image();
  return {.size = sizeof(DynamicVector) + thread_local_size(image) + block_alignment(image) +
                  control_block.size,
          .alignment = block_alignment(image)};
}

std::uintptr_t make_thread_block(void* block, std::uint32_t number, std::span<std::byte> stack) {
  const ThreadLocalImage image = thread_local_image();
  auto* const dynamic = new (block) DynamicVector{};
  const std::uintptr_t thread_pointer =
      align_up(reinterpret_cast<std::uintptr_t>(dynamic + 1) + thread_local_size(image),
               block_alignment(image));
  auto* const variables = reinterpret_cast<std::byte*>(thread_pointer) - thread_local_size(image);
  std::memcpy(variables, image.begin, image.initialised);
  std::memset(variables + image.initialised, 0, image.size - image.initialised);
  auto* const control = reinterpret_cast<std::byte*>(thread_pointer);
  copy_control_block(control, stack);
  (*dynamic)[0].value = 1;
  (*dynamic)[1] = old_dynamic;
  (*dynamic)[2].value = reinterpret_cast<std::uintptr_t>(variables);
  reinterpret_cast<ControlBlockHead*>(control)->dynamic = dynamic->data() + 1;
  std::memcpy(control + _thread_db_pthread_tid[2], &number, sizeof number);
  return thread_pointer;
}

// An exception that leaves `run` ends the program, as it would from any thread's function.
void run_in_thread(void (*run)(void* closure), void* closure) {
  __ctype_init();
  linux_abi::set_robust_list_of_this_thread(
      reinterpret_cast<void*>(pthread_self() + control_block.robust_list));
  [&]() noexcept { run(closure); }();
  leave_thread();
}

void leave_thread() {
  __call_tls_dtors();
  __nptl_deallocate_tsd();
  __libc_thread_freeres();
  linux_abi::release_robust_locks();
}

}  // namespace tb
