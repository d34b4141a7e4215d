// Contract: the one clock of the machine and the one-shot timer of each CPU.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace tb::arch {

// Time since boot; never goes back, on any CPU.
Time now();

// Time since 1970-01-01 00:00 UTC: what the machine's own clock showed at boot, to the second, and
// now() since then. From any context.
Duration wall_clock();

// The processor's own counter, for measuring short ways: nothing is added to reading it. What a
// tick is, the machine decides; under -icount it is an instruction.
std::uint64_t ticks();

// What ticks() was at the image's first instructions; constant.
std::uint64_t ticks_at_entry();

// Arms this CPU's timer for `deadline`; on_timer() follows at or shortly after it, at once if it
// has passed. Replaces what was armed before. Never disarms: the runtime bears an interrupt too
// many.
void set_timer(Time deadline);

}  // namespace tb::arch
