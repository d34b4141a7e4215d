// Numbers for open files, the lowest free one first.
#include "runtime/files/descriptor_table.h"

#include <utility>

namespace tb::files {

DescriptorTable::~DescriptorTable() {
  for (Chunk* const chunk : chunks_) {
    if (chunk != nullptr) {
      storage_.destroy(chunk);
    }
  }
}

std::expected<int, Errno> DescriptorTable::add(OpenFileReference file, CloseOnExec close_on_exec,
                                               int lowest) {
  if (!is_possible(lowest)) {
    return std::unexpected(Errno::kInvalid);
  }
  int number = lowest;
  while (number < kMost && open_at(number) != nullptr) {
    ++number;
  }
  if (number == kMost) {
    return std::unexpected(Errno::kTooManyOpen);
  }
  Descriptor* const place = place_for(number);
  if (place == nullptr) {
    return std::unexpected(Errno::kNoMemory);
  }
  *place = {std::move(file), close_on_exec};
  return number;
}

std::expected<OpenFileReference, Errno> DescriptorTable::find(int number) const {
  const Descriptor* const descriptor = open_at(number);
  if (descriptor == nullptr) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  return descriptor->file;
}

std::expected<void, Errno> DescriptorTable::close(int number) {
  Descriptor* const descriptor = open_at(number);
  if (descriptor == nullptr) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  *descriptor = {};
  return {};
}

std::expected<int, Errno> DescriptorTable::duplicate(int number, CloseOnExec close_on_exec,
                                                     int lowest) {
  auto file = find(number);
  if (!file) {
    return std::unexpected(file.error());
  }
  return add(*std::move(file), close_on_exec, lowest);
}

std::expected<void, Errno> DescriptorTable::duplicate_to(int number, int to,
                                                         CloseOnExec close_on_exec) {
  auto file = find(number);
  if (!file || !is_possible(to)) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  if (to == number) {
    return {};
  }
  Descriptor* const place = place_for(to);
  if (place == nullptr) {
    return std::unexpected(Errno::kNoMemory);
  }
  *place = {*std::move(file), close_on_exec};
  return {};
}

std::expected<CloseOnExec, Errno> DescriptorTable::close_on_exec(int number) const {
  const Descriptor* const descriptor = open_at(number);
  if (descriptor == nullptr) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  return descriptor->close_on_exec;
}

std::expected<void, Errno> DescriptorTable::set_close_on_exec(int number,
                                                              CloseOnExec close_on_exec) {
  Descriptor* const descriptor = open_at(number);
  if (descriptor == nullptr) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  descriptor->close_on_exec = close_on_exec;
  return {};
}

// Null if the number is not open.
const DescriptorTable::Descriptor* DescriptorTable::open_at(int number) const {
  const Chunk* const chunk = is_possible(number) ? chunks_[number / kInChunk] : nullptr;
  if (chunk == nullptr || !(*chunk)[number % kInChunk].file) {
    return nullptr;
  }
  return &(*chunk)[number % kInChunk];
}

DescriptorTable::Descriptor* DescriptorTable::open_at(int number) {
  return const_cast<Descriptor*>(std::as_const(*this).open_at(number));
}

// For a number that could be open, and may be. Null when memory is short.
DescriptorTable::Descriptor* DescriptorTable::place_for(int number) {
  Chunk*& chunk = chunks_[number / kInChunk];
  if (chunk == nullptr) {
    chunk = storage_.create<Chunk>();
  }
  return chunk != nullptr ? &(*chunk)[number % kInChunk] : nullptr;
}

}  // namespace tb::files
