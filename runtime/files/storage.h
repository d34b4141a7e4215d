// Where the file system's memory comes from: it counts what is in use and keeps to a limit.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <utility>

#include "base/assert.h"

namespace tb::files {

// Gives memory, aligned for anything, or null; and takes it back with the size it was given with.
struct MemorySource {
  void* (*allocate)(void* self, std::size_t size);
  void (*release)(void* self, void* block, std::size_t size);
  void* self;
};

// new and delete.
MemorySource heap();

// Outlives all that was made with it. Blocks only where its source does.
class Storage {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  // The limit is in bytes, as objects count them: what the source adds to each is not in it.
  explicit Storage(std::size_t limit = kNoLimit, MemorySource source = heap())
      : source_(source), limit_(limit) {}
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Null when the source has no more, or the limit is reached.
  void* allocate(std::size_t size);
  void release(void* block, std::size_t size);

  // Null as above.
  template <class T, class... Arguments>
  T* create(Arguments&&... arguments) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    void* const block = allocate(sizeof(T));
    return block != nullptr ? new (block) T(std::forward<Arguments>(arguments)...) : nullptr;
  }

  // For what create<T>() made.
  template <class T>
  void destroy(T* object) {
    object->~T();
    release(object, sizeof(T));
  }

  // In bytes.
  std::size_t in_use() const { return in_use_; }
  std::size_t limit() const { return limit_; }

 private:
  MemorySource source_;
  std::size_t limit_;
  std::size_t in_use_ = 0;
};

}  // namespace tb::files
