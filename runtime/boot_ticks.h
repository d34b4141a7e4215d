// What booting cost.
#pragma once

#include <cstdint>

namespace tb {

// Ticks of the processor's counter from the image's first instruction to main(); under -icount,
// instructions.
std::uint64_t boot_ticks();

}  // namespace tb
