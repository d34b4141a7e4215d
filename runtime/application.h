// The application's beginning and end.
#pragma once

#include <cstddef>

#include "base/units.h"

namespace tb {

inline constexpr std::size_t kMainStackSize = 1 * kMiB - kPageSize;

// The body of the first thread: constructors, main(), destructors, the end of the machine.
void run_application();

}  // namespace tb
