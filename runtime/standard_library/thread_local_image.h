// What the thread_local variables of a new thread are copied from.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
extern const char __thread_local_begin[];
extern const char __thread_local_data_end[];
extern const char __thread_local_end[];
extern const char __thread_local_alignment[];  // a number
}

namespace tb {

struct ThreadLocalImage {
  const char* begin;
  std::size_t initialised;  // bytes to copy; the rest is zero
  std::size_t size;
  std::size_t alignment;
};

inline ThreadLocalImage thread_local_image() {
  return {.begin = __thread_local_begin,
          .initialised = static_cast<std::size_t>(__thread_local_data_end - __thread_local_begin),
          .size = static_cast<std::size_t>(__thread_local_end - __thread_local_begin),
          .alignment = reinterpret_cast<std::uintptr_t>(__thread_local_alignment)};
}

}  // namespace tb
