// The tree's beginning and end, and making what is in it.
#include "runtime/files/tree.h"

#include "runtime/files/naming.h"

namespace tb::files {
namespace {

constexpr std::uint64_t kRootNumber = 1;
constexpr std::uint32_t kRootMode = 0755;

}  // namespace

Tree::Tree(Storage& storage, Duration now)
    : storage_(storage),
      root_(std::in_place_type<Directory>, Owner::kSomebodyElse, storage,
            NodeTraits{kRootNumber, kRootMode, now}, storage),
      last_number_(kRootNumber) {
  names_in(root_).parent = &root_;
  root_.names = 1;
}

Tree::~Tree() {
  Node* at = &root_;
  for (;;) {
    Entry* const first = names_in(*at).first_from(0);
    if (first == nullptr) {
      if (at == &root_) {
        break;
      }
      at = names_in(*at).parent;
    } else if (first->node->is_directory() && !names_in(*first->node).empty()) {
      at = first->node.get();
    } else {
      note_detached(*at, *first->node);
      names_in(*at).remove(*first);
    }
  }
}

std::expected<NodeReference, Errno> Tree::find(Path path, LastLink last) {
  const auto place = walk(root_, path, last_link_of(path, last));
  if (!place) {
    return std::unexpected(place.error());
  }
  if (place->node == nullptr) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (place->ending == Ending::kSlash && !place->node->is_directory()) {
    return std::unexpected(Errno::kNotDirectory);
  }
  return NodeReference(place->node);
}

template <class Kind, class... Arguments>
std::expected<NodeReference, Errno> Tree::make(Wanted wanted, Path path, std::uint32_t mode,
                                               Duration now, Arguments&&... arguments) {
  const auto place = walk(root_, path, LastLink::kKeep);
  if (!place) {
    return std::unexpected(place.error());
  }
  if (const auto checked = check_free(*place, wanted); !checked) {
    return std::unexpected(checked.error());
  }
  NodeReference node =
      new_node<Kind>(storage_, {++last_number_, mode, now}, std::forward<Arguments>(arguments)...);
  if (!node) {
    return std::unexpected(Errno::kNoSpace);
  }
  if (const auto entered = enter(*place, node, now); !entered) {
    return std::unexpected(entered.error());
  }
  return node;
}

std::expected<NodeReference, Errno> Tree::make_directory(Path path, std::uint32_t mode,
                                                         Duration now) {
  return make<Directory>(Wanted::kDirectory, path, mode, now, storage_);
}

std::expected<NodeReference, Errno> Tree::make_file(Path path, std::uint32_t mode, Duration now) {
  return make<FileBlocks>(Wanted::kAnything, path, mode, now, storage_);
}

std::expected<NodeReference, Errno> Tree::make_device(Path path, const Device& device,
                                                      std::uint32_t mode, Duration now) {
  return make<const Device*>(Wanted::kAnything, path, mode, now, &device);
}

std::expected<NodeReference, Errno> Tree::make_file_over(Path path,
                                                         std::span<const std::byte> bytes,
                                                         std::uint32_t mode, Duration now) {
  return make<ForeignBytes>(Wanted::kAnything, path, mode, now, bytes);
}

std::expected<NodeReference, Errno> Tree::make_symbolic_link(Path path, std::string_view target,
                                                             Duration now) {
  if (target.empty()) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (target.size() > kLongestPath) {
    return std::unexpected(Errno::kNameTooLong);
  }
  auto own_target = Text::copy_of(target, storage_);
  if (!own_target) {
    return std::unexpected(Errno::kNoSpace);
  }
  return make<SymbolicLink>(Wanted::kAnything, path, 0777, now, *std::move(own_target));
}

std::expected<void, Errno> Tree::make_hard_link(Path existing, LastLink last, Path path,
                                                Duration now) {
  const auto node = find(existing, last);
  if (!node) {
    return std::unexpected(node.error());
  }
  const auto place = walk(root_, path, LastLink::kKeep);
  if (!place) {
    return std::unexpected(place.error());
  }
  if (const auto checked = check_free(*place, Wanted::kAnything); !checked) {
    return checked;
  }
  if ((*node)->is_directory()) {
    return std::unexpected(Errno::kNotPermitted);
  }
  return enter(*place, *node, now);
}

}  // namespace tb::files
