// A file as somebody opened it: the place where reading and writing go on, shared by all
// descriptors that were duplicated from one.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "runtime/files/errno.h"
#include "runtime/files/node.h"
#include "runtime/files/reference.h"

namespace tb::files {

enum class Access : std::uint8_t { kRead, kWrite, kReadWrite };

// kYes: write() goes to the end of the file, wherever that is by then.
enum class Append : std::uint8_t { kNo, kYes };

enum class SeekFrom : std::uint8_t { kBeginning, kCurrent, kEnd };

// One entry as read_entries() shows it; the name is good until the directory changes.
struct DirectoryEntry {
  std::string_view name;
  std::uint64_t number;  // of the node
  NodeKind kind;
  std::uint64_t next;  // to seek to if reading shall go on behind this entry
};

// Keeps its node alive, named or not. All calls under the caller's lock; none blocks but by its
// device. Errors of every read and write besides those named: kBadDescriptor if the file is not
// open for it, and those of the functions in node.h.
class OpenFile final : public Counted {
 public:
  OpenFile(Storage& storage, NodeReference node, Access access, Append append)
      : Counted(Owner::kReferences, storage),
        node_(std::move(node)),
        access_(access),
        append_(append) {}

  // From where the last one ended. Fewer bytes than asked for are the file's end.
  std::expected<std::size_t, Errno> read(std::span<std::byte> to);

  // Where the last one ended, or at the end. Fewer bytes than given are written if memory ends.
  std::expected<std::size_t, Errno> write(std::span<const std::byte> from, Duration now);

  // At an offset in bytes, and nothing moves; write_at() never appends. Errors: kIllegalSeek for a
  // device that is not seekable.
  std::expected<std::size_t, Errno> read_at(std::uint64_t offset, std::span<std::byte> to);
  std::expected<std::size_t, Errno> write_at(std::uint64_t offset, std::span<const std::byte> from,
                                             Duration now);

  // Returns the new offset from the beginning, which may be behind the end. Errors: kInvalid if it
  // were outside 0 to FileBlocks::kMaximumSize, kIllegalSeek.
  std::expected<std::uint64_t, Errno> seek(std::int64_t distance, SeekFrom from);

  // Cuts the file, or adds zeros. Errors: kInvalid also if it is not open for writing.
  std::expected<void, Errno> resize(std::uint64_t size, Duration now);

  // Shows "." and "..", then the entries of a directory in the order in which they came, from where
  // the last call ended, until `take` has no room and returns false. What is removed meanwhile is
  // left out, what is added comes at the end; nothing comes twice. Errors: kNotDirectory; kNoEntry
  // if the directory has been removed.
  template <std::predicate<const DirectoryEntry&> Take>
  std::expected<void, Errno> read_entries(Take take);

  Node& node() const { return *node_; }
  Access access() const { return access_; }
  Append append() const { return append_; }
  void set_append(Append append) { append_ = append; }

  // Null if it is no device.
  const Device* device() const;

 private:
  bool can_read() const { return access_ != Access::kWrite; }
  bool can_write() const { return access_ != Access::kRead; }
  bool is_stream() const;

  NodeReference node_;
  Access access_;
  Append append_;
  std::uint64_t offset_ = 0;  // of a directory: the position of the next entry
};

template <std::predicate<const DirectoryEntry&> Take>
std::expected<void, Errno> OpenFile::read_entries(Take take) {
  auto* const directory = node_->as<Directory>();
  if (directory == nullptr) {
    return std::unexpected(Errno::kNotDirectory);
  }
  if (directory->parent == nullptr) {
    return std::unexpected(Errno::kNoEntry);
  }
  const auto show = [&](std::string_view name, Node& node, std::uint64_t position) {
    if (!take(DirectoryEntry{name, node.traits.number, node.kind(), position + 1})) {
      return false;
    }
    offset_ = position + 1;
    return true;
  };
  if ((offset_ == 0 && !show(".", *node_, 0)) ||
      (offset_ == 1 && !show("..", *directory->parent, 1))) {
    return {};
  }
  for (const Entry* entry = directory->first_from(offset_);
       entry != nullptr && show(entry->name.view(), *entry->node, entry->position);
       entry = entry->next()) {
  }
  return {};
}

using OpenFileReference = Reference<OpenFile>;

}  // namespace tb::files
