// One writer at a time.
#include "runtime/console.h"

#include "arch/machine.h"
#include "runtime/spin_lock.h"

namespace tb::detail {
namespace {

constinit SpinLock lock;

}  // namespace

ConsoleLine::ConsoleLine() { lock.lock(); }

ConsoleLine::~ConsoleLine() { lock.unlock(); }

TextSink ConsoleLine::sink() const {
  return {[](void*, std::string_view text) { arch::write_console(text); }, nullptr};
}

}  // namespace tb::detail
