// The report, and nothing that could block or fault on the way to it.
#include "runtime/panic.h"

#include <array>
#include <atomic>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "arch/machine.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/format.h"
#include "runtime/dispatch.h"
#include "runtime/symbols.h"

namespace tb {
namespace {

constexpr std::size_t kMaxFrames = 40;

// Shared: the CPU whose panic speaks, the first one.
constinit Atomic<CpuId> panicking{kNoCpu};

// Past the console's lock: its holder may be the one who panics.
const TextSink console{[](void*, std::string_view text) { arch::write_console(text); }, nullptr};

void begin_report(std::string_view reason) {
  static_cast<void>(arch::disable_interrupts());
  CpuId first = kNoCpu;
  if (!panicking.compare_exchange_strong(first, arch::current_cpu())) {
    if (first == arch::current_cpu()) {
      arch::shutdown(kPanicStatus);  // the report itself went wrong
    }
    arch::halt();
  }
  arch::stop_other_cpus();
  format_to(console, "\npanic: {}\n", reason);
  if (arch::current() == nullptr) {
    format_to(console, "  while booting\n");
    return;
  }
  const ThreadRecord& thread = current_thread();
  format_to(console, "  in thread \"{}\" ({}) on CPU {}{}\n", thread.name_text(), thread.id(),
            index_of(arch::current_cpu()), arch::in_interrupt() ? ", in an interrupt" : "");
}

void print_address(std::size_t number, std::uintptr_t address) {
  const Symbol symbol = symbol_at(address);
  if (symbol.name.empty()) {
    format_to(console, "  #{:<2} {:016x}\n", number, address);
  } else {
    format_to(console, "  #{:<2} {:016x} {} + {}\n", number, address, symbol.name, symbol.offset);
  }
}

// Follows the chain of frames; a function that calls itself again and again is shown once.
void print_backtrace(std::size_t number, std::uintptr_t frame_pointer) {
  std::uintptr_t last = 0;
  std::size_t repeated = 0;
  while (number < kMaxFrames) {
    const arch::Frame frame = arch::frame_at(frame_pointer);
    if (frame.return_address == last && last != 0) {
      ++repeated;
    } else {
      if (repeated > 0) {
        format_to(console, "      and {} more of it\n", repeated);
        repeated = 0;
      }
      if (frame.return_address == 0) {
        return;
      }
      // One back, so that a call at a function's very end is not taken for the next function.
      print_address(number++, frame.return_address - 1);
    }
    last = frame.return_address;
    if (frame.frame_pointer <= frame_pointer) {
      return;  // the chain goes up or it is broken
    }
    frame_pointer = frame.frame_pointer;
  }
}

void print_registers(std::span<const arch::Register> registers) {
  constexpr std::size_t kPerLine = 4;
  for (std::size_t i = 0; i < registers.size(); ++i) {
    format_to(console, "  {:>6} {:016x}", registers[i].name, registers[i].value);
    if (i % kPerLine == kPerLine - 1 || i + 1 == registers.size()) {
      console("\n");
    }
  }
}

}  // namespace

void panic(std::string_view reason) {
  begin_report(reason);
  print_backtrace(0, arch::frame_pointer());
  arch::shutdown(kPanicStatus);
}

void panic(const arch::Fault& fault, std::string_view reason) {
  begin_report(reason);
  print_registers(fault.registers);
  print_address(0, fault.instruction);
  print_backtrace(1, fault.frame_pointer);
  arch::shutdown(kPanicStatus);
}

void assertion_failed(const char* what, std::source_location where) noexcept {
  std::array<char, 300> text;
  panic(format_into(text, "{}:{}: does not hold: {}", where.file_name(), where.line(), what));
}

namespace arch {

void on_panic(std::string_view reason) { panic(reason); }

void on_notice(std::string_view text) { format_to(console, "threadbare: {}\n", text); }

}  // namespace arch

}  // namespace tb
