// The contents of nodes, kind by kind.
#include "runtime/files/node.h"

#include <algorithm>
#include <cstring>

namespace tb::files {
namespace {

std::uint64_t size_of(Node& node) {
  if (const auto* const file = node.as<FileBlocks>()) {
    return file->size();
  }
  if (const auto* const foreign = node.as<ForeignBytes>()) {
    return foreign->bytes.size();
  }
  if (const auto* const link = node.as<SymbolicLink>()) {
    return link->target.view().size();
  }
  return 0;
}

// An unnamed directory has not even its own ".".
std::uint64_t links_of(Node& node) {
  const auto* const directory = node.as<Directory>();
  return directory == nullptr || node.names == 0 ? node.names : 2 + directory->subdirectories;
}

// What reading or writing says of a node that has no bytes.
Errno error_without_bytes(const Node& node) {
  return node.is_directory() ? Errno::kIsDirectory : Errno::kInvalid;
}

// The blocks of a file that may change. Errors: those of resize().
std::expected<FileBlocks*, Errno> blocks_to_change(Node& node) {
  if (node.kind() != NodeKind::kFile) {
    return std::unexpected(error_without_bytes(node));
  }
  if (is_protected(node)) {
    return std::unexpected(Errno::kReadOnly);
  }
  return node.as<FileBlocks>();
}

}  // namespace

NodeKind Node::kind() const {
  if (std::holds_alternative<Directory>(content)) {
    return NodeKind::kDirectory;
  }
  if (std::holds_alternative<SymbolicLink>(content)) {
    return NodeKind::kLink;
  }
  return std::holds_alternative<const Device*>(content) ? NodeKind::kDevice : NodeKind::kFile;
}

Status status(Node& node) {
  const auto* const file = node.as<FileBlocks>();
  return {.kind = node.kind(),
          .number = node.traits.number,
          .mode = node.traits.mode,
          .links = links_of(node),
          .size = size_of(node),
          .stored = file != nullptr ? file->stored() : 0,
          .modified = node.traits.modified};
}

std::expected<std::size_t, Errno> read(Node& node, std::uint64_t offset, std::span<std::byte> to) {
  if (const auto* const file = node.as<FileBlocks>()) {
    return file->read(offset, to);
  }
  if (const auto* const foreign = node.as<ForeignBytes>()) {
    const auto rest = foreign->bytes.subspan(std::min(offset, foreign->bytes.size()));
    const std::size_t count = std::min(rest.size(), to.size());
    if (count > 0) {
      std::memcpy(to.data(), rest.data(), count);
    }
    return count;
  }
  if (const auto* const device = node.as<const Device*>(); device && (*device)->read != nullptr) {
    return (*device)->read((*device)->self, offset, to);
  }
  return std::unexpected(error_without_bytes(node));
}

std::expected<std::size_t, Errno> write(Node& node, std::uint64_t offset,
                                        std::span<const std::byte> from, Duration now) {
  if (const auto* const device = node.as<const Device*>(); device && (*device)->write != nullptr) {
    return (*device)->write((*device)->self, offset, from);
  }
  const auto blocks = blocks_to_change(node);
  if (!blocks) {
    return std::unexpected(blocks.error());
  }
  const auto count = (*blocks)->write(offset, from);
  if (count.value_or(0) > 0) {
    node.traits.modified = now;
  }
  return count;
}

std::expected<void, Errno> resize(Node& node, std::uint64_t size, Duration now) {
  const auto blocks = blocks_to_change(node);
  if (!blocks) {
    return std::unexpected(blocks.error());
  }
  const auto resized = (*blocks)->resize(size);
  if (resized) {
    node.traits.modified = now;
  }
  return resized;
}

std::expected<std::string_view, Errno> link_target(Node& node) {
  const auto* const link = node.as<SymbolicLink>();
  if (link == nullptr) {
    return std::unexpected(Errno::kInvalid);
  }
  return link->target.view();
}

bool is_protected(Node& node) {
  if (node.as<ForeignBytes>() != nullptr) {
    return true;
  }
  Node* at = &node;
  while (at->protection == Protection::kNone) {
    const auto* const directory = at->as<Directory>();
    if (directory == nullptr || directory->parent == nullptr || directory->parent == at) {
      return false;
    }
    at = directory->parent;
  }
  return true;
}

}  // namespace tb::files
