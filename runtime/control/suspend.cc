// The thread's home does it, and answers when it is done.
#include "runtime/control/suspend.h"

#include "runtime/ask.h"

namespace tb {
namespace {

std::expected<void, Error> ask_for(sched::RequestKind kind, ThreadId id) {
  sched::Request request{.kind = kind};
  return ask(id, request);
}

}  // namespace

std::expected<void, Error> suspend(ThreadId id) {
  return ask_for(sched::RequestKind::kSuspend, id);
}

std::expected<void, Error> resume(ThreadId id) { return ask_for(sched::RequestKind::kResume, id); }

}  // namespace tb
