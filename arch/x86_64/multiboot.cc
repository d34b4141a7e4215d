// Copying the loader's information out of its memory.
#include "arch/x86_64/multiboot.h"

#include <cstring>

namespace tb::arch::x86 {

struct MultibootInfo {
  std::uint32_t flags;
  std::uint32_t memory_lower_kib;
  std::uint32_t memory_upper_kib;
  std::uint32_t boot_device;
  std::uint32_t command_line;
  std::uint32_t module_count;
  std::uint32_t modules;
  std::uint32_t symbols[4];
  std::uint32_t memory_map_size;
  std::uint32_t memory_map;
  std::uint32_t drives_size;
  std::uint32_t drives;
  std::uint32_t config_table;
  std::uint32_t loader_name;
};

namespace {

constexpr std::uint32_t kHasCommandLine = 1 << 2;
constexpr std::uint32_t kHasModules = 1 << 3;
constexpr std::uint32_t kHasMemoryMap = 1 << 6;
constexpr std::uint32_t kHasLoaderName = 1 << 9;
constexpr std::uint32_t kAvailable = 1;
constexpr std::uint32_t kAcpiTables = 3;
constexpr std::uint32_t kAcpiStorage = 4;

struct MultibootModule {
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t text;
  std::uint32_t reserved;
};

struct [[gnu::packed]] MemoryMapEntry {
  std::uint32_t size;  // of what follows
  std::uint64_t base;
  std::uint64_t length;
  std::uint32_t type;
};

template <class T>
const T* at(std::uint64_t address) {
  return reinterpret_cast<const T*>(static_cast<std::uintptr_t>(address));
}

// QEMU puts the image's path before the arguments; GRUB leaves it out.
std::string_view without_first_word(std::string_view text) {
  const std::size_t blank = text.find(' ');
  return blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
}

// A module's text is a path, or a path and a name; its name is the last part of the last word.
std::string_view module_name(std::string_view text) {
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  const std::size_t separator = text.find_last_of(" /");
  return separator == std::string_view::npos ? text : text.substr(separator + 1);
}

}  // namespace

const char* describe(BootError error) {
  switch (error) {
    case BootError::kNone:
      return "no error";
    case BootError::kNoMemoryMap:
      return "the boot loader gave no memory map; boot with GRUB's multiboot command or QEMU";
    case BootError::kTooManyModules:
      return "more than 64 modules; pass fewer files";
    case BootError::kTextTooLong:
      return "arguments and module names are longer than 8192 bytes together; pass shorter ones";
    case BootError::kTooManyRanges:
      return "the memory map has more than 64 usable ranges";
    case BootError::kDamaged:
      return "the boot loader's information names memory that ends before it begins";
  }
  return "unknown";
}

std::string_view BootInformation::keep(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  if (text.size() > text_.size() - text_size_) {
    text_full_ = true;
    return {};
  }
  char* const place = text_.data() + text_size_;
  std::memcpy(place, text.data(), text.size());
  text_size_ += text.size();
  return {place, text.size()};
}

BootError BootInformation::read_modules(const MultibootInfo& info) {
  if (info.module_count > kMaxModules) {
    return BootError::kTooManyModules;
  }
  for (std::uint32_t i = 0; i < info.module_count; ++i) {
    const MultibootModule& module = at<MultibootModule>(info.modules)[i];
    if (module.end < module.begin) {
      return BootError::kDamaged;
    }
    const std::string_view text =
        module.text != 0 ? std::string_view(at<char>(module.text)) : std::string_view();
    modules_[module_count_++] = {module.begin, module.end, keep(module_name(text))};
  }
  return BootError::kNone;
}

BootError BootInformation::read_ram(const MultibootInfo& info) {
  std::uint64_t place = info.memory_map;
  const std::uint64_t end = place + info.memory_map_size;
  while (place < end) {
    const MemoryMapEntry entry = *at<MemoryMapEntry>(place);
    place += entry.size + sizeof entry.size;
    if (entry.base + entry.length < entry.base) {
      return BootError::kDamaged;
    }
    const PhysicalRange range{entry.base, entry.base + entry.length};
    const bool firmware = entry.type == kAcpiTables || entry.type == kAcpiStorage;
    if (firmware && firmware_count_ < kMaxFirmware) {
      firmware_[firmware_count_++] = range;
    }
    if (entry.type != kAvailable || entry.length == 0) {
      continue;
    }
    if (range_count_ == kMaxRanges) {
      return BootError::kTooManyRanges;
    }
    ranges_[range_count_++] = range;
  }
  return BootError::kNone;
}

BootError BootInformation::read(std::uintptr_t address) {
  const MultibootInfo& info = *at<MultibootInfo>(address);
  if ((info.flags & kHasMemoryMap) == 0) {
    return BootError::kNoMemoryMap;
  }
  if ((info.flags & kHasCommandLine) != 0) {
    const std::string_view text(at<char>(info.command_line));
    const bool by_qemu = (info.flags & kHasLoaderName) != 0 &&
                         std::string_view(at<char>(info.loader_name)) == "qemu";
    command_line_ = keep(by_qemu ? without_first_word(text) : text);
  }
  BootError error = read_ram(info);
  if (error == BootError::kNone && (info.flags & kHasModules) != 0) {
    error = read_modules(info);
  }
  return error == BootError::kNone && text_full_ ? BootError::kTextTooLong : error;
}

}  // namespace tb::arch::x86
