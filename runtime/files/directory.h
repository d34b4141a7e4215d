// The names in a directory, found by name and read in the order in which they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/intrusive_list.h"
#include "runtime/files/reference.h"
#include "runtime/files/storage.h"
#include "runtime/files/text.h"

namespace tb::files {

struct Node;

// A name and what it stands for.
struct Entry {
  Entry(Text own_name, Reference<Node> its_node);

  Entry* next() const { return order.next; }

  const Text name;
  const std::uint64_t hash;    // of the name
  Reference<Node> node;        // never empty
  std::uint64_t position = 0;  // among all that the directory ever had
  ListHook<Entry> order;
  Entry* left = nullptr;
  Entry* right = nullptr;
};

// The names are a search tree, ordered by their hashes: those are as good as random, so the tree
// needs no balancing.
class Directory {
 public:
  // Those before it are for "." and "..", which are not kept.
  static constexpr std::uint64_t kFirstPosition = 2;

  explicit Directory(Storage& storage) : storage_(storage) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory();

  bool empty() const { return root_ == nullptr; }

  // Null if there is no such name.
  Entry* find(std::string_view name);

  // A name that is not there yet goes to the end. Null when memory is short.
  Entry* add(std::string_view name, Reference<Node> node);

  void remove(Entry& entry);

  // The first in the order at this position or behind it, or null. Removing others does not change
  // an entry's position. Takes time with the number of entries before it.
  Entry* first_from(std::uint64_t position) const;

  Node* parent = nullptr;          // itself for the root; null when the directory has no name
  std::size_t subdirectories = 0;  // among the entries

 private:
  Entry*& place_of(std::uint64_t hash, std::string_view name);

  Storage& storage_;
  Entry* root_ = nullptr;
  IntrusiveList<Entry, &Entry::order> order_;
  std::uint64_t next_position_ = kFirstPosition;
};

}  // namespace tb::files
