// The error for whoever has asked for memory that is not there.
#pragma once

#include <cstddef>

#include "runtime/error.h"

namespace tb::detail {

// So many bytes, and what is free at the moment. From anywhere.
OutOfMemory no_memory_for(std::size_t bytes);

}  // namespace tb::detail
