// Names and what they count.
#include "runtime/files/naming.h"

namespace tb::files {

void note_attached(Node& directory, Node& node) {
  ++node.names;
  if (auto* const moved = node.as<Directory>(); moved != nullptr) {
    moved->parent = &directory;
    ++names_in(directory).subdirectories;
  }
}

void note_detached(Node& directory, Node& node) {
  --node.names;
  if (auto* const moved = node.as<Directory>(); moved != nullptr) {
    moved->parent = nullptr;
    --names_in(directory).subdirectories;
  }
}

std::expected<void, Errno> check_directory(Node& directory) {
  if (directory.names == 0) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (is_protected(directory)) {
    return std::unexpected(Errno::kReadOnly);
  }
  return {};
}

std::expected<void, Errno> check_free(const Place& place, Wanted wanted) {
  if (place.node != nullptr) {
    return std::unexpected(Errno::kExists);
  }
  if (place.ending == Ending::kSlash && wanted != Wanted::kDirectory) {
    return std::unexpected(Errno::kNoEntry);
  }
  return check_directory(*place.directory);
}

std::expected<void, Errno> enter(const Place& place, const NodeReference& node, Duration now) {
  if (names_in(*place.directory).add(place.name, node) == nullptr) {
    return std::unexpected(Errno::kNoSpace);
  }
  note_attached(*place.directory, *node);
  place.directory->traits.modified = now;
  return {};
}

void leave(const Place& place, Duration now) {
  note_detached(*place.directory, *place.node);
  place.directory->traits.modified = now;
  names_in(*place.directory).remove(*place.entry);
}

}  // namespace tb::files
