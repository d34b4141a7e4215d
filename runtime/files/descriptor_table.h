// The small numbers by which a program knows its open files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>

#include "runtime/files/errno.h"
#include "runtime/files/open_file.h"
#include "runtime/files/storage.h"

namespace tb::files {

// Kept for whoever asks; there is nothing to execute.
enum class CloseOnExec : std::uint8_t { kNo, kYes };

// Under the caller's lock, as the files it refers to. No function blocks. A number that is not open
// is the error kBadDescriptor everywhere.
class DescriptorTable {
 public:
  static constexpr int kMost = 1024;

  explicit DescriptorTable(Storage& storage) : storage_(storage) {}
  DescriptorTable(const DescriptorTable&) = delete;
  DescriptorTable& operator=(const DescriptorTable&) = delete;
  ~DescriptorTable();

  // Returns the lowest number from `lowest` on that is free. Errors: kTooManyOpen, kNoMemory;
  // kInvalid if `lowest` is no number that could be open.
  std::expected<int, Errno> add(OpenFileReference file, CloseOnExec close_on_exec, int lowest = 0);

  std::expected<OpenFileReference, Errno> find(int number) const;

  // The number is free from then on; the file ends with its last reference.
  std::expected<void, Errno> close(int number);

  // Another number for the same open file, as add() finds it.
  std::expected<int, Errno> duplicate(int number, CloseOnExec close_on_exec, int lowest = 0);

  // Makes `to` mean the same open file; what it meant before is closed. If both are the same
  // nothing changes. Errors: kBadDescriptor also if `to` is no number that could be open,
  // kNoMemory.
  std::expected<void, Errno> duplicate_to(int number, int to, CloseOnExec close_on_exec);

  std::expected<CloseOnExec, Errno> close_on_exec(int number) const;
  std::expected<void, Errno> set_close_on_exec(int number, CloseOnExec close_on_exec);

 private:
  static constexpr int kInChunk = 64;

  struct Descriptor {
    OpenFileReference file;  // empty: the number is free
    CloseOnExec close_on_exec = CloseOnExec::kNo;
  };

  // Of numbers that follow each other; made when the first is used, and kept.
  using Chunk = std::array<Descriptor, kInChunk>;

  static bool is_possible(int number) { return number >= 0 && number < kMost; }
  const Descriptor* open_at(int number) const;
  Descriptor* open_at(int number);
  Descriptor* place_for(int number);

  Storage& storage_;
  std::array<Chunk*, kMost / kInChunk> chunks_{};
};

}  // namespace tb::files
