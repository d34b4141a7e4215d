// The one allocator of the machine's frames.
#include "runtime/memory/frame_allocator.h"

namespace tb {
namespace {

constinit FrameAllocator machine_frames;

}  // namespace

FrameAllocator& frames() { return machine_frames; }

std::uintptr_t allocate_frame() { return machine_frames.allocate(); }

void free_frame(std::uintptr_t frame) { machine_frames.free(frame); }

}  // namespace tb
