// The bytes of a file, in blocks at the leaves of a tree: growing copies nothing, and what was
// never written takes no memory and reads as zeros.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <span>

#include "base/units.h"
#include "runtime/files/errno.h"
#include "runtime/files/storage.h"

namespace tb::files {

class FileBlocks {
 public:
  static constexpr std::size_t kBlockSize = 4 * kKiB;
  static constexpr std::uint64_t kMaximumSize = std::numeric_limits<std::int64_t>::max();

  explicit FileBlocks(Storage& storage) : storage_(storage) {}
  FileBlocks(const FileBlocks&) = delete;
  FileBlocks& operator=(const FileBlocks&) = delete;
  ~FileBlocks() { cut(0); }

  // In bytes.
  std::uint64_t size() const { return size_; }
  std::uint64_t stored() const { return blocks_ * kBlockSize; }

  // Returns how many bytes there were, fewer than asked for only at the end of the file.
  std::size_t read(std::uint64_t offset, std::span<std::byte> to) const;

  // Returns how many bytes were written: fewer than asked for if memory or the largest size ends
  // the attempt. Errors, with nothing written: kNoSpace, kFileTooBig.
  std::expected<std::size_t, Errno> write(std::uint64_t offset, std::span<const std::byte> from);

  // Cuts off what is behind the size, or adds a hole. Errors: kFileTooBig.
  std::expected<void, Errno> resize(std::uint64_t size);

 private:
  static constexpr unsigned kTableBits = 6;

  // Bytes at and behind the file's size are zero.
  struct Block {
    std::array<std::byte, kBlockSize> bytes{};
  };

  // Subtrees one level lower, or null where nothing was written. A subtree of level 0 is a block.
  struct Table {
    std::array<void*, std::size_t{1} << kTableBits> below{};
  };

  // Blocks in a subtree, and the way to a block in a table of that level.
  static constexpr std::uint64_t blocks_below(unsigned level) {
    return std::uint64_t{1} << (kTableBits * level);
  }
  static constexpr std::size_t slot_of(std::uint64_t number, unsigned level) {
    return (number >> (kTableBits * (level - 1))) % (1U << kTableBits);
  }

  const Block* find(std::uint64_t number) const;
  Block* find_or_make(std::uint64_t number);
  Block* make(std::uint64_t number, void*& place, unsigned level);
  bool raise_over(std::uint64_t number);
  void lower();
  void cut(std::uint64_t first);
  void* cut(void* subtree, unsigned level, std::uint64_t first);

  Storage& storage_;
  void* top_ = nullptr;
  unsigned level_ = 0;  // of the top
  std::uint64_t size_ = 0;
  std::uint64_t blocks_ = 0;
};

}  // namespace tb::files
