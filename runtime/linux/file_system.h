// The one file system of an image, and the descriptors of its one program.
#pragma once

#include <string_view>

#include "runtime/files/descriptor_table.h"
#include "runtime/files/tree.h"
#include "runtime/linux/call.h"
#include "runtime/linux/sleeping_lock.h"

namespace tb::linux_abi {

// All of it under the lock. Times are the wall clock's.
struct FileSystem {
  explicit FileSystem(Duration now) : tree(storage, now), descriptors(storage) {}

  files::Storage storage;
  files::Tree tree;
  files::DescriptorTable descriptors;
  files::NodeReference working_directory;
  std::uint32_t creation_mask = 022;
};

// Held while anybody looks at the file system; whoever waits for the console lets go of it.
class FileSystemGuard {
 public:
  FileSystemGuard();
  ~FileSystemGuard();
  FileSystemGuard(const FileSystemGuard&) = delete;
  FileSystemGuard& operator=(const FileSystemGuard&) = delete;

  // With its folders and devices from the first call on.
  FileSystem& files() const;
};

Duration wall_clock();

// A path of a call whose first argument names the directory it starts from. Errors: kBadDescriptor,
// kNotDirectory.
std::expected<files::Path, Errno> path_from(FileSystem& files, int directory, const char* text);

// Makes the file that names a live thread, if that is what the path means and it is not there yet.
void show_thread(FileSystem& files, std::string_view path);

inline Result result_of(const std::expected<void, Errno>& done) {
  return done ? Result(0) : Result(done.error());
}
template <class T>
Result result_of(const std::expected<T, Errno>& done) {
  return done ? Result(*done) : Result(done.error());
}

}  // namespace tb::linux_abi
