// Starting the application processors, and interrupts from CPU to CPU.
//
// Processors arrive in any order, each with a ticket that gives it a stack. They report their APIC
// id and wait. The boot CPU then numbers those that came, in the firmware's order, and lets them
// go; whoever comes later finds the ticket office closed and halts. Intel SDM volume 3A,
// section 9.4.
#include "arch/smp.h"

#include <array>
#include <atomic>
#include <cstring>

#include "arch/clock.h"
#include "arch/interrupts.h"
#include "arch/upcalls.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/address_space.h"
#include "arch/x86_64/boot_options.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/local_apic.h"
#include "arch/x86_64/machine_clock.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/smp_internal.h"
#include "arch/x86_64/system_call.h"
#include "base/format.h"

extern "C" char trampoline_begin[];
extern "C" char trampoline_end[];
extern "C" char trampoline_long_mode[];
extern "C" char trampoline_descriptors[];
extern "C" char trampoline_descriptors_base[];
extern "C" char trampoline_root[];
extern "C" char trampoline_far[];

// Read and written by trampoline.S.
extern "C" {
constinit std::uint32_t ap_tickets = 1;            // shared: ticket 0 is the boot CPU's
constinit std::uint32_t ap_ticket_limit = 0;       // shared: tickets from here on are refused
constinit std::uint64_t* ap_stack_tops = nullptr;  // constant while CPUs arrive
}

namespace tb::arch {
namespace x86 {
namespace {

enum class Stage : std::uint8_t { kAbsent, kArrived, kReleased };

// All zeros, so that they take no room in an image.
constexpr CpuId kBootCpu{0};
struct Arrival {
  std::atomic<Stage> stage{Stage::kAbsent};  // shared: the arriving CPU, then the boot CPU
  std::uint32_t apic_id = 0;                 // written before kArrived
  CpuId cpu = kBootCpu;                      // written before kReleased; till then nobody else's
};

constinit std::array<std::uint32_t, kMaxCpus> listed_ids{};  // constant after start
constinit std::size_t listed = 0;                            // constant after start
constinit std::array<Arrival, kMaxCpus> arrivals{};
constinit std::array<std::uint64_t, kMaxCpus> stack_tops{};  // constant after start
constinit std::array<CpuState*, kMaxCpus> cpus{};            // constant after start
constinit std::uint32_t count = 1;                           // constant after start
constinit std::atomic<std::uint32_t> running{1};             // shared
constinit std::atomic<bool> stopping{false};                 // shared
constinit std::atomic<std::uint32_t> stopped{0};             // shared: CPUs that have

// Where the address of a symbol of trampoline.S has gone with the copy.
std::uintptr_t in_copy(std::uintptr_t page, const char* symbol) {
  return page + static_cast<std::uintptr_t>(symbol - trampoline_begin);
}

void patch(std::uintptr_t page, const char* symbol, std::uintptr_t value) {
  const auto word = static_cast<std::uint32_t>(value);
  std::memcpy(reinterpret_cast<void*>(in_copy(page, symbol)), &word, sizeof word);
}

void map_trampoline(std::uintptr_t page, std::uint64_t bits) {
  page_tables().unmap(page);
  invalidate_page(page);
  // Its table exists: the text screen lies in the same 2 MiB.
  static_cast<void>(page_tables().map(page, page, bits, nullptr));
}

// Written first, executable afterwards, never both.
void place_trampoline(std::uintptr_t page) {
  map_trampoline(page, kReadWritePage);
  std::memcpy(reinterpret_cast<void*>(page), trampoline_begin,
              static_cast<std::size_t>(trampoline_end - trampoline_begin));
  patch(page, trampoline_descriptors_base, in_copy(page, trampoline_descriptors));
  patch(page, trampoline_root, page_tables().root());
  patch(page, trampoline_far, in_copy(page, trampoline_long_mode));
  map_trampoline(page, kExecutablePage);
}

bool is_listed_other(std::size_t index) {
  return listed_ids[index] != local_apic().id() && index != boot_options().withheld_cpu;
}

std::span<const Arrival> tickets() { return std::span(arrivals).first(listed); }

bool has_arrived(std::uint32_t apic_id) {
  for (const Arrival& arrival : tickets()) {
    // acquire: pairs with the release in enter_application_processor().
    if (arrival.stage.load(std::memory_order_acquire) != Stage::kAbsent &&
        arrival.apic_id == apic_id) {
      return true;
    }
  }
  return false;
}

void send_to_absent(std::uint32_t command) {
  for (std::size_t i = 0; i < listed; ++i) {
    if (is_listed_other(i) && !has_arrived(listed_ids[i])) {
      local_apic().send(listed_ids[i], command);
    }
  }
}

std::size_t count_arrivals() {
  std::size_t arrived = 0;
  for (const Arrival& arrival : tickets()) {
    // acquire: pairs with the release in enter_application_processor().
    arrived += arrival.stage.load(std::memory_order_acquire) != Stage::kAbsent ? 1 : 0;
  }
  return arrived;
}

// Until all have come, or nobody has for a while.
void wait_for_arrivals(std::size_t expected) {
  constexpr Duration kPatience = std::chrono::seconds(2);
  std::size_t seen = 0;
  Time give_up = after(now(), kPatience);
  while (seen < expected && now() < give_up) {
    delay_us(20);
    if (const std::size_t arrived = count_arrivals(); arrived != seen) {
      seen = arrived;
      give_up = after(now(), kPatience);
    }
  }
}

void report_missing(std::size_t index) {
  std::array<char, 120> text;
  on_notice(format_into(text, "CPU {} (APIC id {}) did not start and is left out", index,
                        listed_ids[index]));
}

// Numbers in the firmware's order, whatever the order of arrival.
void number_arrivals() {
  for (std::size_t i = 0; i < listed; ++i) {
    if (listed_ids[i] == local_apic().id()) {
      continue;
    }
    bool found = false;
    for (std::size_t ticket = 1; ticket < listed && !found; ++ticket) {
      Arrival& arrival = arrivals[ticket];
      // acquire: pairs with the release in enter_application_processor().
      found = arrival.stage.load(std::memory_order_acquire) != Stage::kAbsent &&
              arrival.apic_id == listed_ids[i];
      if (found) {
        arrival.cpu = CpuId{count};
        cpus[count++] = &cpu_area(ticket).state;
      }
    }
    if (!found) {
      report_missing(i);
    }
  }
}

std::uint32_t command_for(Vector vector) { return static_cast<std::uint32_t>(vector); }

}  // namespace

// Called by trampoline.S, on the stack of the ticket's area.
extern "C" [[noreturn]] void enter_application_processor(std::uint32_t ticket) {
  enable_cpu_features();
  CpuArea& area = cpu_area(ticket);
  enable_local_apic();
  Arrival& arrival = arrivals[ticket];
  arrival.apic_id = local_apic().id();
  // release: the APIC id; pairs with the acquires of the boot CPU.
  arrival.stage.store(Stage::kArrived, std::memory_order_release);
  // acquire: our number and the runtime's preparations; pairs with release_other_cpus().
  while (arrival.stage.load(std::memory_order_acquire) != Stage::kReleased) {
    relax();
  }
  load_descriptors(area, arrival.cpu);
  enable_system_calls();
  area.state.apic_id = arrival.apic_id;
  running.fetch_add(1);
  on_cpu_started();
}

void set_processors(std::span<const std::uint32_t> apic_ids) {
  for (const std::uint32_t id : apic_ids) {
    listed_ids[listed++] = id;
  }
}

void register_boot_cpu(CpuState& state) {
  state.apic_id = local_apic().id();
  cpus[0] = &state;
}

CpuState& cpu_state(CpuId id) { return *cpus[index_of(id)]; }

std::uint32_t running_cpus() { return running.load(); }

void interrupt_others(Vector vector) {
  const InterruptGuard guard;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (CpuId{i} != current_cpu()) {
      local_apic().send(cpus[i]->apic_id, command_for(vector) | apic::kLevelAssert);
    }
  }
}

bool stop_requested() { return stopping.load(); }

void note_stopped() { stopped.fetch_add(1); }

}  // namespace x86

