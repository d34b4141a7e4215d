// Taking the machine's words off the front of the command line.
#include "arch/x86_64/boot_options.h"

#include <optional>

#include "base/parse_number.h"

namespace tb::arch::x86 {
namespace {

constinit BootOptions options_of_this_boot{};

constexpr std::string_view kPrefix = "machine.";

std::optional<bool> parse_switch(std::string_view value) {
  if (value == "on") {
    return true;
  }
  if (value == "off") {
    return false;
  }
  return std::nullopt;
}

bool apply_switch(std::string_view name, bool value, BootOptions& options) {
  if (name == "hpet") {
    options.use_hpet = value;
  } else if (name == "xsave") {
    options.use_xsave = value;
  } else if (name == "screen") {
    options.screen = value ? ScreenChoice::kOn : ScreenChoice::kOff;
  } else if (name == "mwait") {
    options.mwait = value ? MwaitChoice::kOn : MwaitChoice::kOff;
  } else {
    return false;
  }
  return true;
}

bool apply(std::string_view name, std::string_view value, BootOptions& options) {
  if (const auto on = parse_switch(value)) {
    return apply_switch(name, *on, options);
  }
  if (name == "clock" && (value == "tsc" || value == "reference")) {
    options.clock = value == "tsc" ? ClockChoice::kTsc : ClockChoice::kReference;
    return true;
  }
  if (name == "withhold") {
    const auto cpu = parse_number<decltype(options.withheld_cpu)>(value);
    options.withheld_cpu = cpu.value_or(0);
    return options.withheld_cpu > 0;
  }
  return false;
}

std::string_view first(std::string_view text, std::size_t count) { return {text.data(), count}; }

}  // namespace

ParsedCommandLine parse_boot_options(std::string_view command_line) {
  ParsedCommandLine result;
  std::string_view rest = command_line;
  for (;;) {
    while (rest.starts_with(' ')) {
      rest.remove_prefix(1);
    }
    if (!rest.starts_with(kPrefix)) {
      break;
    }
    const std::size_t blank = rest.find(' ');
    std::string_view word = first(rest, blank == std::string_view::npos ? rest.size() : blank);
    rest.remove_prefix(word.size());
    const std::string_view whole = word;
    word.remove_prefix(kPrefix.size());
    const std::size_t equals = word.find('=');
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = word;
      value.remove_prefix(equals + 1);
      word = first(word, equals);
    }
    if (!apply(word, value, result.options) && result.bad_word.empty()) {
      result.bad_word = whole;
    }
  }
  result.rest = rest;
  return result;
}

const BootOptions& boot_options() { return options_of_this_boot; }

void set_boot_options(const BootOptions& options) { options_of_this_boot = options; }

}  // namespace tb::arch::x86
