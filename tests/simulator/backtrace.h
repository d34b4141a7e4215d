// Names of functions for the addresses in a report, and a report when the host ends the process.
#pragma once

#include <string>

namespace tb::simulator {

// The text with function, file and line behind each address of a backtrace, where the compiler's
// tools are installed.
std::string with_names(const std::string& text);

// From here on, a fault of this process is a failure of the run.
void report_faults();

}  // namespace tb::simulator
