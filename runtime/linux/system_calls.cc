// Which number asks for what, and what happens to the numbers that nobody answers.
#include <array>
#include <atomic>
#include <string_view>

#include <asm/unistd_64.h>

#include "arch/upcalls.h"
#include "runtime/console.h"
#include "runtime/dispatch.h"
#include "runtime/linux/call.h"
#include "runtime/linux/files.h"
#include "runtime/linux/machine.h"
#include "runtime/linux/memory.h"
#include "runtime/linux/paths.h"
#include "runtime/linux/scheduling.h"
#include "runtime/linux/signals.h"
#include "runtime/linux/system_call_names.h"
#include "runtime/linux/threads.h"
#include "runtime/linux/time.h"

namespace tb::linux_abi {
namespace {

// Asked for by a C library that does as well without.
Result system_not_offered(SystemCall&) { return Errno::kNotSupported; }

constexpr auto kHandlers = [] {
  std::array<Handler, kNumbers> handlers{};
#define ANSWER(name) handlers[__NR_##name] = system_##name
#include "runtime/linux/answers.inc"
#undef ANSWER
  handlers[__NR_rseq] = system_not_offered;
  return handlers;
}();

// Sockets have an error that fits better than that the call does not exist.
Errno error_for(std::size_t number) {
  const bool is_socket = number == __NR_socket || number == __NR_socketpair;
  return is_socket ? Errno::kNoAddressFamily : Errno::kNotSupported;
}

// Shared: numbers that have been reported.
constinit std::array<std::atomic<bool>, kNumbers + 1> reported{};

const char* name_of(std::uint64_t number) {
  const char* const name = number < kNumbers ? kNames[number] : nullptr;
  return name != nullptr ? name : "unknown";
}

[[gnu::noinline]] Result refuse(std::uint64_t number) {
  if (!reported[std::min<std::uint64_t>(number, kNumbers)].exchange(true)) {
    blocking([number] {
      println("threadbare: system call {} ({}) does not exist here; it fails", number,
              name_of(number));
    });
  }
  return error_for(number);
}

}  // namespace
}  // namespace tb::linux_abi

namespace tb::arch {

std::uint64_t on_system_call(SystemCall& call, std::uint64_t number) {
  using namespace linux_abi;
  const Handler handler = number < kNumbers ? kHandlers[number] : nullptr;
  const std::uint64_t result = (handler != nullptr ? handler(call) : refuse(number)).raw();
  if (current_thread().pending_signals.load() != 0) [[unlikely]] {
    deliver_signals();
  }
  return result;
}

}  // namespace tb::arch
