// Contract: bytes that nobody can foresee.
#pragma once

#include <cstddef>
#include <span>

namespace tb::arch {

// Fills `bytes` with random ones. Never blocks and never fails; from any context, on several CPUs
// at once.
void fill_random(std::span<std::byte> bytes);

}  // namespace tb::arch
