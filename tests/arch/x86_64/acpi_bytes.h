// ACPI tables by hand, in a physical memory that exists only where a test puts something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "arch/x86_64/acpi.h"

namespace tb::arch::x86 {

class Bytes {
 public:
  Bytes& u8(std::uint64_t value) { return number(value, 1); }
  Bytes& u16(std::uint64_t value) { return number(value, 2); }
  Bytes& u32(std::uint64_t value) { return number(value, 4); }
  Bytes& u64(std::uint64_t value) { return number(value, 8); }
  Bytes& text(std::string_view text) {
    for (const char character : text) {
      u8(static_cast<unsigned char>(character));
    }
    return *this;
  }
  Bytes& pad_to(std::size_t size) {
    bytes.resize(size);
    return *this;
  }
  Bytes& add(const Bytes& more) {
    bytes.insert(bytes.end(), more.bytes.begin(), more.bytes.end());
    return *this;
  }

  // Makes the first `size` bytes sum to zero by the one at `place`.
  Bytes& fix_sum(std::size_t place, std::size_t size) {
    bytes[place] = std::byte{0};
    unsigned sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      sum += std::to_integer<unsigned>(bytes[i]);
    }
    bytes[place] = static_cast<std::byte>(0x100 - (sum & 0xff));
    return *this;
  }

  std::vector<std::byte> bytes;

 private:
  Bytes& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes.push_back(static_cast<std::byte>(value >> 8 * i));
    }
    return *this;
  }
};

// A whole table with its header and checksum; `body` begins after the header.
inline Bytes table(std::string_view signature, const Bytes& body) {
  Bytes whole;
  whole.text(signature).u32(36 + body.bytes.size()).u8(1).u8(0).pad_to(36).add(body);
  return whole.fix_sum(9, whole.bytes.size());
}

inline Bytes madt(std::uint32_t apic_address, const Bytes& entries) {
  return table("APIC", Bytes().u32(apic_address).u32(1).add(entries));
}
inline Bytes local_apic(std::uint8_t id, std::uint32_t flags = 1) {
  return Bytes().u8(0).u8(8).u8(id).u8(id).u32(flags);
}
inline Bytes local_x2apic(std::uint32_t id, std::uint32_t flags = 1) {
  return Bytes().u8(9).u8(16).u16(0).u32(id).u32(flags).u32(id);
}
inline Bytes apic_override(std::uint64_t address) {
  return Bytes().u8(5).u8(12).u16(0).u64(address);
}

inline Bytes root_of_acpi_1(std::uint32_t rsdt) {
  return Bytes().text("RSD PTR ").u8(0).text("THREAD").u8(0).u32(rsdt).fix_sum(8, 20).pad_to(36);
}
inline Bytes root_of_acpi_2(std::uint32_t rsdt, std::uint64_t xsdt) {
  Bytes root = Bytes().text("RSD PTR ").u8(0).text("THREAD").u8(2).u32(rsdt);
  return root.fix_sum(8, 20).u32(36).u64(xsdt).pad_to(36).fix_sum(32, 36);
}

// What the reader under test sees.
inline std::map<std::uint64_t, std::vector<std::byte>> physical_memory;

inline const std::byte* look_at(std::uint64_t address, std::size_t size) {
  auto piece = physical_memory.upper_bound(address);
  if (piece == physical_memory.begin()) {
    return nullptr;
  }
  --piece;
  const std::uint64_t offset = address - piece->first;
  const bool inside = offset <= piece->second.size() && piece->second.size() - offset >= size;
  return inside ? piece->second.data() + offset : nullptr;
}

}  // namespace tb::arch::x86
