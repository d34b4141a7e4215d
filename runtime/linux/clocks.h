// The clocks that a C library knows by number.
#pragma once

#include <expected>

#include "base/time.h"
#include "runtime/files/errno.h"

namespace tb::linux_abi {

// What the clock shows. From threads. Errors: kInvalid if there is no such clock.
std::expected<Duration, Errno> read_clock(int clock);

// The moment at which the clock will show that; never, if it is too far away. Errors: kInvalid, and
// kNotSupported for clocks that nobody can wait for.
std::expected<Time, Errno> when_clock_shows(int clock, Duration reading);

}  // namespace tb::linux_abi
