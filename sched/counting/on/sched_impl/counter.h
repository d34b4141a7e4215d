// How often something happened.
#pragma once

#include <cstdint>

namespace tb::sched {

using Counter = std::uint64_t;

}  // namespace tb::sched
