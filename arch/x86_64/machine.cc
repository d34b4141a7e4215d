// How the machine was started, where its words go, and how it ends.
#include "arch/machine.h"

#include <array>

#include "arch/cpu.h"
#include "arch/smp.h"
#include "arch/x86_64/boot_options.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/local_apic.h"
#include "arch/x86_64/machine_clock.h"
#include "arch/x86_64/machine_state.h"
#include "arch/x86_64/random_source.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/screen.h"
#include "arch/x86_64/serial.h"
#include "base/format.h"

namespace tb::arch {
namespace x86 {
namespace {

constexpr std::uint16_t kTracePort = 0xe9;  // QEMU's debug console
constexpr std::uint16_t kExitPort = 0xf4;   // QEMU's isa-debug-exit

// Constant after start.
constinit std::string_view arguments;
constinit std::array<Module, BootInformation::kMaxModules> loaded_modules{};
constinit std::size_t module_count = 0;

}  // namespace

void set_command_line(std::string_view command_line) { arguments = command_line; }

void set_modules(std::span<const LoadedModule> modules) {
  for (const LoadedModule& module : modules) {
    loaded_modules[module_count++] = {
        module.name, {reinterpret_cast<const std::byte*>(module.begin), module.end - module.begin}};
  }
}

}  // namespace x86

std::string_view command_line() { return x86::arguments; }

std::span<const Module> modules() {
  return std::span(x86::loaded_modules).first(x86::module_count);
}

void describe_machine(TextSink sink) {
  using namespace x86;
  const CpuFeatures& features = cpu_features();
  std::string_view brand = features.brand;
  while (brand.starts_with(' ')) {
    brand.remove_prefix(1);
  }
  format_to(sink, "{}; {} {} MHz, {} APIC with {} timer, {}, {}, {}",
            brand.empty() ? "unnamed processor" : brand, clock_name(), clock_hz() / 1'000'000,
            local_apic().mode() == ApicMode::kX2Apic ? "x2" : "memory",
            local_apic().timer() == ApicTimer::kTscDeadline ? "TSC deadline" : "countdown",
            !features.xsave   ? "FXSAVE"
            : features.xsavec ? "XSAVEC"
                              : "XSAVE",
            watches_stores() ? "idle by MWAIT" : "idle by HLT", random_source_name());
}

void write_console(std::string_view text) {
  x86::write_serial(text);
  x86::write_screen(text);
}

void write_trace(std::string_view text) {
  for (const char byte : text) {
    x86::out8(x86::kTracePort, static_cast<std::uint8_t>(byte));
  }
}

void shutdown(int status) {
  stop_other_cpus();
  std::array<char, 40> text;
  x86::finish_serial();
  write_trace(format_into(text, "exit status {}\n", status));
  x86::out32(x86::kExitPort, static_cast<std::uint32_t>(status));
  // Still here: a machine where nobody listens on that port.
  write_console(format_into(text, "The machine is halted; status {}.\n", status));
  halt();
}

}  // namespace tb::arch
