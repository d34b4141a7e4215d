// Words to options; each wrong one is answered with what is possible.
#include "tests/simulator/command_line.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/cpu_set.h"
#include "base/parse_number.h"
#include "tests/simulator/faults.h"

namespace tb::simulator {
namespace {

using Outcome = std::expected<void, std::string>;

std::string scenarios_in_words() {
  std::string words;
  for (const std::string_view name : scenario_names()) {
    words += std::string(name) + ", ";
  }
  return words + "or all";
}

template <class Number>
Outcome read_number(std::string_view option, std::string_view word, std::uint64_t least,
                    std::uint64_t most, Number& number) {
  const auto read = parse_number<std::uint64_t>(word);
  if (!read || *read < least || *read > most) {
    return std::unexpected(std::string(option) + " takes a whole number from " +
                           std::to_string(least) + " to " + std::to_string(most) + ", not \"" +
                           std::string(word) + "\"");
  }
  number = static_cast<Number>(*read);
  return {};
}

Outcome choose_scenario(std::string_view word, Command& command) {
  command.scenarios.clear();
  for (const std::string_view name : scenario_names()) {
    if (word == "all" || word == name) {
      command.scenarios.emplace_back(name);
    }
  }
  if (command.scenarios.empty()) {
    return std::unexpected("--scenario takes " + scenarios_in_words() + ", not \"" +
                           std::string(word) + "\"");
  }
  return {};
}

Outcome choose_faults(std::string_view word, Command& command) {
  const auto faults = parse_faults(word);
  if (!faults) {
    return std::unexpected("--faults takes none, all, or some of " + fault_names() +
                           " with commas between them and \"=RATE\" of a thousand behind a name, " +
                           "not \"" + std::string(word) + "\"");
  }
  command.plan.faults = *faults;
  return {};
}

// Nothing if there is no such option.
std::optional<Outcome> read_option(std::string_view option, std::string_view word,
                                   Command& command) {
  constexpr std::uint64_t kAny = ~std::uint64_t{0};
  Plan& plan = command.plan;
  if (option == "--seed") {
    return read_number(option, word, 0, kAny, plan.seed);
  }
  if (option == "--seeds") {
    return read_number(option, word, 1, 1'000'000'000, command.seeds);
  }
  if (option == "--events") {
    return read_number(option, word, 1, 1'000'000'000'000, plan.events);
  }
  if (option == "--cpus") {
    return read_number(option, word, 1, CpuSet::kMaxCpus, plan.cpus);
  }
  if (option == "--threads") {
    return read_number(option, word, 1, 100'000, plan.threads);
  }
  if (option == "--scenario") {
    return choose_scenario(word, command);
  }
  if (option == "--faults") {
    return choose_faults(word, command);
  }
  if (option == "--idle-rule") {
    plan.idle_rule = word;
    return Outcome();
  }
  return std::nullopt;
}

bool read_switch(std::string_view option, Command& command) {
  if (option == "--trace") {
    command.plan.trace = true;
  } else if (option == "--console") {
    command.plan.console = true;
  } else if (option == "--mwait") {
    command.plan.watches_stores = true;
  } else if (option == "--help" || option == "-h") {
    command.help = true;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::expected<Command, std::string> parse_command(std::span<const char* const> words) {
  Command command;
  static_cast<void>(choose_scenario("all", command));
  while (!words.empty()) {
    const std::string_view option = words.front();
    words = words.subspan(1);
    if (read_switch(option, command)) {
      continue;
    }
    const std::string_view word = words.empty() ? std::string_view() : words.front();
    const auto read = read_option(option, word, command);
    if (!read) {
      return std::unexpected("no option \"" + std::string(option) + "\"; --help shows them");
    }
    if (words.empty()) {
      return std::unexpected(std::string(option) + " wants a value behind it");
    }
    if (!*read) {
      return std::unexpected(read->error());
    }
    words = words.subspan(1);
  }
  if (!command.plan.idle_rule.empty() && (command.scenarios.size() != 1 || command.seeds != 1)) {
    return std::unexpected("--idle-rule draws one run: of one --scenario and one seed");
  }
  return command;
}

std::string help_text() {
  return "tb sim [options]     runs the runtime on simulated CPUs; the same options, the same run\n"
         "  --scenario NAME    one of these (default all):\n"
         "                     " +
         scenarios_in_words() +
         "\n"
         "  --seed N           of all chance (default 1)\n"
         "  --seeds N          so many seeds, from that one on (default 1)\n"
         "  --events N         at least so many points at which another CPU could come in "
         "(default 1000000)\n"
         "  --cpus N           simulated CPUs (default 8)\n"
         "  --threads N        of scenarios that have a choice (default 100)\n"
         "  --faults LIST      none (default), all, or some of\n"
         "                     " +
         fault_names() +
         ";\n"
         "                     NAME=RATE says in how many of a thousand cases\n"
         "  --mwait            idle CPUs watch a word instead of waiting for interrupts alone\n"
         "  --idle-rule FILE   draws how long CPUs were idle beside ready threads, as SVG\n"
         "  --trace            prints every event\n"
         "  --console          prints what the machine prints\n";
}

}  // namespace tb::simulator
