// How the runtime and its scheduler were started.
#pragma once

#include <string_view>

#include "runtime/option_words.h"

namespace tb {

// What the application wants, if it defines this function; else the defaults. Called once, at boot:
// there is no heap yet, nor any thread. What the boot command line says goes over it.
[[gnu::weak]] Options wanted_options();

// Reads both; what is not possible ends the machine with a sentence that says what is. Once, at
// boot.
void read_options(std::string_view command_line);

// Constant after start.
const Options& options();

// The rest of the command line.
std::string_view application_arguments();

}  // namespace tb
