// What this processor, as the host lets programs use it, can do; asked once.
#pragma once

#include <cstdint>

#include "arch_impl/vector_state.h"

namespace tb::arch::hosted {

struct ProcessorFacts {
  bool fsgsbase;         // programs may use wrfsbase and wrgsbase
  bool invariant_tsc;    // it goes evenly, and alike on all processors
  std::uint64_t tsc_hz;  // as CPUID tells; 0 if it does not
  x86::VectorFormat vector;
  char brand[49];
};

// Constant after start.
const ProcessorFacts& processor_facts();

// Once; `capabilities` is AT_HWCAP2 of the process.
void find_processor_facts(std::uint64_t capabilities);

}  // namespace tb::arch::hosted
