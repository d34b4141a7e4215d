// Waiting for the end of a process until a stop is requested.
#pragma once

#include <expected>

#include "runtime/error.h"
#include "runtime/process/process.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

// As wait(), or until a stop is requested. Blocks; from threads only. Errors: as wait(), and
// StopRequested: then it can be waited for as before.
template <StoppableToken Token>
std::expected<EndedProcess, Error> wait(ProcessId id, const Token& token) {
  return detail::wait_with(token, [id](const detail::Patience& patience) {
    return detail::wait_patiently(id, patience);
  });
}
template <StoppableToken Token>
std::expected<EndedProcess, Error> wait(Process& process, const Token& token) {
  return detail::wait_with(token, [&process](const detail::Patience& patience) {
    return detail::wait_patiently(process, patience);
  });
}

// The same for any child of the caller's process. Errors: NoChildren, StopRequested.
template <StoppableToken Token>
std::expected<EndedProcess, Error> wait_any(const Token& token) {
  return detail::wait_with(
      token, [](const detail::Patience& patience) { return detail::wait_any_patiently(patience); });
}

}  // namespace tb
