// Building and loading GDT, TSS, IDT and GS. Intel SDM volume 3A, sections 3.4.5, 6.14, 8.2.3.
#include "arch/x86_64/descriptors.h"

#include <array>
#include <cstring>

#include "arch/x86_64/registers.h"

extern "C" const char interrupt_entries[];
extern "C" const char exception_entries[];
extern "C" const char spurious_entry[];

namespace tb::arch::x86 {
namespace {

constexpr std::uint64_t kCodeDescriptor = 0x00af9b000000ffff;
constexpr std::uint64_t kDataDescriptor = 0x00cf93000000ffff;
constexpr std::uint16_t kCodeSelector = 0x08;
constexpr std::uint16_t kTaskSelector = 0x18;
constexpr std::size_t kEntrySpacing = 16;
constexpr unsigned kExceptions = 32;
constexpr unsigned kInterrupts = 4;
constexpr unsigned kOldInterrupts = 240;  // 16 of the old controllers, which are silenced

struct Gate {
  std::uint16_t offset_low;
  std::uint16_t selector;
  std::uint8_t stack;
  std::uint8_t type;
  std::uint16_t offset_middle;
  std::uint32_t offset_high;
  std::uint32_t reserved;
};
static_assert(sizeof(Gate) == 16);

struct [[gnu::packed]] TablePointer {
  std::uint16_t limit;
  std::uint64_t base;
};

alignas(kPageSize) constinit std::array<Gate, 256> interrupt_table{};  // constant after start

Gate gate(const char* entry, InterruptStack stack) {
  constexpr std::uint8_t kInterruptGate = 0x8e;  // present, interrupts off inside
  const auto address = reinterpret_cast<std::uintptr_t>(entry);
  return {.offset_low = static_cast<std::uint16_t>(address),
          .selector = kCodeSelector,
          .stack = static_cast<std::uint8_t>(stack),
          .type = kInterruptGate,
          .offset_middle = static_cast<std::uint16_t>(address >> 16),
          .offset_high = static_cast<std::uint32_t>(address >> 32),
          .reserved = 0};
}

InterruptStack stack_of_exception(unsigned vector) {
  switch (vector) {
    case 2:
      return InterruptStack::kNmi;
    case 8:
      return InterruptStack::kDoubleFault;
    case 18:
      return InterruptStack::kMachineCheck;
    default:
      return InterruptStack::kFault;
  }
}

void set_stack(TaskState& task, InterruptStack stack, std::byte* top) {
  task.interrupt_stacks[static_cast<std::size_t>(stack) - 1] =
      reinterpret_cast<std::uintptr_t>(top);
}

void fill_task_state(CpuArea& area) {
  TaskState& task = area.state.task;
  std::memset(&task, 0, sizeof task);
  set_stack(task, InterruptStack::kInterrupt, area.interrupt.top());
  set_stack(task, InterruptStack::kFault, area.fault.top());
  set_stack(task, InterruptStack::kNmi, area.nmi.top());
  set_stack(task, InterruptStack::kDoubleFault, area.double_fault.top());
  set_stack(task, InterruptStack::kMachineCheck, area.machine_check.top());
  task.io_map = sizeof task;
}

void fill_segments(CpuState& state) {
  constexpr std::uint64_t kAvailableTaskState = 0x89;
  const auto base = reinterpret_cast<std::uintptr_t>(&state.task);
  const std::uint64_t limit = sizeof state.task - 1;
  state.descriptors = {
      0, kCodeDescriptor, kDataDescriptor,
      limit | (base & 0xffffff) << 16 | kAvailableTaskState << 40 | ((base >> 24) & 0xff) << 56,
      base >> 32};
}

}  // namespace

void build_interrupt_table() {
  for (unsigned i = 0; i < kExceptions; ++i) {
    interrupt_table[i] = gate(exception_entries + i * kEntrySpacing, stack_of_exception(i));
  }
  for (unsigned i = 0; i < kInterrupts; ++i) {
    interrupt_table[kExceptions + i] =
        gate(interrupt_entries + i * kEntrySpacing, InterruptStack::kInterrupt);
  }
  for (std::size_t i = kOldInterrupts; i < interrupt_table.size(); ++i) {
    interrupt_table[i] = gate(spurious_entry, InterruptStack::kInterrupt);
  }
}

void silence_old_interrupts() {
  constexpr std::uint16_t kFirst = 0x20;
  constexpr std::uint16_t kSecond = 0xa0;
  constexpr std::uint8_t kInitialise = 0x11;
  constexpr std::uint8_t kAllMasked = 0xff;
  for (const std::uint16_t controller : {kFirst, kSecond}) {
    const std::uint16_t data = controller + 1;
    out8(controller, kInitialise);
    // Even masked, one may signal a spurious interrupt: away from the exceptions with it.
    out8(data, controller == kFirst ? kOldInterrupts : kOldInterrupts + 8);
    out8(data, controller == kFirst ? 4 : 2);  // which line joins the two
    out8(data, 1);
    out8(data, kAllMasked);
  }
}

void load_early_block(CpuBlock& block) {
  block = {.self = &block,
           .current = nullptr,
           .local = nullptr,
           .preemption = kNoRescheduleRequest | 1,
           .interrupt_depth = 0,
           .id = CpuId{0}};
  write_msr(msr::kGsBase, reinterpret_cast<std::uintptr_t>(&block));
}

void load_descriptors(CpuArea& area, CpuId id) {
  CpuState& state = area.state;
  fill_task_state(area);
  fill_segments(state);
  load_early_block(state.block);
  state.block.id = id;
  const TablePointer segments{sizeof state.descriptors - 1,
                              reinterpret_cast<std::uintptr_t>(state.descriptors.data())};
  const TablePointer interrupts{sizeof interrupt_table - 1,
                                reinterpret_cast<std::uintptr_t>(interrupt_table.data())};
  asm volatile("lgdt %0" : : "m"(segments));
  asm volatile("lidt %0" : : "m"(interrupts));
  asm volatile("ltr %0" : : "r"(kTaskSelector));
}

}  // namespace tb::arch::x86
