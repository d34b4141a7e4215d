// The C library's memory functions on the runtime's heap, whose lists are the CPUs', not the
// threads': so ten thousand threads need no more of them than four. These take the place of the
// library's own, everywhere in it; operator new is the C++ library's and calls malloc.
#include <malloc.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/units.h"
#include "runtime/memory/heap.h"

namespace {

void* or_no_memory(void* block) {
  if (block == nullptr) [[unlikely]] {
    errno = ENOMEM;
  }
  return block;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return or_no_memory(tb::allocate(size)); }

void free(void* block) { tb::deallocate(block); }

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    return or_no_memory(nullptr);
  }
  void* const block = tb::allocate(bytes);
  return block != nullptr ? std::memset(block, 0, bytes) : or_no_memory(nullptr);
}

// As the C library of Linux has it: nothing is left of a block that is made zero bytes large.
void* realloc(void* block, std::size_t size) {
  if (block != nullptr && size == 0) {
    tb::deallocate(block);
    return nullptr;
  }
  return or_no_memory(tb::reallocate(block, size));
}

void* reallocarray(void* block, std::size_t count, std::size_t size) {
  std::size_t bytes;
  return __builtin_mul_overflow(count, size, &bytes) ? or_no_memory(nullptr)
                                                     : realloc(block, bytes);
}

void* memalign(std::size_t alignment, std::size_t size) {
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return or_no_memory(tb::allocate(size, alignment));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0) {
    return EINVAL;
  }
  void* const block = tb::allocate(size, alignment);
  if (block == nullptr) {
    return ENOMEM;
  }
  *result = block;
  return 0;
}

void* valloc(std::size_t size) { return memalign(tb::kPageSize, size); }

std::size_t malloc_usable_size(void* block) { return tb::usable_size(block); }

void* pvalloc(std::size_t size) {
  const std::size_t pages = (size + tb::kPageSize - 1) / tb::kPageSize;
  return pages * tb::kPageSize >= size ? memalign(tb::kPageSize, pages * tb::kPageSize)
                                       : or_no_memory(nullptr);
}

// There is nothing to set, and these figures are not kept; but who links them shall not get the
// library's own heap beside this one.
int mallopt(int, int) { return 1; }
struct mallinfo mallinfo() { return {}; }
struct mallinfo2 mallinfo2() { return {}; }
void malloc_stats() {}
int malloc_info(int, FILE*) {
  errno = ENOSYS;
  return -1;
}

int malloc_trim(std::size_t) {
  tb::trim();
  return 1;
}
}
