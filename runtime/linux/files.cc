// Open files: reading, writing, and what descriptors mean.
#include "runtime/linux/files.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>

#include "runtime/linux/devices.h"
#include "runtime/linux/file_system.h"

namespace tb::linux_abi {
namespace {

// As the trap takes pieces of memory to read into or write from.
struct Piece {
  std::byte* begin;
  std::size_t size;
};

using Moved = std::expected<std::size_t, Errno>;

files::Access access_of(int flags) {
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return files::Access::kRead;
    case O_WRONLY:
      return files::Access::kWrite;
    default:
      return files::Access::kReadWrite;
  }
}

files::OpenOptions options_of(const FileSystem& files, int flags, std::uint32_t mode) {
  files::OpenOptions options{.access = access_of(flags)};
  if ((flags & O_CREAT) != 0) {
    options.creation =
        (flags & O_EXCL) != 0 ? files::Creation::kExclusive : files::Creation::kIfMissing;
  }
  options.append = (flags & O_APPEND) != 0 ? files::Append::kYes : files::Append::kNo;
  options.truncation = (flags & O_TRUNC) != 0 ? files::Truncation::kYes : files::Truncation::kNo;
  options.wanted =
      (flags & O_DIRECTORY) != 0 ? files::Wanted::kDirectory : files::Wanted::kAnything;
  options.last_link = (flags & O_NOFOLLOW) != 0 ? files::LastLink::kKeep : files::LastLink::kFollow;
  options.mode = mode & ~files.creation_mask & 07777;
  return options;
}

Result open(int directory, const char* text, int flags, std::uint32_t mode) {
  constexpr int kUnnamed = O_TMPFILE & ~O_DIRECTORY;
  if ((flags & kUnnamed) != 0) {
    return Errno::kNotSupportedHere;  // callers make a named one instead
  }
  const FileSystemGuard guard;
  FileSystem& files = guard.files();
  const auto path = path_from(files, directory, text);
  if (!path) {
    return path.error();
  }
  show_thread(files, path->text);
  const auto file = files.tree.open(*path, options_of(files, flags, mode), wall_clock());
  if (!file) {
    return file.error();
  }
  return result_of(files.descriptors.add(
      *file, (flags & O_CLOEXEC) != 0 ? files::CloseOnExec::kYes : files::CloseOnExec::kNo));
}

// What is behind a descriptor, kept open while its bytes are moved without the lock: a device may
// take its time, and the console does.
class Held {
 public:
  explicit Held(int descriptor) {
    const FileSystemGuard guard;
    auto found = guard.files().descriptors.find(descriptor);
    if (found) {
      file_ = std::move(*found);
    }
  }
  ~Held() {
    const FileSystemGuard guard;
    file_ = {};
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  explicit operator bool() const { return static_cast<bool>(file_); }
  files::OpenFile& file() const { return *file_; }

 private:
  files::OpenFileReference file_;
};

Moved write_to(files::OpenFile& file, std::span<const std::byte> bytes) {
  const files::Device* const device = file.device();
  if (device != nullptr && device->seekable == files::Seekable::kNo && device->write != nullptr &&
      file.access() != files::Access::kRead) {
    return device->write(device->self, 0, bytes);
  }
  const FileSystemGuard guard;
  return file.write(bytes, wall_clock());
}

Moved read_from(files::OpenFile& file, std::span<std::byte> bytes) {
  const files::Device* const device = file.device();
  if (device != nullptr && device->seekable == files::Seekable::kNo && device->read != nullptr &&
      file.access() != files::Access::kWrite) {
    return device->read(device->self, 0, bytes);
  }
  const FileSystemGuard guard;
  return file.read(bytes);
}

// Moves the pieces in turn until one comes out shorter; an error counts only if it is the first.
template <class Move>
Result move_pieces(std::span<const Piece> pieces, Move move) {
  std::size_t sum = 0;
  for (const Piece& piece : pieces) {
    const Moved moved = move(std::span(piece.begin, piece.size));
    if (!moved) {
      return sum > 0 ? Result(sum) : Result(moved.error());
    }
    sum += *moved;
    if (*moved < piece.size) {
      break;
    }
  }
  return sum;
}

Result write_pieces(int descriptor, std::span<const Piece> pieces) {
  const Held held(descriptor);
  if (!held) {
    return Errno::kBadDescriptor;
  }
  return move_pieces(pieces, [&](auto bytes) { return write_to(held.file(), bytes); });
}

Result read_pieces(int descriptor, std::span<const Piece> pieces) {
  const Held held(descriptor);
  if (!held) {
    return Errno::kBadDescriptor;
  }
  return move_pieces(pieces, [&](auto bytes) { return read_from(held.file(), bytes); });
}

// No call moves more than Linux' most; who wants more calls again.
Piece piece_of(const SystemCall& call) {
  constexpr std::size_t kMostBytes = 0x7ffff000;
  return {pointer<std::byte>(call, 1), std::min(argument<std::size_t>(call, 2), kMostBytes)};
}

// Does something with the open file behind a call's first argument, under the lock.
template <class Action>
Result with_file(const SystemCall& call, Action action) {
  const FileSystemGuard guard;
  const auto file = guard.files().descriptors.find(argument<int>(call, 0));
  return file ? action(**file) : Result(file.error());
}

constexpr std::size_t kMostPieces = 1024;

Result duplicate(int from, int flags, int lowest) {
  const FileSystemGuard guard;
  return result_of(guard.files().descriptors.duplicate(
      from, (flags & O_CLOEXEC) != 0 ? files::CloseOnExec::kYes : files::CloseOnExec::kNo, lowest));
}

Result duplicate_to(int from, int to, int flags) {
  const FileSystemGuard guard;
  const auto done = guard.files().descriptors.duplicate_to(
      from, to, (flags & O_CLOEXEC) != 0 ? files::CloseOnExec::kYes : files::CloseOnExec::kNo);
  return done ? Result(to) : Result(done.error());
}

int flags_of(const files::OpenFile& file) {
  int flags = file.append() == files::Append::kYes ? O_APPEND : 0;
  switch (file.access()) {
    case files::Access::kRead:
      return flags | O_RDONLY;
    case files::Access::kWrite:
      return flags | O_WRONLY;
    case files::Access::kReadWrite:
      return flags | O_RDWR;
  }
  return flags;
}

Result change_descriptor_flags(int descriptor, int command, int value) {
  const FileSystemGuard guard;
  files::DescriptorTable& table = guard.files().descriptors;
  if (command == F_SETFD) {
    return result_of(table.set_close_on_exec(descriptor, (value & FD_CLOEXEC) != 0
                                                             ? files::CloseOnExec::kYes
                                                             : files::CloseOnExec::kNo));
  }
  const auto flag = table.close_on_exec(descriptor);
  return flag ? Result(*flag == files::CloseOnExec::kYes ? FD_CLOEXEC : 0) : Result(flag.error());
}

}  // namespace

std::expected<void, Errno> can_be_mapped(int descriptor) {
  const FileSystemGuard guard;
  const auto file = guard.files().descriptors.find(descriptor);
  if (!file) {
    return std::unexpected(file.error());
  }
  if ((*file)->access() == files::Access::kWrite) {
    return std::unexpected(Errno::kAccess);
  }
  if ((*file)->node().kind() != files::NodeKind::kFile) {
    return std::unexpected(Errno::kNoDevice);
  }
  return {};
}

Result read_file_at(int descriptor, std::span<std::byte> bytes, std::uint64_t offset) {
  const FileSystemGuard guard;
  const auto file = guard.files().descriptors.find(descriptor);
  return file ? result_of((*file)->read_at(offset, bytes)) : Result(file.error());
}

Result system_open(SystemCall& call) {
  return open(AT_FDCWD, pointer<const char>(call, 0), argument<int>(call, 1),
              argument<std::uint32_t>(call, 2));
}

Result system_openat(SystemCall& call) {
  return open(argument<int>(call, 0), pointer<const char>(call, 1), argument<int>(call, 2),
              argument<std::uint32_t>(call, 3));
}

Result system_creat(SystemCall& call) {
  return open(AT_FDCWD, pointer<const char>(call, 0), O_CREAT | O_WRONLY | O_TRUNC,
              argument<std::uint32_t>(call, 1));
}

Result system_close(SystemCall& call) {
  const FileSystemGuard guard;
  return result_of(guard.files().descriptors.close(argument<int>(call, 0)));
}

Result system_read(SystemCall& call) {
  const Piece piece = piece_of(call);
  return read_pieces(argument<int>(call, 0), {&piece, 1});
}

Result system_write(SystemCall& call) {
  const Piece piece = piece_of(call);
  return write_pieces(argument<int>(call, 0), {&piece, 1});
}

Result system_readv(SystemCall& call) {
  const auto count = argument<std::size_t>(call, 2);
  return count > kMostPieces
             ? Result(Errno::kInvalid)
             : read_pieces(argument<int>(call, 0), {pointer<Piece>(call, 1), count});
}

Result system_writev(SystemCall& call) {
  const auto count = argument<std::size_t>(call, 2);
  return count > kMostPieces
             ? Result(Errno::kInvalid)
             : write_pieces(argument<int>(call, 0), {pointer<Piece>(call, 1), count});
}

Result system_pread64(SystemCall& call) {
  const Piece piece = piece_of(call);
  if (argument<std::int64_t>(call, 3) < 0) {
    return Errno::kInvalid;
  }
  return read_file_at(argument<int>(call, 0), {piece.begin, piece.size},
                      argument<std::uint64_t>(call, 3));
}

Result system_pwrite64(SystemCall& call) {
  const Piece piece = piece_of(call);
  if (argument<std::int64_t>(call, 3) < 0) {
    return Errno::kInvalid;
  }
  return with_file(call, [&](files::OpenFile& file) {
    return result_of(file.write_at(argument<std::uint64_t>(call, 3),
                                   std::span(piece.begin, piece.size), wall_clock()));
  });
}

Result system_lseek(SystemCall& call) {
  const auto whence = argument<unsigned>(call, 2);
  constexpr std::array kFrom = {files::SeekFrom::kBeginning, files::SeekFrom::kCurrent,
                                files::SeekFrom::kEnd};
  if (whence >= kFrom.size()) {
    return Errno::kInvalid;
  }
  return with_file(call, [&](files::OpenFile& file) {
    return result_of(file.seek(argument<std::int64_t>(call, 1), kFrom[whence]));
  });
}

// From one file to another, a buffer at a time.
Result system_sendfile(SystemCall& call) {
  const Held to(argument<int>(call, 0));
  const Held from(argument<int>(call, 1));
  auto* const offset = pointer<std::uint64_t>(call, 2);
  if (!to || !from) {
    return Errno::kBadDescriptor;
  }
  std::array<std::byte, 1024> buffer;
  std::size_t left = argument<std::size_t>(call, 3);
  std::size_t sum = 0;
  while (left > 0) {
    const auto room = std::span(buffer).first(std::min(left, buffer.size()));
    Moved got = 0;
    if (offset != nullptr) {
      const FileSystemGuard guard;
      got = from.file().read_at(*offset, room);
    } else {
      got = read_from(from.file(), room);
    }
    const Moved put = got ? write_to(to.file(), room.first(*got)) : got;
    if (!put) {
      return sum > 0 ? Result(sum) : Result(put.error());
    }
    if (*put == 0) {
      break;
    }
    sum += *put;
    left -= *put;
    if (offset != nullptr) {
      *offset += *put;
    }
  }
  return sum;
}

Result system_ftruncate(SystemCall& call) {
  if (argument<std::int64_t>(call, 1) < 0) {
    return Errno::kInvalid;
  }
  return with_file(call, [&](files::OpenFile& file) {
    return result_of(file.resize(argument<std::uint64_t>(call, 1), wall_clock()));
  });
}

// What is in memory is as safe as it will be.
Result system_fsync(SystemCall& call) {
  return with_file(call, [](files::OpenFile&) { return Result(0); });
}

Result system_dup(SystemCall& call) { return duplicate(argument<int>(call, 0), 0, 0); }

Result system_dup2(SystemCall& call) {
  return duplicate_to(argument<int>(call, 0), argument<int>(call, 1), 0);
}

Result system_dup3(SystemCall& call) {
  if (argument<int>(call, 0) == argument<int>(call, 1) ||
      (argument<int>(call, 2) & ~O_CLOEXEC) != 0) {
    return Errno::kInvalid;
  }
  return duplicate_to(argument<int>(call, 0), argument<int>(call, 1), argument<int>(call, 2));
}

Result system_fcntl(SystemCall& call) {
  const auto command = argument<int>(call, 1);
  const auto value = argument<int>(call, 2);
  switch (command) {
    case F_DUPFD:
      return duplicate(argument<int>(call, 0), 0, value);
    case F_DUPFD_CLOEXEC:
      return duplicate(argument<int>(call, 0), O_CLOEXEC, value);
    case F_GETFD:
    case F_SETFD:
      return change_descriptor_flags(argument<int>(call, 0), command, value);
    case F_GETFL:
      return with_file(call, [](files::OpenFile& file) { return Result(flags_of(file)); });
    case F_SETFL:
      return with_file(call, [&](files::OpenFile& file) {
        file.set_append((value & O_APPEND) != 0 ? files::Append::kYes : files::Append::kNo);
        return Result(0);
      });
    default:
      return Errno::kInvalid;
  }
}

// The console is a terminal of the simplest kind; the C library asks, and then writes whole lines.
Result system_ioctl(SystemCall& call) {
  return with_file(call, [&](files::OpenFile& file) {
    if (argument<unsigned>(call, 1) != TCGETS || file.device() != &console_device) {
      return Result(Errno::kNotTerminal);
    }
    auto& settings = *pointer<struct termios>(call, 2);
    settings = {};
    settings.c_lflag = ICANON | ECHO;
    return Result(0);
  });
}

Result system_getdents64(SystemCall& call) {
  struct Entry {
    std::uint64_t number;
    std::int64_t next;
    std::uint16_t size;
    std::uint8_t kind;
    char name[1];
  };
  // In the order of files::NodeKind: directory, file, link, device.
  constexpr std::array<std::uint8_t, 4> kKinds = {4, 8, 10, 2};
  auto* const begin = pointer<std::byte>(call, 1);
  const auto room = argument<std::size_t>(call, 2);
  std::size_t used = 0;
  bool too_small = false;
  const auto take = [&](const files::DirectoryEntry& entry) {
    const std::size_t size =
        align_up(offsetof(Entry, name) + entry.name.size() + 1, alignof(Entry));
    if (room - used < size) {
      too_small = used == 0;
      return false;
    }
    auto* const place = reinterpret_cast<Entry*>(begin + used);
    place->number = entry.number;
    place->next = static_cast<std::int64_t>(entry.next);
    place->size = static_cast<std::uint16_t>(size);
    place->kind = kKinds[static_cast<std::size_t>(entry.kind)];
    std::memcpy(place->name, entry.name.data(), entry.name.size());
    place->name[entry.name.size()] = '\0';
    used += size;
    return true;
  };
  return with_file(call, [&](files::OpenFile& file) {
    const auto done = file.read_entries(take);
    if (!done || too_small) {
      return Result(done ? Errno::kInvalid : done.error());
    }
    return Result(used);
  });
}

}  // namespace tb::linux_abi
