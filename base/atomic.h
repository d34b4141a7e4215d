// The atomic type of whatever is shared between CPUs without a lock. The simulator has its own file
// of this name, in which every operation is a point where another CPU may come in between.
#pragma once

#include <atomic>

namespace tb {

template <class T>
using Atomic = std::atomic<T>;

}  // namespace tb
