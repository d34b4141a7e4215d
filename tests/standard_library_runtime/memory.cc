// Memory by pages as the trap gives, changes and takes it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::raw_call;
using tb::test::Suite;

constexpr long kPage = 4096;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

char* map(long pages, int protection = kReadWrite) {
  return reinterpret_cast<char*>(
      raw_call(SYS_mmap, nullptr, pages * kPage, protection, kAnonymous, -1, 0));
}

long unmap(char* begin, long pages) { return raw_call(SYS_munmap, begin, pages * kPage); }

long protect(char* begin, long pages, int protection) {
  return raw_call(SYS_mprotect, begin, pages * kPage, protection);
}

// Whether there are so many bytes of one value.
bool holds(const char* begin, long size, char value) {
  return std::all_of(begin, begin + size, [value](char byte) { return byte == value; });
}

void map_and_unmap(Suite& suite) {
  char* const memory = map(3);
  suite.check(holds(memory, 3 * kPage, 0), "new memory is zero");
  std::memset(memory, 'x', 3 * kPage);
  suite.equal(unmap(memory + kPage, 1), 0, "unmapping the middle");
  suite.check(memory[0] == 'x' && memory[2 * kPage] == 'x', "the rest stays");
  suite.equal(unmap(memory, 3), 0, "unmapping over a hole");
}

void keep_contents(Suite& suite) {
  char* const memory = map(2);
  std::memset(memory, 'y', 2 * kPage);
  suite.equal(protect(memory, 2, PROT_NONE), 0, "taking all access away");
  suite.equal(protect(memory, 2, PROT_READ), 0, "giving reading back");
  suite.check(holds(memory, 2 * kPage, 'y'), "the contents are the same");
  suite.equal(protect(memory, 1, kReadWrite), 0, "giving writing back");
  memory[0] = 'z';
  suite.equal(unmap(memory, 2), 0, "unmapping it");
}

void discard(Suite& suite) {
  char* const memory = map(3);
  std::memset(memory, 'q', 3 * kPage);
  suite.equal(raw_call(SYS_madvise, memory + kPage, kPage, MADV_DONTNEED), 0, "discarding a page");
  suite.check(holds(memory + kPage, kPage, 0), "it is zero");
  suite.check(holds(memory, kPage, 'q') && holds(memory + 2 * kPage, kPage, 'q'), "others are not");
  suite.equal(raw_call(SYS_madvise, memory, 3 * kPage, MADV_WILLNEED), 0, "advice without effect");
  suite.equal(unmap(memory, 3), 0, "unmapping it");
}

void grow(Suite& suite) {
  char* memory = map(2);
  std::memset(memory, 'g', 2 * kPage);
  for (const long pages : {5L, 40L, 1000L}) {
    memory = reinterpret_cast<char*>(
        raw_call(SYS_mremap, memory, 2 * kPage, pages * kPage, MREMAP_MAYMOVE));
    suite.check(holds(memory, 2 * kPage, 'g'), "the contents came along");
    suite.check(holds(memory + 2 * kPage, (pages - 2) * kPage, 0), "what is new is zero");
    suite.equal(raw_call(SYS_mremap, memory, pages * kPage, 2 * kPage, 0),
                reinterpret_cast<long>(memory), "shrinking happens in place");
  }
  suite.equal(unmap(memory, 2), 0, "unmapping it");
}

void map_in_place(Suite& suite) {
  char* const memory = map(4);
  std::memset(memory, 'f', 4 * kPage);
  const long mapped =
      raw_call(SYS_mmap, memory + kPage, 2 * kPage, kReadWrite, kAnonymous | MAP_FIXED, -1, 0);
  suite.equal(mapped, reinterpret_cast<long>(memory + kPage), "where it is mapped");
  suite.check(holds(memory + kPage, 2 * kPage, 0), "there are new pages");
  suite.check(memory[0] == 'f' && memory[3 * kPage] == 'f', "the others stay");
  suite.equal(
      raw_call(SYS_mmap, memory, kPage, kReadWrite, kAnonymous | MAP_FIXED_NOREPLACE, -1, 0),
      -EEXIST, "in place of something, where nothing may be replaced");
  suite.equal(unmap(memory, 4), 0, "unmapping it");
}

