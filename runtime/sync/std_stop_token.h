// std::stop_token, std::jthread's, as a token that waits take: for images with the C++ library.
#pragma once

#include <stop_token>

#include "runtime/sync/stop_token.h"

namespace tb {

template <class Callback>
struct StopCallbackOf<std::stop_token, Callback> {
  using type = std::stop_callback<Callback>;
};

}  // namespace tb
