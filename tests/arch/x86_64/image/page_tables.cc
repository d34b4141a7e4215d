// Walks the live page tables: nothing is both writable and executable, code has one mapping only,
// and what must not be mapped is not.
#include <cstdint>

#include "arch/cpu.h"
#include "arch/memory.h"
#include "arch/x86_64/cpu_area.h"
#include "arch/x86_64/page_tables.h"
#include "arch/x86_64/registers.h"
#include "runtime/memory/stack_pool.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

extern "C" char __image_begin[];
extern "C" char __text_end[];

namespace {

using tb::arch::x86::CpuArea;
using tb::arch::x86::Entry;
using tb::arch::x86::for_each_page;
using tb::arch::x86::kFrameMask;
using tb::arch::x86::kNoExecute;
using tb::arch::x86::kWritable;
using tb::test::Suite;

std::uintptr_t root() { return tb::arch::x86::read_cr3() & kFrameMask; }

bool executable(Entry entry) { return (entry & kNoExecute) == 0; }
bool writable(Entry entry) { return (entry & kWritable) != 0; }

std::uintptr_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

bool is_mapped(std::uintptr_t address) {
  bool found = false;
  for_each_page(root(), [&](std::uintptr_t begin, std::size_t size, Entry) {
    found = found || (address >= begin && address - begin < size);
  });
  return found;
}

void check_permissions(Suite& suite) {
  std::size_t pages = 0;
  std::size_t both = 0;
  std::size_t foreign_code = 0;
  for_each_page(root(), [&](std::uintptr_t begin, std::size_t size, Entry entry) {
    ++pages;
    both += writable(entry) && executable(entry) ? 1 : 0;
    const bool text = begin >= address_of(__image_begin) && begin + size <= address_of(__text_end);
    foreign_code += executable(entry) && !text ? 1 : 0;
  });
  suite.check(pages > 20, "the walk saw the address space");
  suite.equal(both, 0u, "pages that are writable and executable");
  suite.equal(foreign_code, 0u, "executable pages outside the image's text");
}

void check_aliases(Suite& suite) {
  const std::uintptr_t text_begin = address_of(__image_begin);
  const std::uintptr_t text_end = address_of(__text_end);
  std::size_t mapped_text = 0;
  std::size_t aliases = 0;
  for_each_page(root(), [&](std::uintptr_t begin, std::size_t size, Entry entry) {
    const std::uintptr_t frame = entry & kFrameMask & ~(size - 1);
    if (frame < text_end && frame + size > text_begin) {
      begin == frame ? ++mapped_text : ++aliases;
    }
  });
  suite.equal(mapped_text, (text_end - text_begin) / tb::kPageSize, "pages of text");
  suite.equal(aliases, 0u, "second mappings of text");
}

void check_guards(Suite& suite) {
  for (std::uint32_t i = 0; i < tb::cpu_count(); ++i) {
    CpuArea& area = tb::arch::x86::cpu_area(i);
    suite.check(!is_mapped(address_of(area.main.guard)), "no page below the main stack");
    suite.check(!is_mapped(address_of(area.interrupt.guard)), "no page below the interrupt stack");
    suite.check(!is_mapped(address_of(area.fault.guard)), "no page below the fault stack");
    suite.check(!is_mapped(address_of(area.nmi.guard)), "no page below the NMI stack");
    suite.check(!is_mapped(address_of(area.double_fault.guard)), "no page below that stack");
    suite.check(!is_mapped(address_of(area.machine_check.guard)), "no page below that stack");
    suite.check(is_mapped(address_of(area.main.bytes)), "the stack itself is mapped");
  }
  const auto stack = tb::stack_pool().make(tb::StackPool::class_for(tb::StackPool::kDefaultSize));
  suite.check(stack.has_value(), "there is a stack to look at");
  for (std::byte* page = stack->lowest; page < stack->top(); page += tb::kPageSize) {
    *static_cast<volatile std::byte*>(page) = std::byte{1};
    suite.check(is_mapped(address_of(page)), "a touched page is mapped");
  }
  suite.check(!is_mapped(address_of(stack->lowest) - 1), "no page below a thread's stack");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("no page is both writable and executable, and only text is executable",
             check_permissions);
  suite.test("the text has one mapping", check_aliases);
  suite.test("page 0 and all of the first 64 KiB are not mapped", [](Suite& s) {
    for (std::uintptr_t address = 0; address < 64 * tb::kKiB; address += tb::kPageSize) {
      s.check(!is_mapped(address), "nothing is mapped there");
    }
  });
  suite.test("machine checks come to their stack and do not reset the machine", [](Suite& s) {
    constexpr std::uint64_t kMachineCheck = 1 << 6;
    s.check((tb::arch::x86::read_cr4() & kMachineCheck) != 0, "CR4.MCE is set");
  });
  suite.test("the pages below all stacks are not mapped", check_guards);
  return suite.status();
}
