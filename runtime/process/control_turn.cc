// One word, tried again after a short sleep: turns are seldom.
#include "runtime/process/control_turn.h"

#include <chrono>

#include "base/atomic.h"
#include "runtime/thread.h"

namespace tb::detail {
namespace {

using namespace std::chrono_literals;

constinit Atomic<bool> is_taken{false};  // shared

}  // namespace

ControlTurn::ControlTurn() {
  for (;;) {
    stays_.emplace();
    if (!is_taken.exchange(true)) {
      return;
    }
    stays_.reset();
    this_thread::sleep_for(20us);
  }
}

ControlTurn::~ControlTurn() { is_taken = false; }

}  // namespace tb::detail
