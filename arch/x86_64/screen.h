// The text screen of a PC, 80 by 25, for machines whose serial line nobody reads.
#pragma once

#include <string_view>

namespace tb::arch::x86 {

// Switched on by option, else where there is no hypervisor; once, when its memory is mapped.
void start_screen();

// Does nothing while the screen is off.
void write_screen(std::string_view text);

}  // namespace tb::arch::x86
