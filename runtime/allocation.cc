// new and delete on the runtime's heap. Without exceptions, the machine ends when memory does;
// whoever wants to go on asks with std::nothrow. The core has these for itself; an application
// without the C++ library has a second copy.
#include <new>

#include "runtime/memory/heap.h"

namespace {

std::size_t bytes(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace

const std::nothrow_t std::nothrow{};

void* operator new(std::size_t size) { return tb::allocate_or_panic(size); }
void* operator new[](std::size_t size) { return tb::allocate_or_panic(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return tb::allocate_or_panic(size, bytes(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return tb::allocate_or_panic(size, bytes(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return tb::allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return tb::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return tb::allocate(size, bytes(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return tb::allocate(size, bytes(alignment));
}

void operator delete(void* block) noexcept { tb::deallocate(block); }
void operator delete[](void* block) noexcept { tb::deallocate(block); }
void operator delete(void* block, std::size_t) noexcept { tb::deallocate(block); }
void operator delete[](void* block, std::size_t) noexcept { tb::deallocate(block); }
void operator delete(void* block, std::align_val_t) noexcept { tb::deallocate(block); }
void operator delete[](void* block, std::align_val_t) noexcept { tb::deallocate(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { tb::deallocate(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  tb::deallocate(block);
}
