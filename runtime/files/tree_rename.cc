// Moving names and taking them away. What can fail comes before the first change.
#include "runtime/files/naming.h"
#include "runtime/files/tree.h"

namespace tb::files {
namespace {

bool is_in_or_below(Node* at, const Node& directory) {
  while (at != &directory) {
    Node* const parent = names_in(*at).parent;
    if (parent == at || parent == nullptr) {
      return false;
    }
    at = parent;
  }
  return true;
}

// Errors: those of rename() where there is something at `to`.
std::expected<void, Errno> check_replaced(const Place& from, const Place& to) {
  if (from.node->is_directory()) {
    if (!to.node->is_directory()) {
      return std::unexpected(Errno::kNotDirectory);
    }
    if (!names_in(*to.node).empty()) {
      return std::unexpected(Errno::kNotEmpty);
    }
  } else if (to.node->is_directory()) {
    return std::unexpected(Errno::kIsDirectory);
  }
  return {};
}

// Errors: those of rename(), but for memory.
std::expected<void, Errno> check_rename(const Place& from, const Place& to, Replace replace) {
  const bool slash = from.ending == Ending::kSlash || to.ending == Ending::kSlash;
  if (slash && !from.node->is_directory()) {
    return std::unexpected(Errno::kNotDirectory);
  }
  if (to.node != nullptr && replace == Replace::kNo) {
    return std::unexpected(Errno::kExists);
  }
  for (Node* const directory : {from.directory, to.directory}) {
    if (const auto checked = check_directory(*directory); !checked) {
      return checked;
    }
  }
  if (from.node->is_directory() && is_in_or_below(to.directory, *from.node)) {
    return std::unexpected(Errno::kInvalid);
  }
  if (to.node != nullptr && to.node != from.node) {
    return check_replaced(from, to);
  }
  return {};
}

}  // namespace

std::expected<void, Errno> Tree::unlink(Path path, Duration now) {
  const auto place = walk(root_, path, LastLink::kKeep);
  if (!place) {
    return std::unexpected(place.error());
  }
  if (place->node == nullptr) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (place->node->is_directory()) {
    return std::unexpected(Errno::kIsDirectory);
  }
  if (place->ending == Ending::kSlash) {
    return std::unexpected(Errno::kNotDirectory);
  }
  if (const auto checked = check_directory(*place->directory); !checked) {
    return checked;
  }
  leave(*place, now);
  return {};
}

std::expected<void, Errno> Tree::remove_directory(Path path, Duration now) {
  const auto place = walk(root_, path, LastLink::kKeep);
  if (!place) {
    return std::unexpected(place.error());
  }
  if (place->node == nullptr) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (place->node == &root_) {
    return std::unexpected(Errno::kBusy);
  }
  if (!place->node->is_directory()) {
    return std::unexpected(Errno::kNotDirectory);
  }
  if (place->name == ".") {
    return std::unexpected(Errno::kInvalid);
  }
  if (place->name == ".." || !names_in(*place->node).empty()) {
    return std::unexpected(Errno::kNotEmpty);
  }
  if (const auto checked = check_directory(*place->directory); !checked) {
    return checked;
  }
  leave(*place, now);
  return {};
}

std::expected<void, Errno> Tree::rename(Path from_path, Path to_path, Replace replace,
                                        Duration now) {
  const auto from = walk(root_, from_path, LastLink::kKeep);
  const auto to = walk(root_, to_path, LastLink::kKeep);
  if (!from || !to) {
    return std::unexpected(!from ? from.error() : to.error());
  }
  if (from->node == nullptr) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (from->entry == nullptr || (to->node != nullptr && to->entry == nullptr)) {
    return std::unexpected(Errno::kBusy);
  }
  if (const auto checked = check_rename(*from, *to, replace); !checked) {
    return checked;
  }
  if (from->node == to->node) {
    return {};
  }
  const NodeReference moved(from->node);
  if (to->node == nullptr) {
    if (names_in(*to->directory).add(to->name, moved) == nullptr) {
      return std::unexpected(Errno::kNoSpace);
    }
  } else {
    note_detached(*to->directory, *to->node);
    to->entry->node = moved;
  }
  leave(*from, now);
  note_attached(*to->directory, *moved);
  to->directory->traits.modified = now;
  return {};
}

}  // namespace tb::files
