// Frames that were taken out of mappings which other CPUs may still know.
#pragma once

#include <cstdint>

#include "arch/memory.h"
#include "runtime/memory/frame_allocator.h"

namespace tb {

// Gathers frames until all CPUs have forgotten them. They are linked outside their own memory,
// which a CPU that has not may still write to.
class WaitingFrames {
 public:
  void add(std::uintptr_t frame) { frames().add_to(chain_, frame); }

  // A sink that refers to this object.
  arch::FrameSink sink() {
    return {[](void* self, std::uintptr_t frame) { static_cast<WaitingFrames*>(self)->add(frame); },
            this};
  }

  // After arch::flush() of all places they were taken from.
  void give_back() { frames().free(chain_); }

 private:
  FrameChain chain_;
};

}  // namespace tb
