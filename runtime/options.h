// What the boot command line says to the runtime and its scheduler: words of the form
// `runtime.NAME=VALUE` and `sched.NAME=VALUE` before the application's own arguments.
#pragma once

#include <cstddef>
#include <string_view>

#include "sched/config.h"

namespace tb {

struct Options {
  std::size_t thread_limit = std::size_t{1} << 21;  // runtime.thread_limit=N

  // sched.algorithm=NAME, sched.quantum_us=N, sched.real_time_share=PERCENT
  sched::Config scheduler;
};

// Takes the runtime's words off the front; a wrong one ends the machine with a sentence that says
// what is possible. Once, at boot.
void read_options(std::string_view command_line);

// Constant after start.
const Options& options();

// The rest of the command line.
std::string_view application_arguments();

}  // namespace tb
