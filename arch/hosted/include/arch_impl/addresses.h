// The addresses that the runtime may map into.
#pragma once

namespace tb::arch {

inline constexpr AddressArea kFreeAddresses{.begin = 0x4000'0000'0000, .end = 0x7f00'0000'0000};

}  // namespace tb::arch