namespace {

// The first ones of the list stay.
void forget_others_beyond(std::uint32_t most) {
  using namespace x86;
  std::size_t kept = 0;
  std::uint32_t others = 0;
  for (const std::uint32_t id : std::span(listed_ids).first(listed)) {
    if (id == local_apic().id() || ++others < most) {
      listed_ids[kept++] = id;
    }
  }
  listed = kept;
}

}  // namespace

std::uint32_t cpu_count() { return x86::count; }

[[gnu::cold]] void start_other_cpus(std::uint32_t most) {
  using namespace x86;
  forget_others_beyond(most);
  if (listed < 2) {
    return;
  }
  const std::uintptr_t page = trampoline_page();
  if (page == 0) {
    on_notice("no memory below 1 MiB to start other CPUs from; going on with one");
    return;
  }
  for (std::size_t i = 0; i < listed; ++i) {
    stack_tops[i] = reinterpret_cast<std::uint64_t>(cpu_area(i).main.top());
  }
  ap_stack_tops = stack_tops.data();
  std::atomic_ref(ap_ticket_limit).store(static_cast<std::uint32_t>(listed));
  place_trampoline(page);
  constexpr std::uint64_t kInitWaitUs = 10'000;
  constexpr std::uint64_t kStartupWaitUs = 200;
  send_to_absent(apic::kDeliveryInit | apic::kLevelAssert);
  delay_us(kInitWaitUs);
  const auto startup = apic::kDeliveryStartup | static_cast<std::uint32_t>(page / kPageSize);
  send_to_absent(startup);
  delay_us(kStartupWaitUs);
  send_to_absent(startup);
  wait_for_arrivals(listed - 1);
  std::atomic_ref(ap_ticket_limit).store(0);
  if (count_arrivals() == listed - 1) {
    page_tables().unmap(page);  // else a late one may still come through it, to halt there
    invalidate_page(page);
  }
  number_arrivals();
}

void release_other_cpus() {
  using namespace x86;
  for (std::size_t ticket = 1; ticket < listed; ++ticket) {
    if (arrivals[ticket].cpu != kBootCpu) {
      // release: the number and whatever the runtime has prepared; pairs with the acquire in
      // enter_application_processor().
      arrivals[ticket].stage.store(Stage::kReleased, std::memory_order_release);
    }
  }
  while (running.load() < count) {
    relax();
  }
}

void send_reschedule(CpuId cpu) {
  using namespace x86;
  const InterruptGuard guard;
  local_apic().send(cpu_state(cpu).apic_id, command_for(Vector::kReschedule) | apic::kLevelAssert);
}

// A CPU that is writing stops after the character that it is at, which is waited for: it shall not
// come into what the stopper writes. But not for ever.
void stop_other_cpus() {
  using namespace x86;
  constexpr int kPatience = 1'000'000;  // turns
  if (stopping.exchange(true) || running_cpus() < count) {
    return;  // somebody does so already; or the others are held, and could not take an interrupt
  }
  const InterruptGuard guard;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (CpuId{i} != current_cpu()) {
      local_apic().send(cpus[i]->apic_id, apic::kDeliveryNmi | apic::kLevelAssert);
    }
  }
  for (int turn = 0; turn < kPatience && stopped.load() + 1 < count; ++turn) {
    relax();
  }
}

}  // namespace tb::arch
