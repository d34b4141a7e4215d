// What is free are frames.
#include "runtime/memory/no_memory.h"

#include "runtime/memory/frame_allocator.h"

namespace tb::detail {

OutOfMemory no_memory_for(std::size_t bytes) {
  return {.requested = bytes, .available = frames().free_frames() * kPageSize};
}

}  // namespace tb::detail
