// Where fill_random() gets its bytes from.
#pragma once

namespace tb::arch::x86 {

// The instruction, or the generator and what seeds it, for the banner.
const char* random_source_name();

}  // namespace tb::arch::x86
