// Waiting for the end of a thread until a stop is requested.
//
//   if (!tb::join(worker, token)) { ... it goes on, and can be joined as before ... }
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"
#include "runtime/thread.h"

namespace tb {

// As join(), or until a stop is requested. Blocks; from threads only. Errors: as join(), and
// StopRequested: then somebody can join it as before.
template <StoppableToken Token>
std::expected<void, Error> join(ThreadId id, const Token& token) {
  return detail::wait_with(token, [id](const detail::Patience& patience) {
    return detail::join_patiently(id, patience);
  });
}
template <StoppableToken Token>
std::expected<void, Error> join(Thread& thread, const Token& token) {
  return detail::wait_with(token, [&thread](const detail::Patience& patience) {
    return detail::join_patiently(thread, patience);
  });
}

}  // namespace tb
