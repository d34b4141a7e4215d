// The vector and floating-point registers of a thread that lost the CPU without a call. The core
// itself touches none of them, so they are saved only when an interrupt switches threads.
#pragma once

#include <cstddef>

namespace tb::arch::x86 {

inline constexpr std::size_t kVectorStateAlignment = 64;

// Bytes for save_vector_state() on this processor.
std::size_t vector_state_size();

// `area` is aligned to 64. What is restored must have been saved at the same place.
void save_vector_state(void* area);
void restore_vector_state(const void* area);

}  // namespace tb::arch::x86
