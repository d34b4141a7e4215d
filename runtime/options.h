// What the boot command line says to the runtime: words of the form `runtime.NAME=VALUE` before the
// application's own arguments.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/time.h"

namespace tb {

struct Options {
  std::size_t thread_limit = std::size_t{1} << 21;   // runtime.thread_limit=N
  Duration quantum = std::chrono::milliseconds(10);  // runtime.quantum_us=N
};

// Takes the runtime's words off the front; a wrong one ends the machine with a sentence that says
// what is possible. Once, at boot.
void read_options(std::string_view command_line);

// Constant after start.
const Options& options();

// The rest of the command line.
std::string_view application_arguments();

}  // namespace tb
