// new and delete on the runtime's heap. Without exceptions, the machine ends when memory does;
// whoever wants to go on asks with std::nothrow. The core has these for itself; an application
// without the C++ library has a second copy.
#include <array>
#include <new>

#include "base/format.h"
#include "runtime/memory/heap.h"
#include "runtime/panic.h"

namespace {

void* allocate_or_panic(std::size_t size, std::size_t alignment) {
  void* const block = tb::allocate(size, alignment);
  if (block == nullptr) {
    std::array<char, 100> text;
    tb::panic(tb::format_into(text, "out of memory: new of {} bytes", size));
  }
  return block;
}

constexpr std::size_t kDefaultAlignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

const std::nothrow_t std::nothrow{};

void* operator new(std::size_t size) { return allocate_or_panic(size, kDefaultAlignment); }
void* operator new[](std::size_t size) { return allocate_or_panic(size, kDefaultAlignment); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_panic(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_panic(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return tb::allocate(size, kDefaultAlignment);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return tb::allocate(size, kDefaultAlignment);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return tb::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return tb::allocate(size, static_cast<std::size_t>(alignment));
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
