// What the tests of files share: memory that runs out when told, and a tree that is short to use.
// Every test ends with all memory given back.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/files/tree.h"

namespace tb {

inline void PrintTo(Errno error, std::ostream* out) { *out << "error " << static_cast<int>(error); }

namespace files {

constexpr Errno kNoError{0};

template <class T>
Errno error_of(const std::expected<T, Errno>& result) {
  return result ? kNoError : result.error();
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

constexpr Duration seconds(int count) { return std::chrono::seconds(count); }

// Memory that fails once, or from then on, after so many allocations.
struct ScarceMemory {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  MemorySource source() {
    return {[](void* self, std::size_t size) {
              return static_cast<ScarceMemory*>(self)->allocate(size);
            },
            [](void* self, void* block, std::size_t size) {
              static_cast<ScarceMemory*>(self)->release(block, size);
            },
            this};
  }

  void* allocate(std::size_t size) {
    if (asked++ >= fails_from && (failures == 0 || !once)) {
      ++failures;
      return nullptr;
    }
    void* const block = ::operator new(size);
    blocks[block] = size;
    return block;
  }

  void release(void* block, std::size_t size) {
    EXPECT_EQ(blocks.at(block), size);
    blocks.erase(block);
    ::operator delete(block);
  }

  void fail_from(std::uint64_t number, bool fail_once = false) {
    asked = 0;
    failures = 0;
    fails_from = number;
    once = fail_once;
  }

  std::map<void*, std::size_t> blocks;
  std::uint64_t asked = 0;
  std::uint64_t failures = 0;
  std::uint64_t fails_from = kNever;
  bool once = false;
};

struct World : testing::Test {
  ~World() override {
    tree.reset();
    EXPECT_EQ(storage.in_use(), 0U);
    EXPECT_TRUE(memory.blocks.empty());
  }

  Path at(std::string_view path) { return {tree->root(), path}; }

  Errno make_directory(std::string_view path) {
    return error_of(tree->make_directory(at(path), 0755, seconds(1)));
  }
  Errno make_link(std::string_view path, std::string_view target) {
    return error_of(tree->make_symbolic_link(at(path), target, seconds(1)));
  }
  Errno rename(std::string_view from, std::string_view to, Replace replace = Replace::kYes) {
    return error_of(tree->rename(at(from), at(to), replace, seconds(2)));
  }
  Errno unlink(std::string_view path) { return error_of(tree->unlink(at(path), seconds(2))); }
  Errno remove_directory(std::string_view path) {
    return error_of(tree->remove_directory(at(path), seconds(2)));
  }
  Errno find_error(std::string_view path, LastLink last = LastLink::kFollow) {
    return error_of(tree->find(at(path), last));
  }
  NodeReference find(std::string_view path, LastLink last = LastLink::kFollow) {
    const auto node = tree->find(at(path), last);
    EXPECT_TRUE(node) << path;
    return node.value_or(NodeReference());
  }
  Status status_of(std::string_view path, LastLink last = LastLink::kFollow) {
    return status(*find(path, last));
  }

  std::expected<OpenFileReference, Errno> open(std::string_view path, OpenOptions options = {}) {
    return tree->open(at(path), options, seconds(3));
  }

  // Makes the file if it is missing, and replaces what is in it.
  Errno write_file(std::string_view path, std::string_view text) {
    const auto file = open(path, {.access = Access::kWrite,
                                  .creation = Creation::kIfMissing,
                                  .truncation = Truncation::kYes});
    if (!file) {
      return file.error();
    }
    const auto count = (*file)->write(bytes_of(text), seconds(4));
    return count.value_or(text.size()) != text.size() ? Errno::kNoSpace : error_of(count);
  }

  // All that is in a file; "?" and the error's number if it cannot be read.
  std::string read_file(std::string_view path) {
    const auto file = open(path);
    return file ? read_all(**file) : "?" + std::to_string(static_cast<int>(file.error()));
  }

  // From the file's offset on, in pieces.
  static std::string read_all(OpenFile& file) {
    std::string all;
    for (;;) {
      std::string piece(10'000, '?');
      const auto count = file.read(std::as_writable_bytes(std::span(piece)));
      if (!count) {
        return "?" + std::to_string(static_cast<int>(count.error()));
      }
      if (*count == 0) {
        return all;
      }
      all.append(piece, 0, *count);
    }
  }

  // The names in a directory, without "." and "..".
  std::vector<std::string> list(std::string_view path) {
    std::vector<std::string> names;
    const auto directory = open(path, {.wanted = Wanted::kDirectory});
    EXPECT_TRUE(directory) << path;
    EXPECT_TRUE((*directory)->read_entries([&](const DirectoryEntry& entry) {
      names.emplace_back(entry.name);
      return true;
    }));
    EXPECT_GE(names.size(), 2U);
    names.erase(names.begin(), names.begin() + 2);
    return names;
  }

  ScarceMemory memory;
  Storage storage{Storage::kNoLimit, memory.source()};
  std::unique_ptr<Tree> tree = std::make_unique<Tree>(storage, seconds(0));
};

}  // namespace files
}  // namespace tb
