// What boot.cc leaves behind for the contract's machine.h.
#pragma once

#include <span>
#include <string_view>

#include "arch/x86_64/multiboot.h"

namespace tb::arch::x86 {

void set_command_line(std::string_view command_line);
void set_modules(std::span<const LoadedModule> modules);

}  // namespace tb::arch::x86
