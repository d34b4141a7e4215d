// Faults: the first touch of a stack's page is served, everything else ends the machine.
#include <array>

#include "arch/upcalls.h"
#include "base/format.h"
#include "runtime/dispatch.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/panic.h"

namespace tb {
namespace {

const char* name_of(arch::FaultAccess access) {
  switch (access) {
    case arch::FaultAccess::kRead:
      return "read of";
    case arch::FaultAccess::kWrite:
      return "write to";
    case arch::FaultAccess::kExecute:
      return "jump to";
  }
  return "access to";
}

[[noreturn]] void report_page_fault(const arch::Fault& fault) {
  constexpr std::uintptr_t kNullPages = 0x10000;
  std::array<char, 120> text;
  panic(fault, format_into(text, "{}: {} {:#x}{}", fault.what, name_of(fault.access), fault.address,
                           fault.address < kNullPages ? ", through a null pointer" : ""));
}

}  // namespace

namespace arch {

void on_fault(const Fault& fault) {
  if (fault.kind != FaultKind::kPage) {
    panic(fault, fault.what);
  }
  if (fault.access == FaultAccess::kExecute) {
    report_page_fault(fault);  // nothing is ever filled to be executed
  }
  std::array<char, 120> text;
  switch (stack_pool().handle_fault(fault.address)) {
    case StackFault::kFilled:
      return;
    case StackFault::kOverflow:
      panic(fault, format_into(text, "stack overflow in thread \"{}\" ({} bytes)",
                               current_thread().name_text(), current_thread().stack.size));
    case StackFault::kOutOfMemory:
      panic(fault, format_into(text, "out of memory for the stack of thread \"{}\"",
                               current_thread().name_text()));
    case StackFault::kNotAStack:
      report_page_fault(fault);
  }
}

}  // namespace arch

}  // namespace tb
