// Everything a thread can have in its processor's registers, before and after a while of
// interrupts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tb::test {

struct MachineState {
  std::array<std::uint64_t, 12> general;  // all but rsp, and the three the routine itself uses
  std::uint64_t flags;
  std::array<std::uint64_t, 16> red_zone;
  std::array<std::array<std::uint64_t, 4>, 16> vector;  // with SSE, the first two words of each
};
static_assert(offsetof(MachineState, general) == 0);
static_assert(offsetof(MachineState, flags) == 96);
static_assert(offsetof(MachineState, red_zone) == 104);
static_assert(offsetof(MachineState, vector) == 232);

extern "C" void survive_avx(const MachineState* in, MachineState* out, std::uint64_t rounds);
extern "C" void survive_sse(const MachineState* in, MachineState* out, std::uint64_t rounds);

}  // namespace tb::test
