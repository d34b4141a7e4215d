// The word that a thread is to end stands with its wakes, where its home may write it; the thread
// looks there itself, wherever it can end.
#include "runtime/control/terminate.h"

#include "runtime/application.h"
#include "runtime/ask.h"
#include "runtime/control/suspend.h"
#include "runtime/dispatch.h"
#include "runtime/thread.h"
#include "runtime/thread_group.h"
#include "runtime/thread_life.h"

namespace tb {
namespace {

struct Ending : sched::Request {
  bool is_possible = false;
};

// By the owner, preemption off. What the C library has made, it has to end.
void tell_to_end(sched::Request& request, sched::Entity& entity) {
  auto& thread = static_cast<ThreadRecord&>(entity);
  auto& ending = static_cast<Ending&>(request);
  ending.is_possible = thread.release_stack == nullptr;
  if (ending.is_possible) {
    thread.wakes.tell_to_end();
  }
}

}  // namespace

namespace detail {

std::expected<void, Error> terminate_anyhow(ThreadId id) {
  Ending ending;
  ending.kind = sched::RequestKind::kVisit;
  ending.visit = tell_to_end;
  if (const auto told = ask(id, ending); !told) {
    return told;
  }
  // It may have ended already.
  static_cast<void>(resume_anyhow(id));
  static_cast<void>(wake(id));
  return ending.is_possible ? std::expected<void, Error>() : std::unexpected(NotTerminable{id});
}

}  // namespace detail

std::expected<void, Error> terminate(ThreadId id) {
  if (id == this_thread::id() || id == main_thread()) {
    return std::unexpected(NotTerminable{id});
  }
  const auto permitted = check_control(id);
  return permitted ? detail::terminate_anyhow(id) : permitted;
}

namespace this_thread {

void end_point() { end_if_told(); }

}  // namespace this_thread

}  // namespace tb
