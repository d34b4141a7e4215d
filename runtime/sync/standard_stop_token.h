// With this, what waits takes the standard library's stop tokens, too. For images that have it.
#pragma once

#include <stop_token>

#include "runtime/sync/stop_token.h"

namespace tb {

template <class Callback>
struct StopCallbackOf<std::stop_token, Callback> {
  using type = std::stop_callback<Callback>;
};

}  // namespace tb
