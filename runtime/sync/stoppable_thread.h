// Threads that can be asked to stop, as std::jthread.
//
//   auto worker = tb::spawn_stoppable([](const tb::StopToken& token) {
//     while (!token.stop_requested()) { ... }
//   });
//   worker->request_stop();
#pragma once

#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtime/error.h"
#include "runtime/memory/no_memory.h"
#include "runtime/sync/stop_token.h"
#include "runtime/thread.h"

namespace tb {

// At the end of its scope it asks its thread to stop, and joins it.
class [[nodiscard]] StoppableThread {
 public:
  StoppableThread() = default;
  StoppableThread(Thread thread, StopSource source)
      : source_(std::move(source)), thread_(std::move(thread)) {}
  StoppableThread(StoppableThread&&) noexcept = default;
  StoppableThread& operator=(StoppableThread other) noexcept {
    std::swap(source_, other.source_);
    std::swap(thread_, other.thread_);
    return *this;
  }
  ~StoppableThread() {
    if (thread_.joinable()) {
      request_stop();
    }
  }

  // Asks the thread to stop; true if nobody has before. As StopSource::request_stop().
  bool request_stop() { return source_ && source_->request_stop(); }

  // For others that shall stop with it.
  StopToken get_stop_token() const { return source_ ? source_->get_token() : StopToken(); }

  // To join, detach and name it. Who detaches it can still ask it to stop.
  Thread& thread() { return thread_; }
  ThreadId id() const { return thread_.id(); }

 private:
  std::optional<StopSource> source_;
  Thread thread_;
};

// As tb::spawn(), for a function whose first parameter is a StopToken: it is called with one, and
// then the arguments. Errors: those of tb::spawn().
template <class Function, class... Arguments>
std::expected<StoppableThread, Error> spawn_stoppable(Function&& function,
                                                      Arguments&&... arguments) {
  StopSource source;
  if (!source.stop_possible()) {
    return std::unexpected(detail::no_memory_for(sizeof(detail::StopState)));
  }
  auto thread = spawn(std::forward<Function>(function), source.get_token(),
                      std::forward<Arguments>(arguments)...);
  if (!thread) {
    return std::unexpected(thread.error());
  }
  return StoppableThread(std::move(*thread), std::move(source));
}

}  // namespace tb
