// Faults: the first touch of a page of a stack or of mapped memory is served, everything else ends
// the machine.
#include <array>
#include <string_view>

#include "arch/upcalls.h"
#include "base/format.h"
#include "runtime/dispatch.h"
#include "runtime/memory/mappings.h"
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

[[noreturn]] void report_page_fault(const arch::Fault& fault, std::string_view why) {
  std::array<char, 120> text;
  panic(fault,
        format_into(text, "{}: {} {:#x}{}", fault.what, name_of(fault.access), fault.address, why));
}

[[noreturn]] void report_overflow(const arch::Fault& fault) {
  std::array<char, 120> text;
  panic(fault, format_into(text, "stack overflow in thread \"{}\" ({} bytes)",
                           current_thread().name_text(), current_thread().stack.size));
}

// Of a stack that a C library has mapped, the guard is a part.
bool is_in_own_stack(std::uintptr_t address) {
  const Stack stack = current_thread().stack;
  return address - reinterpret_cast<std::uintptr_t>(stack.lowest) < stack.size;
}

// Returns if the page was filled.
void judge_mapping(const arch::Fault& fault) {
  constexpr std::uintptr_t kNullPages = 0x10000;
  switch (mappings().handle_fault(fault.address, fault.access)) {
    case MappingFault::kFilled:
      return;
    case MappingFault::kForbidden:
      if (is_in_own_stack(fault.address)) {
        report_overflow(fault);
      }
      report_page_fault(fault, ": memory that does not allow it");
    case MappingFault::kNotMapped:
      report_page_fault(fault, ", which is not mapped");
    case MappingFault::kOutOfMemory: {
      std::array<char, 120> text;
      panic(fault, format_into(text, "out of memory for memory mapped at {:#x}", fault.address));
    }
    case MappingFault::kNotMine:
      report_page_fault(fault, fault.address < kNullPages ? ", through a null pointer" : "");
  }
}

// False if the page is none of a stack.
bool is_filled_for_stack(const arch::Fault& fault) {
  std::array<char, 120> text;
  switch (stack_pool().handle_fault(fault.address)) {
    case StackFault::kFilled:
      return true;
    case StackFault::kOverflow:
      report_overflow(fault);
    case StackFault::kOutOfMemory:
      panic(fault, format_into(text, "out of memory for the stack of thread \"{}\"",
                               current_thread().name_text()));
    case StackFault::kNotAStack:
      break;
  }
  return false;
}

}  // namespace

namespace arch {

void on_fault(const Fault& fault) {
  if (fault.kind != FaultKind::kPage) {
    panic(fault, fault.what);
  }
  // Stacks are never filled to be executed.
  if (fault.access == FaultAccess::kExecute || !is_filled_for_stack(fault)) {
    judge_mapping(fault);
  }
}

}  // namespace arch

}  // namespace tb
