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

struct Template {
  std::array<std::uintptr_t, kLargestControlBlock / kWord> words;
  std::uintptr_t address;  // where it was taken
  std::size_t size;        // bytes
  std::uintptr_t stack;    // the lowest address of that thread's stack
  std::size_t stack_size;
};
constinit Template control_block{};  // constant once main() has begun
constinit std::atomic<bool> taken{false};

std::size_t thread_local_size(const ThreadLocalImage& image) {
  return align_up(image.size, image.alignment);
}

std::size_t block_alignment(const ThreadLocalImage& image) {
  return std::max(kControlBlockAlignment, image.alignment);
}

// Of the stack that the copied thread had, and of the call it was in.
bool points_into_old_stack(std::uintptr_t word) {
  return word - control_block.stack < control_block.stack_size;
}

void copy_control_block(std::byte* place, std::span<std::byte> stack) {
  auto* const words = reinterpret_cast<std::uintptr_t*>(place);
  for (std::size_t i = 0; i < control_block.size / kWord; ++i) {
    const std::uintptr_t word = control_block.words[i];
    if (word - control_block.address < control_block.size) {
      words[i] = reinterpret_cast<std::uintptr_t>(place) + (word - control_block.address);
    } else if (word == control_block.stack) {
      words[i] = reinterpret_cast<std::uintptr_t>(stack.data());
    } else if (word == control_block.stack_size) {
      words[i] = stack.size();
    } else {
      words[i] = points_into_old_stack(word) ? 0 : word;
    }
  }
}

void* take_template(void*) {
  pthread_attr_t attributes;
  void* stack = nullptr;
  std::size_t size = 0;
  std::size_t guard = 0;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &stack, &size);
  pthread_attr_getguardsize(&attributes, &guard);
  pthread_attr_destroy(&attributes);
  // The library keeps the stack together with the page below it.
  control_block.stack = reinterpret_cast<std::uintptr_t>(stack) - guard;
  control_block.stack_size = size + guard;
  control_block.size = _thread_db_sizeof_pthread;
  expects(control_block.size <= kLargestControlBlock, "the C library is the one this was made for");
  control_block.address = pthread_self();
  std::memcpy(control_block.words.data(), reinterpret_cast<void*>(control_block.address),
              control_block.size);
  taken = true;
  taken.notify_one();
  return nullptr;
}

// Before all other constructors. This thread does a second thing: while there is only one thread
// the library saves itself locks, and it learns of others only when it makes one.
__attribute__((constructor(101))) void show_the_library_a_thread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, take_template, nullptr);
  expects(error == 0, "there is memory for a second thread");
  pthread_attr_destroy(&attributes);
  taken.wait(false);
}

}  // namespace

ThreadBlock thread_block() {
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
  const auto* const old = reinterpret_cast<const ControlBlockHead*>(control_block.words.data());
  (*dynamic)[0].value = 1;
  (*dynamic)[1].value = old->dynamic[0].value;
  (*dynamic)[2].value = reinterpret_cast<std::uintptr_t>(variables);
  reinterpret_cast<ControlBlockHead*>(control)->dynamic = dynamic->data() + 1;
  std::memcpy(control + _thread_db_pthread_tid[2], &number, sizeof number);
  return thread_pointer;
}

// An exception that leaves `run` ends the program, as it would from any thread's function.
void run_in_thread(void (*run)(void* closure), void* closure) {
  __ctype_init();
  [&]() noexcept { run(closure); }();
  __call_tls_dtors();
  __nptl_deallocate_tsd();
  __libc_thread_freeres();
}

}  // namespace tb
