// From words to rates and back.
#include "tests/simulator/faults.h"

#include <algorithm>
#include <optional>

#include "base/parse_number.h"

namespace tb::simulator {
namespace {

bool add_fault(std::string_view word, arch::sim::Faults& faults) {
  const std::string_view name = word.substr(0, word.find('='));
  const auto* const found = std::ranges::find(kNamedFaults, name, &NamedFault::name);
  if (found == kNamedFaults.end()) {
    return false;
  }
  const auto rate = name.size() < word.size()
                        ? parse_number<std::uint32_t>(word.substr(name.size() + 1))
                        : std::optional(found->usual);
  if (!rate || *rate > 1000) {
    return false;
  }
  faults.*found->rate = *rate;
  return true;
}

}  // namespace

std::optional<arch::sim::Faults> parse_faults(std::string_view words) {
  arch::sim::Faults faults;
  if (words == "none") {
    return faults;
  }
  if (words == "all") {
    for (const NamedFault& fault : kNamedFaults) {
      faults.*fault.rate = fault.in_all ? fault.usual : 0;
    }
    return faults;
  }
  for (;;) {
    const std::size_t comma = words.find(',');
    if (!add_fault(words.substr(0, comma), faults)) {
      return std::nullopt;
    }
    if (comma == std::string_view::npos) {
      return faults;
    }
    words.remove_prefix(comma + 1);
  }
}

std::string words_of(const arch::sim::Faults& faults) {
  std::string words;
  for (const NamedFault& fault : kNamedFaults) {
    if (const std::uint32_t rate = faults.*fault.rate; rate != 0) {
      words += (words.empty() ? "" : ",") + std::string(fault.name);
      words += rate != fault.usual ? "=" + std::to_string(rate) : "";
    }
  }
  return words.empty() ? "none" : words;
}

std::string fault_names() {
  std::string names;
  for (const NamedFault& fault : kNamedFaults) {
    names += (names.empty() ? "" : ", ") + std::string(fault.name);
  }
  return names;
}

bool delays(const arch::sim::Faults& faults) {
  return faults.late_ipis + faults.lost_ipis + faults.late_timers + faults.stalls + faults.skew > 0;
}

}  // namespace tb::simulator
