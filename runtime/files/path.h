// From a path to the place in the tree that it means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "runtime/files/errno.h"
#include "runtime/files/node.h"

namespace tb::files {

inline constexpr std::size_t kLongestName = 255;
inline constexpr std::size_t kLongestPath = 4095;
inline constexpr std::size_t kMostLinks = 40;  // followed on the way, before it seems to be a loop

// A path as somebody wrote it, and the directory from which it goes unless it begins with a slash.
struct Path {
  Node& start;
  std::string_view text;
};

// Whether a symbolic link at the path's end is itself meant, or what it leads to.
enum class LastLink : std::uint8_t { kFollow, kKeep };

// Whether the path ends in a slash, and so means a directory.
enum class Ending : std::uint8_t { kName, kSlash };

// The end of a path's way. Pointers and the name are good until the tree, or the path, changes.
struct Place {
  Node* directory;        // that the name is looked up in
  std::string_view name;  // empty for the root
  Entry* entry;           // null if there is nothing, and for the root, "." and ".."
  Node* node;             // null if there is nothing
  Ending ending;
};

// Follows a path from directory to directory up to its last name, which need not be there. Errors:
// kNoEntry, kNotDirectory, kNameTooLong, kLoop.
std::expected<Place, Errno> walk(Node& root, Path path, LastLink last);

// Writes a directory's path from the root into the buffer and returns it. Errors: kNoEntry if it
// has been removed, kOutOfRange if the buffer is too small.
std::expected<std::string_view, Errno> path_of(Node& directory, std::span<char> buffer);

}  // namespace tb::files
