// Names of the machine's faults, for command lines.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "arch/sim/simulator.h"

namespace tb::simulator {

struct NamedFault {
  std::string_view name;
  std::uint32_t arch::sim::Faults::* rate;
  std::uint32_t usual;  // of a thousand
  bool in_all;          // whether "all" has it: the runtime goes on as if nothing was
};

inline constexpr std::array kNamedFaults{
    NamedFault{"late-ipis", &arch::sim::Faults::late_ipis, 100, true},
    NamedFault{"doubled-ipis", &arch::sim::Faults::doubled_ipis, 100, true},
    NamedFault{"spurious-ipis", &arch::sim::Faults::spurious_ipis, 100, true},
    NamedFault{"lost-ipis", &arch::sim::Faults::lost_ipis, 50, false},
    NamedFault{"late-timers", &arch::sim::Faults::late_timers, 100, true},
    NamedFault{"stalls", &arch::sim::Faults::stalls, 1, true},
    NamedFault{"missing-cpus", &arch::sim::Faults::missing_cpus, 200, true},
    NamedFault{"skew", &arch::sim::Faults::skew, 500, true},
};

// "none", "all", or names with commas between them, each with "=RATE" or without. Nothing if it is
// none of these.
std::optional<arch::sim::Faults> parse_faults(std::string_view words);

// The other way round.
std::string words_of(const arch::sim::Faults& faults);

// "late-ipis, doubled-ipis, ..."
std::string fault_names();

// Some fault that moves an interrupt or a CPU in time, so that nothing holds within a time.
bool delays(const arch::sim::Faults& faults);

}  // namespace tb::simulator
