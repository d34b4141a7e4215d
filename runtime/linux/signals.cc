// Dispositions are the program's, pending signals each thread's.
#include "runtime/linux/signals.h"

#include <array>
#include <atomic>
#include <bit>

#include "arch/machine.h"
#include "base/format.h"
#include "runtime/console.h"
#include "runtime/dispatch.h"
#include "runtime/linux/threads.h"
#include "runtime/panic.h"
#include "runtime/park.h"

namespace tb::linux_abi {
namespace {

constexpr std::uint64_t kSignals = 64;
constexpr std::uint64_t kAbort = 6;
constexpr std::uint64_t kKill = 9;
constexpr std::uint64_t kStop = 19;
// Those that do nothing where nobody has asked for them: child, continue, urgent, window.
constexpr std::uint64_t kHarmless = 1 << 16 | 1 << 17 | 1 << 22 | 1 << 27;
constexpr std::uint64_t kWithInformation = 4;          // SA_SIGINFO
constexpr std::uint64_t kRestart = 0x10000000;         // SA_RESTART
constexpr std::uint64_t kMayNest = 0x40000000;         // SA_NODEFER
constexpr std::uint64_t kResetToDefault = 0x80000000;  // SA_RESETHAND

// As the trap takes it, which is not as sigaction() does.
struct Disposition {
  std::uintptr_t handler = 0;  // or one of the two below
  std::uint64_t flags = 0;
  std::uintptr_t restorer = 0;
  std::uint64_t mask = 0;
};
constexpr std::uintptr_t kDefault = 0;
constexpr std::uintptr_t kIgnore = 1;

// The beginning of siginfo_t, as far as a signal that a thread sent has something to say.
struct Information {
  std::int32_t number;
  std::int32_t error;
  std::int32_t code;
  std::int32_t padding;
  std::int32_t sender_process;
  std::uint32_t sender_user;
  std::array<std::int32_t, 26> rest;
};
static_assert(sizeof(Information) == 128);
constexpr std::int32_t kSentByThread = -6;  // SI_TKILL

// Shared; a signal that meets a change of its disposition sees the old or the new one.
constinit std::array<Disposition, kSignals> dispositions{};

constexpr std::uint64_t bit_of(std::uint64_t signal) { return std::uint64_t{1} << (signal - 1); }

void call_handler(const Disposition& disposition, std::uint64_t signal) {
  using Simple = void (*)(int);
  using Detailed = void (*)(int, Information*, void*);
  if ((disposition.flags & kWithInformation) == 0) {
    reinterpret_cast<Simple>(disposition.handler)(static_cast<int>(signal));
    return;
  }
  Information information{};
  information.number = static_cast<std::int32_t>(signal);
  information.code = kSentByThread;
  information.sender_process = static_cast<std::int32_t>(process_number());
  // Where a context of registers would stand there is an empty one.
  alignas(16) std::array<std::uint64_t, 128> context{};
  reinterpret_cast<Detailed>(disposition.handler)(static_cast<int>(signal), &information,
                                                  context.data());
}

[[noreturn]] void die_of(std::uint64_t signal) {
  if (signal == kAbort) {
    panic("abort() was called");
  }
  println("threadbare: signal {} ends the program", signal);
  constexpr int kSignalStatus = 128;
  arch::shutdown(kSignalStatus + static_cast<int>(signal));
}

bool has_effect(const Disposition& disposition, std::uint64_t signal) {
  return disposition.handler != kIgnore &&
         (disposition.handler != kDefault || (kHarmless & bit_of(signal)) == 0);
}

std::uint64_t ready_signals() {
  ThreadRecord& self = current_thread();
  return self.pending_signals.load() & ~library_of(self).signal_mask;
}

std::uint64_t lowest_of(std::uint64_t signals) {
  return static_cast<std::uint64_t>(std::countr_zero(signals)) + 1;
}

// Whether the condition holds for a signal that the calling thread has been sent and not blocked.
template <class Condition>
bool has_ready(Condition condition) {
  for (std::uint64_t left = ready_signals(); left != 0; left &= left - 1) {
    const std::uint64_t signal = lowest_of(left);
    if (condition(dispositions[signal - 1], signal)) {
      return true;
    }
  }
  return false;
}

void act_on(std::uint64_t signal) {
  const Disposition disposition = dispositions[signal - 1];
  if (!has_effect(disposition, signal)) {
    return;
  }
  if (disposition.handler == kDefault) {
    die_of(signal);
  }
  if ((disposition.flags & kResetToDefault) != 0) {
    dispositions[signal - 1] = {};
  }
  LibraryState& state = library_of(current_thread());
  const std::uint64_t mask_before = state.signal_mask;
  const bool may_nest = (disposition.flags & kMayNest) != 0;
  state.signal_mask |= disposition.mask | (may_nest ? 0 : bit_of(signal));
  call_handler(disposition, signal);
  state.signal_mask = mask_before;
}

Result send(ThreadRecord& thread, std::uint64_t signal) {
  if (signal > kSignals) {
    return Errno::kInvalid;
  }
  if (signal == 0) {
    return 0;  // only asks whether the thread is there
  }
  thread.pending_signals.fetch_or(bit_of(signal));
  if (&thread != &current_thread()) {
    wake(thread);
  }
  return 0;
}

Result send_to_number(std::uint32_t number, std::uint64_t signal) {
  ThreadRecord* const thread = find_thread(number);
  return thread != nullptr ? send(*thread, signal) : Result(Errno::kNoSuchThread);
}

}  // namespace

bool signals_restart_calls() {
  return !has_ready([](const Disposition& disposition, std::uint64_t signal) {
    return has_effect(disposition, signal) && (disposition.flags & kRestart) == 0;
  });
}

bool signal_is_pending() { return has_ready(has_effect); }

void deliver_signals() {
  for (std::uint64_t ready = ready_signals(); ready != 0; ready = ready_signals()) {
    const std::uint64_t signal = lowest_of(ready);
    current_thread().pending_signals.fetch_and(~bit_of(signal));
    blocking([signal] { act_on(signal); });
  }
}

Result system_rt_sigaction(SystemCall& call) {
  const auto signal = argument<std::uint64_t>(call, 0);
  const auto* const wanted = pointer<const Disposition>(call, 1);
  auto* const before = pointer<Disposition>(call, 2);
  if (signal == 0 || signal > kSignals || argument<std::size_t>(call, 3) != sizeof(std::uint64_t) ||
      (wanted != nullptr && (signal == kKill || signal == kStop))) {
    return Errno::kInvalid;
  }
  if (before != nullptr) {
    *before = dispositions[signal - 1];
  }
  if (wanted != nullptr) {
    dispositions[signal - 1] = *wanted;
  }
  return 0;
}

Result system_rt_sigprocmask(SystemCall& call) {
  enum : std::uint64_t { kBlock, kUnblock, kSet };
  std::uint64_t& mask = library_of(current_thread()).signal_mask;
  const auto* const wanted = pointer<const std::uint64_t>(call, 1);
  const std::uint64_t change = wanted != nullptr ? *wanted : 0;
  if (auto* const before = pointer<std::uint64_t>(call, 2); before != nullptr) {
    *before = mask;
  }
  if (wanted == nullptr) {
    return 0;
  }
  switch (argument<std::uint64_t>(call, 0)) {
    case kBlock:
      mask |= change;
      break;
    case kUnblock:
      mask &= ~change;
      break;
    case kSet:
      mask = change;
      break;
    default:
      return Errno::kInvalid;
  }
  mask &= ~(bit_of(kKill) | bit_of(kStop));
  return 0;
}

Result system_rt_sigpending(SystemCall& call) {
  ThreadRecord& self = current_thread();
  *pointer<std::uint64_t>(call, 0) = self.pending_signals.load() & library_of(self).signal_mask;
  return 0;
}

// Handlers run on the thread's own stack; another one is accepted and not needed.
Result system_sigaltstack(SystemCall& call) {
  struct AlternateStack {
    void* begin;
    std::int32_t flags;
    std::size_t size;
  };
  constexpr std::int32_t kNone = 2;  // SS_DISABLE
  if (auto* const before = pointer<AlternateStack>(call, 1); before != nullptr) {
    *before = {.begin = nullptr, .flags = kNone, .size = 0};
  }
  return 0;
}

Result system_kill(SystemCall& call) {
  const auto process = argument<std::int32_t>(call, 0);
  if (process != static_cast<std::int32_t>(process_number()) && process != 0) {
    return Errno::kNoSuchThread;
  }
  return send(current_thread(), argument<std::uint64_t>(call, 1));
}

Result system_tkill(SystemCall& call) {
  return send_to_number(argument<std::uint32_t>(call, 0), argument<std::uint64_t>(call, 1));
}

Result system_tgkill(SystemCall& call) {
  if (argument<std::uint32_t>(call, 0) != process_number()) {
    return Errno::kNoSuchThread;
  }
  return send_to_number(argument<std::uint32_t>(call, 1), argument<std::uint64_t>(call, 2));
}

}  // namespace tb::linux_abi
