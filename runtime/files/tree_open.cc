// Opening what a path means, or making it.
#include "runtime/files/naming.h"
#include "runtime/files/tree.h"

namespace tb::files {

std::expected<OpenFileReference, Errno> Tree::open(Path path, const OpenOptions& options,
                                                   Duration now) {
  const LastLink last = options.creation == Creation::kExclusive
                            ? LastLink::kKeep
                            : last_link_of(path, options.last_link);
  const auto place = walk(root_, path, last);
  if (!place) {
    return std::unexpected(place.error());
  }
  if (place->node != nullptr) {
    return open_existing(*place, options, now);
  }
  if (options.creation == Creation::kNo) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (place->ending == Ending::kSlash) {
    return std::unexpected(Errno::kIsDirectory);
  }
  return open_new(*place, options, now);
}

std::expected<OpenFileReference, Errno> Tree::open_existing(const Place& place,
                                                            const OpenOptions& options,
                                                            Duration now) {
  Node& node = *place.node;
  const bool changes = options.access != Access::kRead || options.truncation == Truncation::kYes;
  if (options.creation == Creation::kExclusive) {
    return std::unexpected(Errno::kExists);
  }
  if (node.kind() == NodeKind::kLink) {
    return std::unexpected(Errno::kLoop);
  }
  if (node.is_directory()) {
    if (changes || options.creation != Creation::kNo) {
      return std::unexpected(Errno::kIsDirectory);
    }
  } else if (options.wanted == Wanted::kDirectory || place.ending == Ending::kSlash) {
    return std::unexpected(Errno::kNotDirectory);
  }
  if (changes && is_protected(node)) {
    return std::unexpected(Errno::kReadOnly);
  }
  OpenFileReference file(
      storage_.create<OpenFile>(storage_, NodeReference(&node), options.access, options.append));
  if (!file) {
    return std::unexpected(Errno::kNoMemory);
  }
  if (options.truncation == Truncation::kYes && node.kind() == NodeKind::kFile) {
    if (const auto cut = resize(node, 0, now); !cut) {
      return std::unexpected(cut.error());
    }
  }
  return file;
}

std::expected<OpenFileReference, Errno> Tree::open_new(const Place& place,
                                                       const OpenOptions& options, Duration now) {
  if (const auto checked = check_free(place, Wanted::kAnything); !checked) {
    return std::unexpected(checked.error());
  }
  const NodeReference node =
      new_node<FileBlocks>(storage_, {++last_number_, options.mode, now}, storage_);
  if (!node) {
    return std::unexpected(Errno::kNoSpace);
  }
  OpenFileReference file(storage_.create<OpenFile>(storage_, node, options.access, options.append));
  if (!file) {
    return std::unexpected(Errno::kNoMemory);
  }
  if (const auto entered = enter(place, node, now); !entered) {
    return std::unexpected(entered.error());
  }
  return file;
}

}  // namespace tb::files
