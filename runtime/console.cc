// One writer at a time.
#include "runtime/console.h"

#include <atomic>

#include "arch/clock.h"
#include "arch/machine.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "runtime/park.h"
#include "runtime/spin_lock.h"

namespace tb::detail {
namespace {

constinit SpinLock lock;
constinit Atomic<void*> holder{nullptr};  // shared: the thread that has the lock

}  // namespace

// A line takes milliseconds on a serial cable: whoever may block sleeps meanwhile.
ConsoleLine::ConsoleLine() {
  constexpr Duration kPatience = std::chrono::microseconds(100);
  expects(arch::current() == nullptr || holder != arch::current(),
          "formatting a value does not print");
  while (!lock.try_lock()) {
    if (arch::preemption_enabled()) {
      static_cast<void>(park_until(after(arch::now(), kPatience)));
    } else {
      arch::relax();
    }
  }
  holder = arch::current();
}

ConsoleLine::~ConsoleLine() {
  holder = nullptr;
  lock.unlock();
}

TextSink ConsoleLine::sink() const {
  return {[](void*, std::string_view text) { arch::write_console(text); }, nullptr};
}

}  // namespace tb::detail
