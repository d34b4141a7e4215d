// The vector and floating-point registers of a thread that lost the CPU without a call. The core
// itself touches none of them, so they are saved only when an interrupt switches threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tb::arch::x86 {

inline constexpr std::size_t kVectorStateAlignment = 64;

// How the registers are saved on this processor.
struct VectorFormat {
  bool xsave;           // or FXSAVE
  bool compact;         // XSAVEC
  std::uint64_t parts;  // as XCR0 numbers them
  std::size_t size;     // bytes of all of them in this form
};

// Of what XCR0 has, or may have: what is saved.
std::uint64_t usable_vector_parts(std::uint64_t parts);

// How this processor saves these parts best.
VectorFormat vector_format_for(bool xsave, std::uint64_t parts);

// Once, before threads are switched.
void set_vector_format(const VectorFormat& chosen);

// Bytes for save_vector_state() on this processor.
std::size_t vector_state_size();

// `area` is aligned to 64. What is restored must have been saved at the same place.
void save_vector_state(void* area);
void restore_vector_state(const void* area);

}  // namespace tb::arch::x86
