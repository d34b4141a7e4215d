// What a Multiboot 1 loader (GRUB, QEMU's -kernel) leaves in memory, copied out before anything
// else uses that memory. Multiboot Specification 0.6.96, section 3.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "arch/x86_64/physical_range.h"

namespace tb::arch::x86 {

inline constexpr std::uint32_t kMultibootMagic = 0x2badb002;

struct LoadedModule {
  std::uintptr_t begin;
  std::uintptr_t end;
  std::string_view name;
};

enum class BootError : std::uint8_t {
  kNone,
  kNoMemoryMap,
  kTooManyModules,
  kTextTooLong,  // command line and module names together
  kTooManyRanges,
  kDamaged,
};

const char* describe(BootError error);

// Fixed sizes: nothing can be allocated yet.
class BootInformation {
 public:
  static constexpr std::size_t kMaxModules = 64;
  static constexpr std::size_t kMaxRanges = 64;
  static constexpr std::size_t kMaxText = 8192;
  static constexpr std::size_t kMaxFirmware = 16;

  // Reads the loader's structure at `address`, an address in memory as the loader left it.
  [[nodiscard]] BootError read(std::uintptr_t address);

  // The application's arguments, without the image's own name.
  std::string_view command_line() const { return command_line_; }
  std::span<const LoadedModule> modules() const { return {modules_.data(), module_count_}; }
  std::span<const PhysicalRange> ram() const { return {ranges_.data(), range_count_}; }

  // Where the firmware keeps its tables, at most kMaxFirmware pieces of it.
  std::span<const PhysicalRange> firmware() const { return {firmware_.data(), firmware_count_}; }

 private:
  std::string_view keep(std::string_view text);
  BootError read_modules(const struct MultibootInfo& info);
  BootError read_ram(const struct MultibootInfo& info);

  std::array<LoadedModule, kMaxModules> modules_{};
  std::size_t module_count_ = 0;
  std::array<PhysicalRange, kMaxRanges> ranges_{};
  std::size_t range_count_ = 0;
  std::array<PhysicalRange, kMaxFirmware> firmware_{};
  std::size_t firmware_count_ = 0;
  std::array<char, kMaxText> text_{};
  std::size_t text_size_ = 0;
  bool text_full_ = false;
  std::string_view command_line_;
};

}  // namespace tb::arch::x86
