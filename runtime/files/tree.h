// A file system in memory: one tree of names. It knows nothing of threads, of who may do what, and
// of the time; it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "runtime/files/device.h"
#include "runtime/files/errno.h"
#include "runtime/files/node.h"
#include "runtime/files/open_file.h"
#include "runtime/files/path.h"

namespace tb::files {

// kIfMissing: what is there is opened. kExclusive: what is there is the error kExists.
enum class Creation : std::uint8_t { kNo, kIfMissing, kExclusive };

// kYes: a file is cut to no bytes, which needs that it may be written.
enum class Truncation : std::uint8_t { kNo, kYes };

// kDirectory: whatever else is there is the error kNotDirectory.
enum class Wanted : std::uint8_t { kAnything, kDirectory };

struct OpenOptions {
  Access access = Access::kRead;
  Append append = Append::kNo;
  Creation creation = Creation::kNo;
  Truncation truncation = Truncation::kNo;
  Wanted wanted = Wanted::kAnything;
  LastLink last_link = LastLink::kFollow;  // kKeep: a link at the end is the error kLoop
  std::uint32_t mode = 0644;               // of a file that is made
};

// Whether rename() may put a node in the place of another.
enum class Replace : std::uint8_t { kNo, kYes };

// One owner at a time: the caller locks around all of it, references included. Nothing blocks.
//
// Times are since the epoch. Errors of every path besides those named are those of walk(). Whatever
// needs memory and gets none is kNoSpace (an open file itself: kNoMemory) and changes nothing.
// Changing the names of a directory that is protected, or below one that is, is kReadOnly; in one
// that has been removed, kNoEntry.
class Tree {
 public:
  // The storage outlives the tree and all references to what was in it.
  Tree(Storage& storage, Duration now);
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // Nodes that are still referred to go on without names; the root is not among them.
  ~Tree();

  // Good as long as the tree. The start of a path that begins with a slash in any case.
  Node& root() { return root_; }

  // What is there. Errors: kNotDirectory also for a file with a slash behind it.
  std::expected<NodeReference, Errno> find(Path path, LastLink last = LastLink::kFollow);

  // Errors: kNoEntry, kExists, kLoop, kNoMemory; kIsDirectory for a directory that shall be written
  // or made; kReadOnly for a file that shall be written and may not.
  std::expected<OpenFileReference, Errno> open(Path path, const OpenOptions& options, Duration now);

  // The following make a new name, in a directory that is there. Errors: kExists; kNoEntry also for
  // a slash at the end, but not of make_directory(). The returned node may be ignored.
  std::expected<NodeReference, Errno> make_directory(Path path, std::uint32_t mode, Duration now);
  std::expected<NodeReference, Errno> make_file(Path path, std::uint32_t mode, Duration now);
  std::expected<NodeReference, Errno> make_device(Path path, const Device& device,
                                                  std::uint32_t mode, Duration now);

  // A file that is never written, over bytes that outlive the tree and references to it.
  std::expected<NodeReference, Errno> make_file_over(Path path, std::span<const std::byte> bytes,
                                                     std::uint32_t mode, Duration now);

  // Where the target leads is not looked at. Errors: kNoEntry if it is empty, kNameTooLong.
  std::expected<NodeReference, Errno> make_symbolic_link(Path path, std::string_view target,
                                                         Duration now);

  // A second name for a node. Errors: kNotPermitted for a directory.
  std::expected<void, Errno> make_hard_link(Path existing, LastLink last, Path path, Duration now);

  // Takes a name away; the node ends when nobody refers to it. Errors: kIsDirectory.
  std::expected<void, Errno> unlink(Path path, Duration now);

  // Errors: kNotDirectory, kNotEmpty, kBusy for the root, kInvalid for ".".
  std::expected<void, Errno> remove_directory(Path path, Duration now);

  // Moves a name; what `to` named before is gone in the same step. Two names of one node stay.
  // Errors: kNoEntry; kExists if nothing may be replaced; kInvalid if a directory were moved into
  // itself; kNotDirectory, kIsDirectory and kNotEmpty if `to` cannot be replaced by `from`; kBusy
  // for the root, "." and "..".
  std::expected<void, Errno> rename(Path from, Path to, Replace replace, Duration now);

 private:
  template <class Kind, class... Arguments>
  std::expected<NodeReference, Errno> make(Wanted wanted, Path path, std::uint32_t mode,
                                           Duration now, Arguments&&... arguments);
  std::expected<OpenFileReference, Errno> open_new(const Place& place, const OpenOptions& options,
                                                   Duration now);
  std::expected<OpenFileReference, Errno> open_existing(const Place& place,
                                                        const OpenOptions& options, Duration now);

  Storage& storage_;
  Node root_;
  std::uint64_t last_number_;  // that a node has, or nearly had
};

}  // namespace tb::files
