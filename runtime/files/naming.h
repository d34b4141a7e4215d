// For the functions of Tree: nodes get names and lose them.
#pragma once

#include <cstdint>
#include <expected>
#include <utility>

#include "base/time.h"
#include "runtime/files/errno.h"
#include "runtime/files/node.h"
#include "runtime/files/path.h"
#include "runtime/files/storage.h"
#include "runtime/files/tree.h"

namespace tb::files {

// A node without a name. Empty when memory is short.
template <class Kind, class... Arguments>
NodeReference new_node(Storage& storage, NodeTraits traits, Arguments&&... arguments) {
  return NodeReference(storage.create<Node>(std::in_place_type<Kind>, Owner::kReferences, storage,
                                            traits, std::forward<Arguments>(arguments)...));
}

// Of a node that is a directory.
inline Directory& names_in(Node& directory) { return *directory.as<Directory>(); }

// Counts a name that a node has got in the directory, or lost.
void note_attached(Node& directory, Node& node);
void note_detached(Node& directory, Node& node);

// Errors: kNoEntry and kReadOnly, as class Tree says of changing names.
std::expected<void, Errno> check_directory(Node& directory);

// Whether a new name can be there. Errors: kExists, kNoEntry for a slash behind what shall be no
// directory, those of check_directory().
std::expected<void, Errno> check_free(const Place& place, Wanted wanted);

// Gives a node a name at a place that check_free() is content with. Errors: kNoSpace.
std::expected<void, Errno> enter(const Place& place, const NodeReference& node, Duration now);

// Takes the name at a place away.
void leave(const Place& place, Duration now);

// A slash behind a symbolic link means the directory that it leads to.
inline LastLink last_link_of(Path path, LastLink asked) {
  return path.text.ends_with('/') ? LastLink::kFollow : asked;
}

}  // namespace tb::files
