// The processor's own counter, for benchmarks. What a tick is, the machine decides: a cycle of a
// fixed rate on hardware, an instruction under QEMU's -icount.
#pragma once

#include <cstdint>

namespace tb {

// The counter of the CPU that executes the caller; nothing is added to reading it.
std::uint64_t ticks();

// Ticks from the image's first instruction to main().
std::uint64_t boot_ticks();

}  // namespace tb
