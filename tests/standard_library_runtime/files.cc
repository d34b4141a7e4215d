// Files through the trap: what the calls return and, above all, how they fail.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <termios.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::raw_call;
using tb::test::Suite;

constexpr int kNoDescriptor = 99;

long open_file(const char* path, int flags, int mode = 0644) {
  return raw_call(SYS_open, path, flags, mode);
}

long open_at(long directory, const char* path, int flags, int mode = 0644) {
  return raw_call(SYS_openat, directory, path, flags, mode);
}

long write_text(long file, std::string_view text) {
  return raw_call(SYS_write, file, text.data(), text.size());
}

std::string read_from(long file, std::size_t most = 100) {
  std::string text(most, '\0');
  text.resize(
      static_cast<std::size_t>(std::max(raw_call(SYS_read, file, text.data(), text.size()), 0L)));
  return text;
}

// From its beginning, whoever has it open.
std::string contents(const char* path) {
  const long file = open_file(path, O_RDONLY);
  const std::string text = read_from(file, 10'000);
  raw_call(SYS_close, file);
  return text;
}

long seek(long file, long offset, int whence) { return raw_call(SYS_lseek, file, offset, whence); }

// A new directory in /tmp.
long new_directory(const char* path) {
  raw_call(SYS_mkdir, path, 0755);
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

void open_from_a_directory(Suite& suite) {
  const long directory = new_directory("/tmp/from");
  const long file = open_at(directory, "file", O_RDWR | O_CREAT);
  suite.equal(write_text(file, "here"), 4, "bytes written");
  suite.check(contents("/tmp/from/file") == "here", "it is in the directory");
  suite.check(open_at(kNoDescriptor, "/tmp/from/file", O_RDONLY) >= 0, "a path from the root");
  suite.equal(open_at(file, "file", O_RDONLY), -ENOTDIR, "from a file");
  suite.equal(open_at(kNoDescriptor, "file", O_RDONLY), -EBADF, "from nowhere");
  suite.equal(open_at(directory, "", O_RDONLY), -ENOENT, "nothing");
  suite.equal(raw_call(SYS_openat, directory, nullptr, O_RDONLY, 0), -EFAULT, "no path");
  suite.equal(raw_call(SYS_mkdirat, directory, "inner", 0755), 0, "a directory in it");
  suite.equal(raw_call(SYS_renameat, directory, "file", directory, "inner/moved"), 0, "renaming");
  suite.equal(raw_call(SYS_symlinkat, "inner/moved", directory, "link"), 0, "a link");
  std::array<char, 6> target{};
  suite.equal(raw_call(SYS_readlinkat, directory, "link", target.data(), target.size()), 6,
              "as much of the link as there is room for");
  suite.check(std::string_view(target.data(), 6) == "inner/", "the beginning of its target");
  suite.equal(raw_call(SYS_readlinkat, directory, "link", target.data(), 0), -EINVAL, "no room");
  suite.check(contents("/tmp/from/link") == "here", "the link is followed");
  struct stat status{};
  suite.equal(raw_call(SYS_newfstatat, file, "", &status, AT_EMPTY_PATH), 0, "the file itself");
  suite.equal(status.st_size, 4, "its size");
  suite.equal(raw_call(SYS_newfstatat, directory, "link", &status, AT_SYMLINK_NOFOLLOW), 0, "link");
  suite.check(S_ISLNK(status.st_mode), "it is a link");
  suite.equal(raw_call(SYS_unlinkat, directory, "inner", AT_REMOVEDIR), -ENOTEMPTY, "not empty");
  suite.equal(raw_call(SYS_unlinkat, directory, "inner", 0), -EISDIR, "not a file");
  suite.equal(raw_call(SYS_unlinkat, directory, "inner/moved", 0), 0, "removing the file");
  suite.check(read_from(file).empty() && seek(file, 0, SEEK_SET) == 0, "it is still open");
  suite.check(read_from(file) == "here", "and has its contents");
}

// As getdents64 writes them.
struct Entry {
  std::uint64_t number;
  std::int64_t next;
  std::uint16_t size;
  std::uint8_t kind;
  char name[1];
};

void list_with_little_room(Suite& suite) {
  constexpr int kFiles = 40;
  const long directory = new_directory("/tmp/list");
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "a file with the number " + std::to_string(i);
    raw_call(SYS_close, open_at(directory, name.c_str(), O_WRONLY | O_CREAT));
  }
  for (const std::size_t room : {56, 100, 1000, 10'000}) {
    std::multiset<std::string> names;
    alignas(Entry) std::array<char, 10'000> buffer;
    suite.equal(seek(directory, 0, SEEK_SET), 0, "going back to the beginning");
    long used = 0;
    while ((used = raw_call(SYS_getdents64, directory, buffer.data(), room)) > 0) {
      for (long at = 0; at < used;) {
        const auto& entry = reinterpret_cast<const Entry&>(buffer[static_cast<std::size_t>(at)]);
        names.insert(entry.name);
        at += entry.size;
      }
      suite.check(static_cast<std::size_t>(used) <= room, "it fits");
    }
    suite.equal(used, 0, "the end");
    suite.equal(names.size(), kFiles + 2, "entries, with the directory and its parent");
    suite.equal(std::set(names.begin(), names.end()).size(), kFiles + 2, "different ones");
  }
  std::array<char, 20> little{};
  seek(directory, 0, SEEK_SET);
  suite.equal(raw_call(SYS_getdents64, directory, little.data(), little.size()), -EINVAL, "room");
  suite.equal(raw_call(SYS_getdents64, 1, little.data(), little.size()), -ENOTDIR, "the console");
  const long removed = new_directory("/tmp/removed");
  raw_call(SYS_rmdir, "/tmp/removed");
  suite.equal(raw_call(SYS_getdents64, removed, little.data(), little.size()), -ENOENT, "removed");
}

void create(Suite& suite) {
  raw_call(SYS_umask, 027);
  const long file = open_file("/tmp/new", O_WRONLY | O_CREAT | O_EXCL, 0666);
  struct stat status{};
  raw_call(SYS_fstat, file, &status);
  suite.equal(status.st_mode, S_IFREG | 0640, "its mode, after the mask");
  suite.equal(raw_call(SYS_umask, 022), 027, "the mask before");
  write_text(file, "old");
  suite.equal(open_file("/tmp/new", O_WRONLY | O_CREAT | O_EXCL), -EEXIST, "it is there");
  raw_call(SYS_symlink, "/tmp/nowhere", "/tmp/dangling");
  suite.equal(open_file("/tmp/dangling", O_WRONLY | O_CREAT | O_EXCL), -EEXIST, "a link is");
  suite.equal(open_file("/tmp/dangling", O_RDONLY), -ENOENT, "what the link means is not");
  suite.equal(open_file("/tmp/dangling", O_RDONLY | O_NOFOLLOW), -ELOOP, "the link itself");
  suite.check(open_file("/tmp/dangling", O_WRONLY | O_CREAT) >= 0, "making what the link means");
  suite.equal(raw_call(SYS_access, "/tmp/nowhere", F_OK), 0, "it is made");
  suite.equal(open_file("/tmp/missing/file", O_WRONLY | O_CREAT), -ENOENT, "in no directory");
  suite.equal(open_file("/tmp/new/file", O_WRONLY | O_CREAT), -ENOTDIR, "in a file");
  suite.equal(open_file("/tmp/new", O_RDONLY | O_DIRECTORY), -ENOTDIR, "a file as a directory");
  suite.equal(open_file("/tmp", O_WRONLY), -EISDIR, "writing a directory");
  suite.equal(open_file("/tmp", O_RDWR | O_TMPFILE), -EOPNOTSUPP, "a file without a name");
  suite.equal(raw_call(SYS_close, open_file("/tmp/new", O_WRONLY | O_TRUNC)), 0, "cutting it");
  suite.check(contents("/tmp/new").empty(), "it is cut");
}

void append(Suite& suite) {
  const long one = open_file("/tmp/log", O_RDWR | O_CREAT | O_APPEND);
  const long other = open_file("/tmp/log", O_WRONLY);
  write_text(one, "first ");
  suite.equal(seek(other, 0, SEEK_END), 6, "the end");
  write_text(other, "second ");
  seek(one, 0, SEEK_SET);
  write_text(one, "third ");
  suite.check(contents("/tmp/log") == "first second third ", "what is appended comes last");
  suite.equal(raw_call(SYS_fcntl, other, F_SETFL, O_APPEND), 0, "asking for it later");
  seek(other, 0, SEEK_SET);
  write_text(other, "fourth");
  suite.check(contents("/tmp/log") == "first second third fourth", "is as good");
}

void duplicate(Suite& suite) {
  const long file = open_file("/tmp/twice", O_RDWR | O_CREAT | O_CLOEXEC);
  write_text(file, "0123456789");
  const long second = raw_call(SYS_dup, file);
  seek(file, 4, SEEK_SET);
  suite.check(read_from(second, 2) == "45", "both are at one place");
  suite.check(read_from(file, 2) == "67", "whoever reads");
  suite.equal(raw_call(SYS_fcntl, file, F_GETFD), FD_CLOEXEC, "the flag of the first");
  suite.equal(raw_call(SYS_fcntl, second, F_GETFD), 0, "the flag of the second");
  suite.equal(raw_call(SYS_close, file), 0, "closing the first");
  suite.check(read_from(second, 1) == "8", "the second stays");
  suite.equal(raw_call(SYS_close, file), -EBADF, "closing it again");
  suite.equal(raw_call(SYS_dup2, second, 50), 50, "to a number of one's choice");
  suite.equal(raw_call(SYS_dup2, second, second), second, "to itself");
  suite.equal(raw_call(SYS_dup2, kNoDescriptor, kNoDescriptor), -EBADF, "nothing to itself");
  suite.equal(raw_call(SYS_dup2, kNoDescriptor, 50), -EBADF, "nothing to something");
  suite.check(read_from(50, 1) == "9", "which is still there");
  suite.equal(raw_call(SYS_dup2, second, -1), -EBADF, "to no number");
  suite.equal(raw_call(SYS_dup2, 1, 50), 50, "to one that is open");
  suite.equal(seek(50, 0, SEEK_SET), -ESPIPE, "which is the console now");
  suite.equal(raw_call(SYS_dup3, second, second, 0), -EINVAL, "dup3 to itself");
  suite.equal(raw_call(SYS_dup3, second, 51, O_APPEND), -EINVAL, "dup3 with other flags");
  suite.equal(raw_call(SYS_dup3, second, 51, O_CLOEXEC), 51, "dup3");
  suite.equal(raw_call(SYS_fcntl, 51, F_GETFD), FD_CLOEXEC, "its flag");
  suite.equal(raw_call(SYS_fcntl, second, F_DUPFD, 51), 52, "the next number that is free");
  suite.equal(raw_call(SYS_fcntl, second, F_DUPFD_CLOEXEC, 60), 60, "with the flag");
  suite.equal(raw_call(SYS_fcntl, second, F_DUPFD, -1), -EINVAL, "from no number on");
}

void change_flags(Suite& suite) {
  const long file = open_file("/tmp/flags", O_WRONLY | O_CREAT);
  suite.equal(raw_call(SYS_fcntl, file, F_GETFL), O_WRONLY, "its flags");
  suite.equal(raw_call(SYS_fcntl, file, F_SETFL, O_APPEND | O_RDWR), 0, "changing them");
  suite.equal(raw_call(SYS_fcntl, file, F_GETFL), O_WRONLY | O_APPEND, "what can be changed is");
  suite.equal(raw_call(SYS_fcntl, file, F_SETFD, FD_CLOEXEC), 0, "the descriptor's flag");
  suite.equal(raw_call(SYS_fcntl, file, F_GETFD), FD_CLOEXEC, "is set");
  suite.equal(raw_call(SYS_fcntl, file, 12345), -EINVAL, "an unheard-of command");
  for (const int command : {F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD}) {
    suite.equal(raw_call(SYS_fcntl, kNoDescriptor, command, 0), -EBADF, "of no file");
  }
}

void seek_and_cut(Suite& suite) {
  const long file = open_file("/tmp/seek", O_RDWR | O_CREAT | O_TRUNC);
  write_text(file, "abc");
  suite.equal(seek(file, -4, SEEK_CUR), -EINVAL, "before the beginning");
  suite.equal(seek(file, -1, SEEK_SET), -EINVAL, "a negative place");
  suite.equal(seek(file, 0, 77), -EINVAL, "from nowhere");
  suite.equal(seek(file, 0, SEEK_CUR), 3, "the place after failures");
  suite.equal(seek(1, 0, SEEK_CUR), -ESPIPE, "on the console");
  suite.equal(seek(kNoDescriptor, 0, SEEK_CUR), -EBADF, "in no file");
  suite.equal(seek(file, 3, SEEK_END), 6, "behind the end");
  suite.check(read_from(file).empty(), "there is nothing");
  write_text(file, "d");
  suite.check(contents("/tmp/seek") == std::string("abc\0\0\0d", 7), "zeros fill the hole");
  char byte = 0;
  suite.equal(raw_call(SYS_pread64, file, &byte, 1, -1L), -EINVAL, "reading at a negative place");
  suite.equal(raw_call(SYS_pwrite64, file, &byte, 1, -1L), -EINVAL, "writing there");
  suite.equal(raw_call(SYS_pwrite64, file, "B", 1, 1), 1, "writing at a place");
  suite.equal(seek(file, 0, SEEK_CUR), 7, "moves nothing");
  suite.equal(raw_call(SYS_ftruncate, file, -1L), -EINVAL, "cutting to less than nothing");
  suite.equal(raw_call(SYS_truncate, "/tmp/seek", -1L), -EINVAL, "the same by name");
  suite.equal(raw_call(SYS_ftruncate, file, 2), 0, "cutting");
  suite.check(contents("/tmp/seek") == "aB", "what is left");
  const long read_only = open_file("/tmp/seek", O_RDONLY);
  suite.equal(raw_call(SYS_ftruncate, read_only, 0), -EINVAL, "cutting what is not for writing");
  suite.equal(write_text(read_only, "x"), -EBADF, "writing what is not for writing");
  const long write_only = open_file("/tmp/seek", O_WRONLY);
  suite.equal(raw_call(SYS_read, write_only, &byte, 1), -EBADF, "reading what is not for reading");
  suite.equal(raw_call(SYS_read, open_file("/tmp", O_RDONLY), &byte, 1), -EISDIR, "a directory");
}

void scatter_and_gather(Suite& suite) {
  const long file = open_file("/tmp/pieces", O_RDWR | O_CREAT);
  std::array<char, 4> first{'o', 'n', 'e', ' '};
  std::array<char, 3> second{'t', 'w', 'o'};
  const std::array<iovec, 3> pieces{
      {{first.data(), first.size()}, {nullptr, 0}, {second.data(), second.size()}}};
  suite.equal(raw_call(SYS_writev, file, pieces.data(), pieces.size()), 7, "bytes written");
  suite.check(contents("/tmp/pieces") == "one two", "in their order");
  seek(file, 1, SEEK_SET);
  suite.equal(raw_call(SYS_readv, file, pieces.data(), pieces.size()), 6, "bytes read");
  suite.check(std::string_view(first.data(), 4) == "ne t" && second[1] == 'o', "into both");
  suite.equal(raw_call(SYS_readv, file, pieces.data(), 1025), -EINVAL, "too many pieces");
  suite.equal(raw_call(SYS_writev, file, pieces.data(), -1L), -EINVAL, "fewer than none");
  suite.equal(raw_call(SYS_readv, kNoDescriptor, pieces.data(), 1), -EBADF, "from no file");
  const long copy = open_file("/tmp/copy", O_WRONLY | O_CREAT);
  long offset = 4;
  suite.equal(raw_call(SYS_sendfile, copy, file, &offset, 100), 3, "bytes sent");
  suite.check(contents("/tmp/copy") == "two" && offset == 7, "from there on");
}

void leave_modules_alone(Suite& suite) {
  const char* const module = "/modules/LICENSE";
  const long file = open_file(module, O_RDONLY);
  suite.equal(seek(file, 0, SEEK_END), 11358, "its size");
  seek(file, 0, SEEK_SET);
  suite.check(read_from(file).find("Apache License") != std::string::npos, "it is the module");
  suite.equal(open_file(module, O_RDWR), -EROFS, "writing it");
  suite.equal(open_file(module, O_RDONLY | O_TRUNC), -EROFS, "cutting it");
  suite.equal(open_file("/modules/new", O_WRONLY | O_CREAT), -EROFS, "another beside it");
  suite.equal(raw_call(SYS_mkdir, "/modules/new", 0755), -EROFS, "a directory");
  suite.equal(raw_call(SYS_unlink, module), -EROFS, "removing it");
  suite.equal(raw_call(SYS_rename, module, "/tmp/LICENSE"), -EROFS, "taking it away");
  suite.equal(raw_call(SYS_truncate, module, 0), -EROFS, "cutting it by name");
  suite.equal(raw_call(SYS_chmod, module, 0777), -EROFS, "another mode");
  suite.equal(raw_call(SYS_access, module, W_OK), -EROFS, "may it be written");
  suite.equal(raw_call(SYS_access, module, R_OK), 0, "may it be read");
}

void use_devices(Suite& suite) {
  const long nothing = open_file("/dev/null", O_RDWR);
  suite.equal(write_text(nothing, "gone"), 4, "bytes into nothing");
  suite.check(read_from(nothing).empty(), "nothing comes back");
  const long zero = open_file("/dev/zero", O_RDWR);
  suite.check(read_from(zero, 50) == std::string(50, '\0'), "zeros");
  const long random = open_file("/dev/urandom", O_RDONLY);
  const std::string some = read_from(random, 64);
  suite.equal(some.size(), 64, "random bytes");
  suite.check(some != read_from(random, 64), "and others");
  suite.equal(write_text(random, "x"), -EBADF, "writing what is open for reading");
  struct termios settings{};
  constexpr int kTermGet = 0x5401;  // TCGETS
  suite.equal(raw_call(SYS_ioctl, 1, kTermGet, &settings), 0, "the console is a terminal");
  for (const long other : {nothing, zero, random, open_file("/tmp/flags", O_WRONLY | O_CREAT)}) {
    suite.equal(raw_call(SYS_ioctl, other, kTermGet, &settings), -ENOTTY, "others are not");
  }
  suite.equal(raw_call(SYS_ioctl, kNoDescriptor, kTermGet, &settings), -EBADF, "nor is no file");
}

std::string name_file(pid_t thread) {
  return "/proc/self/task/" + std::to_string(thread) + "/comm";
}

void name_threads(Suite& suite) {
  const std::string own = name_file(gettid());
  const long file = open_file(own.c_str(), O_RDWR);
  suite.equal(write_text(file, "a name that is too long\n"), 24, "bytes of the name");
  suite.check(contents(own.c_str()) == "a name that is \n", "as much of it as a name holds");
  std::atomic<pid_t> number = 0;
  std::atomic<bool> ends = false;
  std::jthread other([&] {
    raw_call(SYS_prctl, 15, "other");  // PR_SET_NAME
    number = gettid();
    while (!ends) {
      sched_yield();
    }
  });
  while (number == 0) {
    sched_yield();
  }
  const std::string others = name_file(number);
  suite.check(contents(others.c_str()) == "other\n", "another thread's name");
  const long kept = open_file(others.c_str(), O_RDONLY);
  ends = true;
  other.join();
  char byte = 0;
  suite.equal(raw_call(SYS_read, kept, &byte, 1), -ESRCH, "the name of one that has ended");
  suite.equal(open_file(name_file(77'777).c_str(), O_RDONLY), -ENOENT, "the name of nobody");
}

void walk(Suite& suite) {
  std::array<char, 64> place{};
  suite.equal(raw_call(SYS_mkdir, "/tmp/walk", 0755), 0, "a place to go to");
  suite.equal(raw_call(SYS_chdir, "/tmp/walk"), 0, "going there");
  suite.equal(raw_call(SYS_getcwd, place.data(), place.size()), 10, "bytes of its name");
  suite.check(std::string_view(place.data()) == "/tmp/walk", "its name");
  suite.equal(raw_call(SYS_getcwd, place.data(), 9), -ERANGE, "without room for the zero");
  const long back = open_file("..", O_RDONLY | O_DIRECTORY);
  suite.equal(raw_call(SYS_rmdir, "../walk"), 0, "removing it");
  suite.equal(raw_call(SYS_getcwd, place.data(), place.size()), -ENOENT,
              "the name of what is gone");
  suite.equal(open_file("file", O_WRONLY | O_CREAT), -ENOENT, "a file in what is gone");
  suite.equal(raw_call(SYS_fchdir, back), 0, "going back");
  suite.equal(raw_call(SYS_getcwd, place.data(), place.size()), 5, "bytes of the name there");
  suite.equal(raw_call(SYS_fchdir, 1), -ENOTDIR, "going into the console");
  suite.equal(raw_call(SYS_chdir, "/dev/null"), -ENOTDIR, "going into nothing");
  suite.equal(raw_call(SYS_chdir, "/"), 0, "going home");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("paths begin at a directory that is open", open_from_a_directory);
  suite.test("a directory is listed with little room", list_with_little_room);
  suite.test("files are made, or not", create);
  suite.test("what is appended comes last", append);
  suite.test("descriptors are duplicated", duplicate);
  suite.test("flags change as far as they can", change_flags);
  suite.test("places in a file, and its length", seek_and_cut);
  suite.test("reading and writing in pieces", scatter_and_gather);
  suite.test("modules are for reading", leave_modules_alone);
  suite.test("devices do what they are for", use_devices);
  suite.test("threads have their names in files", name_threads);
  suite.test("the working directory", walk);
  return suite.status();
}
