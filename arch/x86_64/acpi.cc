// Walking the tables; a checksum that does not fit makes a table as good as absent.
#include "arch/x86_64/acpi.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/units.h"

namespace tb::arch::x86 {
namespace {

constexpr std::uint64_t kBiosBegin = 0xe0000;
constexpr std::uint64_t kBiosEnd = 0x100000;
constexpr std::uint64_t kExtendedBiosSegment = 0x40e;
constexpr std::size_t kHeaderSize = 36;
constexpr std::size_t kRootSize = 20;
constexpr std::size_t kExtendedRootSize = 36;

template <class T>
T field(const std::byte* table, std::size_t offset) {
  T value;
  std::memcpy(&value, table + offset, sizeof value);
  return value;
}

bool sums_to_zero(const std::byte* bytes, std::size_t size) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    sum += static_cast<unsigned>(bytes[i]);
  }
  return (sum & 0xff) == 0;
}

bool has_signature(const std::byte* bytes, std::string_view signature) {
  return std::memcmp(bytes, signature.data(), signature.size()) == 0;
}

struct Table {
  const std::byte* bytes;
  std::size_t size;
};

// A whole table whose checksum fits, or nothing.
Table table_at(PhysicalMemory memory, std::uint64_t address) {
  const std::byte* const header = memory(address, kHeaderSize);
  if (header == nullptr) {
    return {nullptr, 0};
  }
  const auto size = field<std::uint32_t>(header, 4);
  const std::byte* const bytes = size >= kHeaderSize ? memory(address, size) : nullptr;
  if (bytes == nullptr || !sums_to_zero(bytes, size)) {
    return {nullptr, 0};
  }
  return {bytes, size};
}

const std::byte* find_root_in(PhysicalMemory memory, PhysicalRange range) {
  constexpr std::uint64_t kAlignment = 16;
  for (std::uint64_t address = align_up(range.begin, kAlignment); address + kRootSize <= range.end;
       address += kAlignment) {
    const std::byte* const place = memory(address, kRootSize);
    if (place != nullptr && has_signature(place, "RSD PTR ") && sums_to_zero(place, kRootSize)) {
      return memory(address, kExtendedRootSize);
    }
  }
  return nullptr;
}

void add_cpu(AcpiFacts& facts, std::uint32_t apic_id, std::uint32_t flags) {
  constexpr std::uint32_t kEnabled = 1;
  // Some firmware lists a processor twice, once in each form.
  const bool known = std::ranges::find(facts.ids(), apic_id) != facts.ids().end();
  if ((flags & kEnabled) == 0 || known) {
    return;
  }
  if (facts.cpus == kMaxCpus) {
    ++facts.cpus_left_out;
    return;
  }
  facts.apic_ids[facts.cpus++] = apic_id;
}

void read_madt(Table madt, AcpiFacts& facts) {
  constexpr std::size_t kFirstEntry = 44;
  facts.local_apic_address = field<std::uint32_t>(madt.bytes, kHeaderSize);
  std::size_t place = kFirstEntry;
  while (place + 2 <= madt.size) {
    const std::byte* const entry = madt.bytes + place;
    const auto type = field<std::uint8_t>(entry, 0);
    const auto length = field<std::uint8_t>(entry, 1);
    if (length < 2 || place + length > madt.size) {
      return;
    }
    if (type == 0 && length >= 8) {  // local APIC
      add_cpu(facts, field<std::uint8_t>(entry, 3), field<std::uint32_t>(entry, 4));
    } else if (type == 5 && length >= 12) {  // 64-bit address of the local APIC
      facts.local_apic_address = field<std::uint64_t>(entry, 4);
    } else if (type == 9 && length >= 16) {  // local x2APIC
      add_cpu(facts, field<std::uint32_t>(entry, 4), field<std::uint32_t>(entry, 8));
    }
    place += length;
  }
}

void read_table(Table table, AcpiFacts& facts) {
  constexpr std::size_t kPmTimerField = 76;
  constexpr std::size_t kHpetAddressField = 44;
  if (has_signature(table.bytes, "APIC") && table.size >= 44) {
    read_madt(table, facts);
  } else if (has_signature(table.bytes, "HPET") && table.size >= 56) {
    facts.hpet_address = field<std::uint64_t>(table.bytes, kHpetAddressField);
  } else if (has_signature(table.bytes, "FACP") && table.size >= 80) {
    facts.pm_timer_port =
        static_cast<std::uint16_t>(field<std::uint32_t>(table.bytes, kPmTimerField));
  }
}

const std::byte* find_root(PhysicalMemory memory, std::span<const PhysicalRange> firmware) {
  const std::byte* root = nullptr;
  if (const std::byte* const segment = memory(kExtendedBiosSegment, 2); segment != nullptr) {
    const std::uint64_t ebda = std::uint64_t{field<std::uint16_t>(segment, 0)} << 4;
    root = ebda != 0 ? find_root_in(memory, {ebda, ebda + 1024}) : nullptr;
  }
  if (root == nullptr) {
    root = find_root_in(memory, {kBiosBegin, kBiosEnd});
  }
  for (std::size_t i = 0; i < firmware.size() && root == nullptr; ++i) {
    root = find_root_in(memory, firmware[i]);
  }
  return root;
}

}  // namespace

std::size_t AcpiFacts::leave_out_from(std::uint32_t limit) {
  const std::span<std::uint32_t> all(apic_ids.data(), cpus);
  const auto end =
      std::remove_if(all.begin(), all.end(), [limit](std::uint32_t id) { return id >= limit; });
  const std::size_t before = std::exchange(cpus, static_cast<std::size_t>(end - all.begin()));
  return before - cpus;
}

AcpiResult read_acpi(PhysicalMemory memory, std::span<const PhysicalRange> firmware,
                     AcpiFacts& facts) {
  const std::byte* const root = find_root(memory, firmware);
  if (root == nullptr) {
    return AcpiResult::kNoRootPointer;
  }
  const bool extended = field<std::uint8_t>(root, 15) >= 2 && field<std::uint64_t>(root, 24) != 0 &&
                        sums_to_zero(root, kExtendedRootSize);
  const std::size_t pointer_size = extended ? 8 : 4;
  const Table list =
      table_at(memory, extended ? field<std::uint64_t>(root, 24) : field<std::uint32_t>(root, 16));
  if (list.bytes == nullptr) {
    return AcpiResult::kDamaged;
  }
  for (std::size_t at = kHeaderSize; at + pointer_size <= list.size; at += pointer_size) {
    const std::uint64_t address =
        extended ? field<std::uint64_t>(list.bytes, at) : field<std::uint32_t>(list.bytes, at);
    if (const Table table = table_at(memory, address); table.bytes != nullptr) {
      read_table(table, facts);
    }
  }
  return AcpiResult::kFound;
}

}  // namespace tb::arch::x86
