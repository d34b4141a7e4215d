// What stands behind a name that is no file: the console, random bytes, nothing at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "runtime/files/errno.h"

namespace tb::files {

// kNo: bytes come and go in a stream, and offsets are always 0.
enum class Seekable : std::uint8_t { kNo, kYes };

// Both functions return how many bytes they moved, and are called under the same lock as the rest
// of the file system; whoever wants to wait without it finds the device in the node. A missing
// function means kInvalid. The device outlives every node that refers to it.
struct Device {
  void* self = nullptr;
  std::expected<std::size_t, Errno> (*read)(void* self, std::uint64_t offset,
                                            std::span<std::byte> to) = nullptr;
  std::expected<std::size_t, Errno> (*write)(void* self, std::uint64_t offset,
                                             std::span<const std::byte> from) = nullptr;
  Seekable seekable = Seekable::kNo;
};

}  // namespace tb::files
