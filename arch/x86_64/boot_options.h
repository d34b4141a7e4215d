// What the boot command line says to the machine itself: words of the form `machine.NAME=VALUE`
// before the application's own arguments. They choose between ways that hardware would choose, so
// that each can be shown, and plant one fault.
#pragma once

#include <cstdint>
#include <string_view>

namespace tb::arch::x86 {

enum class ClockChoice : std::uint8_t { kAutomatic, kTsc, kReference };
enum class ScreenChoice : std::uint8_t { kAutomatic, kOn, kOff };
enum class MwaitChoice : std::uint8_t { kAutomatic, kOn, kOff };

struct BootOptions {
  static constexpr std::uint32_t kNobody = 0xffffffff;

  ClockChoice clock = ClockChoice::kAutomatic;     // machine.clock=tsc|reference
  ScreenChoice screen = ScreenChoice::kAutomatic;  // machine.screen=on|off
  MwaitChoice mwait = MwaitChoice::kAutomatic;     // machine.mwait=on|off
  bool use_hpet = true;                            // machine.hpet=on|off
  bool use_xsave = true;                           // machine.xsave=on|off
  std::uint32_t withheld_cpu = kNobody;            // machine.withhold=N: CPU N is not started
};

struct ParsedCommandLine {
  BootOptions options;
  std::string_view rest;      // without the machine's words
  std::string_view bad_word;  // the first one that says nothing possible; empty if all are good
};

ParsedCommandLine parse_boot_options(std::string_view command_line);

// What is possible, for a message.
inline constexpr std::string_view kPossibleOptions =
    "machine.clock=tsc|reference machine.screen=on|off machine.hpet=on|off machine.xsave=on|off "
    "machine.mwait=on|off machine.withhold=CPU";

// The options of this boot; constant after start.
const BootOptions& boot_options();
void set_boot_options(const BootOptions& options);

}  // namespace tb::arch::x86
