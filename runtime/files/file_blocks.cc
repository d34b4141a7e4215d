// The tree of a file's blocks. Nothing of a step that fails for want of memory stays behind.
//
// Bytes move by memcpy() and memset(): where the core may not use vector registers, the algorithms
// of the C++ library are loops over single bytes.
#include "runtime/files/file_blocks.h"

#include <algorithm>
#include <cstring>

namespace tb::files {

std::size_t FileBlocks::read(std::uint64_t offset, std::span<std::byte> to) const {
  if (offset >= size_) {
    return 0;
  }
  to = to.first(std::min<std::uint64_t>(to.size(), size_ - offset));
  for (std::size_t done = 0; done < to.size();) {
    const std::uint64_t at = offset + done;
    const std::size_t inside = at % kBlockSize;
    const auto part = to.subspan(done, std::min(to.size() - done, kBlockSize - inside));
    if (const Block* const block = find(at / kBlockSize); block != nullptr) {
      std::memcpy(part.data(), block->bytes.data() + inside, part.size());
    } else {
      std::memset(part.data(), 0, part.size());
    }
    done += part.size();
  }
  return to.size();
}

std::expected<std::size_t, Errno> FileBlocks::write(std::uint64_t offset,
                                                    std::span<const std::byte> from) {
  if (from.empty()) {
    return 0;
  }
  if (offset >= kMaximumSize) {
    return std::unexpected(Errno::kFileTooBig);
  }
  from = from.first(std::min<std::uint64_t>(from.size(), kMaximumSize - offset));
  std::size_t done = 0;
  while (done < from.size()) {
    const std::uint64_t at = offset + done;
    const std::size_t inside = at % kBlockSize;
    const auto part = from.subspan(done, std::min(from.size() - done, kBlockSize - inside));
    Block* const block = find_or_make(at / kBlockSize);
    if (block == nullptr) {
      break;
    }
    std::memcpy(block->bytes.data() + inside, part.data(), part.size());
    done += part.size();
  }
  if (done == 0) {
    return std::unexpected(Errno::kNoSpace);
  }
  size_ = std::max(size_, offset + done);
  return done;
}

std::expected<void, Errno> FileBlocks::resize(std::uint64_t size) {
  if (size > kMaximumSize) {
    return std::unexpected(Errno::kFileTooBig);
  }
  if (size < size_) {
    cut((size + kBlockSize - 1) / kBlockSize);
    if (auto* const last = const_cast<Block*>(find(size / kBlockSize)); last != nullptr) {
      const std::size_t inside = size % kBlockSize;
      std::memset(last->bytes.data() + inside, 0, kBlockSize - inside);
    }
  }
  size_ = size;
  return {};
}

const FileBlocks::Block* FileBlocks::find(std::uint64_t number) const {
  if (number >= blocks_below(level_)) {
    return nullptr;
  }
  void* subtree = top_;
  for (unsigned level = level_; level > 0 && subtree != nullptr; --level) {
    subtree = static_cast<Table*>(subtree)->below[slot_of(number, level)];
  }
  return static_cast<Block*>(subtree);
}

// Null when memory is short.
FileBlocks::Block* FileBlocks::find_or_make(std::uint64_t number) {
  if (raise_over(number)) {
    void** place = &top_;
    unsigned level = level_;
    for (; level > 0 && *place != nullptr; --level) {
      place = &static_cast<Table*>(*place)->below[slot_of(number, level)];
    }
    if (*place != nullptr) {
      return static_cast<Block*>(*place);
    }
    if (Block* const block = make(number, *place, level); block != nullptr) {
      return block;
    }
  }
  lower();
  return nullptr;
}

// Puts a block, under as many tables as it takes, at an empty place for a subtree of the level.
FileBlocks::Block* FileBlocks::make(std::uint64_t number, void*& place, unsigned level) {
  Block* const block = storage_.create<Block>();
  if (block == nullptr) {
    return nullptr;
  }
  ++blocks_;
  void* subtree = block;
  for (unsigned above = 1; above <= level; ++above) {
    auto* const table = storage_.create<Table>();
    if (table == nullptr) {
      cut(subtree, above - 1, 0);
      return nullptr;
    }
    table->below[slot_of(number, above)] = subtree;
    subtree = table;
  }
  place = subtree;
  return block;
}

// Puts tables on top until the block has a place in the tree; false if memory is short.
bool FileBlocks::raise_over(std::uint64_t number) {
  for (; number >= blocks_below(level_); ++level_) {
    if (top_ != nullptr) {
      auto* const table = storage_.create<Table>();
      if (table == nullptr) {
        return false;
      }
      table->below[0] = top_;
      top_ = table;
    }
  }
  return true;
}

// Takes tables off the top that lead to one subtree at the file's beginning, or nowhere.
void FileBlocks::lower() {
  for (; level_ > 0; --level_) {
    if (top_ != nullptr) {
      auto* const table = static_cast<Table*>(top_);
      const auto others = std::span(table->below).subspan(1);
      if (std::ranges::any_of(others, [](void* subtree) { return subtree != nullptr; })) {
        return;
      }
      top_ = table->below[0];
      storage_.destroy(table);
    }
  }
}

// Frees the blocks from this number on.
void FileBlocks::cut(std::uint64_t first) {
  top_ = cut(top_, level_, first);
  lower();
}

// The same within a subtree; returns what is left of it. Calls itself once a level, of which there
// are ten at most.
void* FileBlocks::cut(void* subtree, unsigned level, std::uint64_t first) {
  if (subtree == nullptr || first >= blocks_below(level)) {
    return subtree;
  }
  if (level == 0) {
    storage_.destroy(static_cast<Block*>(subtree));
    --blocks_;
    return nullptr;
  }
  auto* const table = static_cast<Table*>(subtree);
  bool empty = true;
  for (std::size_t slot = 0; slot < table->below.size(); ++slot) {
    void*& below = table->below[slot];
    below = cut(below, level - 1, first - std::min(first, slot * blocks_below(level - 1)));
    empty = empty && below == nullptr;
  }
  if (empty) {
    storage_.destroy(table);
    return nullptr;
  }
  return table;
}

}  // namespace tb::files
