// Making every CPU forget old mappings.
#pragma once

namespace tb::arch::x86 {

// The other CPUs' part, in their interrupt handler.
void answer_flush();

}  // namespace tb::arch::x86
