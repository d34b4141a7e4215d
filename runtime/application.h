// The application's beginning and end.
#pragma once

#include <cstddef>

#include "base/units.h"
#include "runtime/thread_id.h"

namespace tb {

// As elsewhere; a page is filled when it is first touched.
inline constexpr std::size_t kMainStackSize = 8 * kMiB - kPageSize;

// The body of the first thread.
void run_application();

// The thread that runs it.
ThreadId main_thread();

}  // namespace tb
