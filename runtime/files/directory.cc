// Search trees of names.
#include "runtime/files/directory.h"

#include "runtime/files/node.h"

namespace tb::files {
namespace {

// FNV-1a; then its bits are mixed, since names that differ in their last letter alone would stay
// neighbours.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char character : name) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100'0000'01b3;
  }
  hash = (hash ^ (hash >> 33)) * 0xff51'afd7'ed55'8ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ce'b9fe'1a85'ec53;
  return hash ^ (hash >> 33);
}

}  // namespace

Entry::Entry(Text own_name, Reference<Node> its_node)
    : name(std::move(own_name)), hash(hash_of(name.view())), node(std::move(its_node)) {}

Directory::~Directory() { expects(empty(), "a directory that ends has no entries"); }

// Where the pointer to the entry is, or would have to be.
Entry*& Directory::place_of(std::uint64_t hash, std::string_view name) {
  Entry** place = &root_;
  while (*place != nullptr) {
    Entry& entry = **place;
    if (hash != entry.hash) {
      place = hash < entry.hash ? &entry.left : &entry.right;
    } else if (name != entry.name.view()) {
      place = name < entry.name.view() ? &entry.left : &entry.right;
    } else {
      break;
    }
  }
  return *place;
}

Entry* Directory::find(std::string_view name) { return place_of(hash_of(name), name); }

Entry* Directory::add(std::string_view name, Reference<Node> node) {
  auto own_name = Text::copy_of(name, storage_);
  if (!own_name) {
    return nullptr;
  }
  Entry* const entry = storage_.create<Entry>(*std::move(own_name), std::move(node));
  if (entry == nullptr) {
    return nullptr;
  }
  Entry*& place = place_of(entry->hash, name);
  expects(place == nullptr, "the name is new");
  place = entry;
  entry->position = next_position_++;
  order_.push_back(*entry);
  return entry;
}

void Directory::remove(Entry& entry) {
  Entry*& place = place_of(entry.hash, entry.name.view());
  expects(place == &entry, "the entry is in this directory");
  if (entry.left != nullptr && entry.right != nullptr) {
    // The next larger one has nothing on its left, and takes the place.
    Entry** next = &entry.right;
    while ((*next)->left != nullptr) {
      next = &(*next)->left;
    }
    Entry* const successor = *next;
    *next = successor->right;
    successor->left = entry.left;
    successor->right = entry.right;
    place = successor;
  } else {
    place = entry.left != nullptr ? entry.left : entry.right;
  }
  order_.remove(entry);
  storage_.destroy(&entry);
}

Entry* Directory::first_from(std::uint64_t position) const {
  if (position >= next_position_) {
    return nullptr;
  }
  Entry* entry = order_.front();
  while (entry != nullptr && entry->position < position) {
    entry = entry->next();
  }
  return entry;
}

}  // namespace tb::files
