// What a name stands for: a directory, a file, a symbolic link or a device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "base/time.h"
#include "runtime/files/device.h"
#include "runtime/files/directory.h"
#include "runtime/files/errno.h"
#include "runtime/files/file_blocks.h"
#include "runtime/files/reference.h"
#include "runtime/files/text.h"

namespace tb::files {

enum class NodeKind : std::uint8_t { kDirectory, kFile, kLink, kDevice };

// kReadOnly: of a file, its bytes stay; of a directory, all names in and below it.
enum class Protection : std::uint8_t { kNone, kReadOnly };

// A file whose bytes belong to somebody else, and outlive it; they are never written.
struct ForeignBytes {
  std::span<const std::byte> bytes;
};

struct SymbolicLink {
  Text target;
};

// What a node is told at its making. Times are since the epoch.
struct NodeTraits {
  std::uint64_t number;  // no other node of the tree has it
  std::uint32_t mode;    // permission bits: kept for the caller, and not acted on
  Duration modified;
};

// One owner at a time: all is under the caller's lock.
struct Node final : Counted {
  template <class Kind, class... Arguments>
  Node(std::in_place_type_t<Kind> kind_of_content, Owner owner, Storage& storage,
       NodeTraits its_traits, Arguments&&... arguments)
      : Counted(owner, storage),
        traits(its_traits),
        content(kind_of_content, std::forward<Arguments>(arguments)...) {}

  // Null if the node is something else.
  template <class Kind>
  Kind* as() {
    return std::get_if<Kind>(&content);
  }

  NodeKind kind() const;
  bool is_directory() const { return kind() == NodeKind::kDirectory; }

  NodeTraits traits;                          // the caller may change all but the number
  Protection protection = Protection::kNone;  // the caller's to change
  std::uint32_t names = 0;                    // entries that refer to it
  std::variant<Directory, FileBlocks, ForeignBytes, SymbolicLink, const Device*> content;
};

using NodeReference = Reference<Node>;

// What stat() wants to know.
struct Status {
  NodeKind kind;
  std::uint64_t number;
  std::uint32_t mode;
  std::uint64_t links;   // names of it; of a directory, ".." in its subdirectories count as well
  std::uint64_t size;    // in bytes; a symbolic link's is its target's length
  std::uint64_t stored;  // bytes of memory that its contents take
  Duration modified;
};
Status status(Node& node);

// Fewer bytes than asked for are the file's end. Errors: kIsDirectory; kInvalid for a symbolic
// link; the device's own.
std::expected<std::size_t, Errno> read(Node& node, std::uint64_t offset, std::span<std::byte> to);

// Fewer bytes than given are written when memory ends. Errors: kReadOnly, kNoSpace, kFileTooBig,
// kIsDirectory, kInvalid, the device's own.
std::expected<std::size_t, Errno> write(Node& node, std::uint64_t offset,
                                        std::span<const std::byte> from, Duration now);

// Cuts a file, or adds zeros. Errors: kReadOnly, kFileTooBig, kIsDirectory; kInvalid for what has
// no size.
std::expected<void, Errno> resize(Node& node, std::uint64_t size, Duration now);

// Where a symbolic link leads; good as long as the node. Errors: kInvalid if it is none.
std::expected<std::string_view, Errno> link_target(Node& node);

// Tells whether a file's bytes, or the names in a directory, may not change.
bool is_protected(Node& node);

}  // namespace tb::files
