// Memory from a source, counted.
#include "runtime/files/storage.h"

namespace tb::files {

MemorySource heap() {
  return {[](void*, std::size_t size) { return ::operator new(size, std::nothrow); },
          [](void*, void* block, std::size_t) { ::operator delete(block); }, nullptr};
}

void* Storage::allocate(std::size_t size) {
  if (in_use_ > limit_ || size > limit_ - in_use_) {
    return nullptr;
  }
  void* const block = source_.allocate(source_.self, size);
  in_use_ += block != nullptr ? size : 0;
  return block;
}

void Storage::release(void* block, std::size_t size) {
  expects(size <= in_use_, "what comes back was given");
  in_use_ -= size;
  source_.release(source_.self, block, size);
}

}  // namespace tb::files