void map_a_file(Suite& suite) {
  const long file = raw_call(SYS_open, "/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
  raw_call(SYS_pwrite64, file, "content", 7, kPage);
  const auto map_it = [file](long size, int protection, int flags, long offset) {
    return raw_call(SYS_mmap, nullptr, size, protection, flags, file, offset);
  };
  char* const memory = reinterpret_cast<char*>(map_it(2 * kPage, kReadWrite, MAP_PRIVATE, kPage));
  suite.check(std::memcmp(memory, "content\0", 8) == 0, "the file's bytes are there");
  memory[0] = 'C';
  char byte = 0;
  raw_call(SYS_pread64, file, &byte, 1, kPage);
  suite.equal(byte, 'c', "the file's own byte");
  suite.equal(unmap(memory, 2), 0, "unmapping it");
  suite.equal(map_it(kPage, PROT_READ, MAP_PRIVATE, 1), -EINVAL, "from within a page");
  suite.equal(map_it(kPage, PROT_READ, MAP_SHARED, 0), -ENODEV, "shared");
  const long write_only = raw_call(SYS_open, "/tmp/mapped", O_WRONLY);
  suite.equal(raw_call(SYS_mmap, nullptr, kPage, PROT_READ, MAP_PRIVATE, write_only, 0), -EACCES,
              "what is not open for reading");
  const long device = raw_call(SYS_open, "/dev/null", O_RDONLY);
  suite.equal(raw_call(SYS_mmap, nullptr, kPage, PROT_READ, MAP_PRIVATE, device, 0), -ENODEV,
              "a device");
  suite.equal(raw_call(SYS_mmap, nullptr, kPage, PROT_READ, MAP_PRIVATE, 99, 0), -EBADF,
              "no file at all");
}

void move_the_break(Suite& suite) {
  const long begin = raw_call(SYS_brk, 0);
  const long end = begin + 3 * kPage;
  suite.equal(raw_call(SYS_brk, end), end, "the end after growing");
  std::memset(reinterpret_cast<char*>(begin), 'b', 3 * kPage);
  suite.equal(raw_call(SYS_brk, begin), begin, "the end after shrinking");
  suite.equal(raw_call(SYS_brk, end), end, "the end after growing again");
  const auto* const page = reinterpret_cast<const char*>((begin + kPage) & -kPage);
  suite.check(holds(page, kPage, 0), "what was given back is zero");
  suite.equal(raw_call(SYS_brk, begin - kPage), end, "the end when asked for less than nothing");
  suite.equal(raw_call(SYS_brk, begin), begin, "the end at last");
}

void refuse(Suite& suite) {
  char* const memory = map(2);
  char* const gone = map(2);
  unmap(gone, 2);
  constexpr int kEverything = kReadWrite | PROT_EXEC;
  suite.equal(reinterpret_cast<long>(map(1, kEverything)), -EACCES, "writable and executable");
  suite.equal(protect(memory, 1, PROT_WRITE | PROT_EXEC), -EACCES, "making it so");
  suite.equal(reinterpret_cast<long>(map(0)), -EINVAL, "mapping nothing");
  suite.equal(raw_call(SYS_mmap, nullptr, -1L, kReadWrite, kAnonymous, -1, 0), -ENOMEM,
              "mapping more than there could be");
  suite.equal(raw_call(SYS_mmap, nullptr, kPage, kReadWrite, MAP_ANONYMOUS, -1, 0), -EINVAL,
              "neither private nor shared");
  suite.equal(raw_call(SYS_mmap, memory + 1, kPage, kReadWrite, kAnonymous | MAP_FIXED, -1, 0),
              -EINVAL, "within a page");
  suite.equal(raw_call(SYS_munmap, memory + 1, kPage), -EINVAL, "unmapping from within a page");
  suite.equal(raw_call(SYS_munmap, memory, 0), -EINVAL, "unmapping nothing");
  suite.equal(protect(memory + 1, 1, PROT_READ), -EINVAL, "protecting from within a page");
  suite.equal(protect(memory + 1, 0, PROT_READ), -EINVAL, "protecting nothing within a page");
  suite.equal(protect(memory, 0, PROT_READ), 0, "protecting nothing");
  suite.equal(protect(gone, 1, PROT_READ), -ENOMEM, "protecting what is not mapped");
  suite.equal(raw_call(SYS_madvise, memory + 1, kPage, MADV_DONTNEED), -EINVAL, "advice in a page");
  suite.equal(raw_call(SYS_madvise, memory, kPage, 12345), -EINVAL, "unheard-of advice");
  suite.equal(raw_call(SYS_mremap, memory, kPage, 0, MREMAP_MAYMOVE), -EINVAL, "to nothing");
  suite.equal(raw_call(SYS_mremap, memory + 1, kPage, kPage, MREMAP_MAYMOVE), -EINVAL, "crooked");
  suite.equal(raw_call(SYS_mremap, memory, kPage, kPage, 0x100), -EINVAL, "unheard-of flags");
  suite.equal(raw_call(SYS_mremap, gone, kPage, 2 * kPage, MREMAP_MAYMOVE), -EFAULT, "not mapped");
  suite.equal(raw_call(SYS_mremap, memory, 2 * kPage, 64 * kPage, 0), -ENOMEM,
              "growing where there is no room");
  unmap(memory, 2);
}

}  // namespace

int main() {
  Suite suite;
  suite.test("memory is mapped and unmapped page by page", map_and_unmap);
  suite.test("contents outlive the loss of all access", keep_contents);
  suite.test("discarded pages are zero", discard);
  suite.test("a mapping grows, moves and shrinks with its contents", grow);
  suite.test("a mapping is made in place of a part of another", map_in_place);
  suite.test("a file is mapped privately", map_a_file);
  suite.test("the break moves", move_the_break);
  suite.test("what makes no sense is refused", refuse);
  return suite.status();
}
