// The thread's home does it, and answers when it is done.
#include "runtime/control/suspend.h"

#include "runtime/ask.h"
#include "runtime/thread_group.h"

namespace tb {
namespace {

std::expected<void, Error> ask_for(sched::RequestKind kind, ThreadId id) {
  sched::Request request{.kind = kind};
  return ask(id, request);
}

}  // namespace

namespace detail {

std::expected<void, Error> suspend_anyhow(ThreadId id) {
  return ask_for(sched::RequestKind::kSuspend, id);
}

std::expected<void, Error> resume_anyhow(ThreadId id) {
  return ask_for(sched::RequestKind::kResume, id);
}

}  // namespace detail

std::expected<void, Error> suspend(ThreadId id) {
  const auto permitted = check_control(id);
  return permitted ? detail::suspend_anyhow(id) : permitted;
}

std::expected<void, Error> resume(ThreadId id) {
  const auto permitted = check_control(id);
  return permitted ? detail::resume_anyhow(id) : permitted;
}

}  // namespace tb
