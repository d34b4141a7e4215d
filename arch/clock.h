// Contract: the one clock of the machine and the one-shot timer of each CPU.
#pragma once

#include "base/time.h"

namespace tb::arch {

// Time since boot; never goes back, on any CPU.
Time now();

// Arms this CPU's timer for `deadline`; on_timer() follows at or shortly after it, at once if it
// has passed. Replaces what was armed before. Never disarms: the runtime bears an interrupt too
// many.
void set_timer(Time deadline);

}  // namespace tb::arch
