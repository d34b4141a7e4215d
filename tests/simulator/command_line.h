// The runner's options.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "tests/simulator/run.h"

namespace tb::simulator {

struct Command {
  std::vector<std::string> scenarios;
  Plan plan;                // of the first seed
  std::uint64_t seeds = 1;  // so many, one after the other
  bool help = false;
};

// The error is one sentence.
std::expected<Command, std::string> parse_command(std::span<const char* const> words);

std::string help_text();

}  // namespace tb::simulator
