// Reading and writing from where the last one ended.
#include "runtime/files/open_file.h"

namespace tb::files {

const Device* OpenFile::device() const {
  const auto* const device = node_->as<const Device*>();
  return device != nullptr ? *device : nullptr;
}

bool OpenFile::is_stream() const {
  const Device* const its = device();
  return its != nullptr && its->seekable == Seekable::kNo;
}

std::expected<std::size_t, Errno> OpenFile::read(std::span<std::byte> to) {
  if (!can_read()) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  const auto count = files::read(*node_, offset_, to);
  offset_ += is_stream() ? 0 : count.value_or(0);
  return count;
}

std::expected<std::size_t, Errno> OpenFile::write(std::span<const std::byte> from, Duration now) {
  if (!can_write()) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  if (append_ == Append::kYes && device() == nullptr) {
    offset_ = status(*node_).size;
  }
  const auto count = files::write(*node_, offset_, from, now);
  offset_ += is_stream() ? 0 : count.value_or(0);
  return count;
}

std::expected<std::size_t, Errno> OpenFile::read_at(std::uint64_t offset, std::span<std::byte> to) {
  if (!can_read()) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  if (is_stream()) {
    return std::unexpected(Errno::kIllegalSeek);
  }
  return files::read(*node_, offset, to);
}

std::expected<std::size_t, Errno> OpenFile::write_at(std::uint64_t offset,
                                                     std::span<const std::byte> from,
                                                     Duration now) {
  if (!can_write()) {
    return std::unexpected(Errno::kBadDescriptor);
  }
  if (is_stream()) {
    return std::unexpected(Errno::kIllegalSeek);
  }
  return files::write(*node_, offset, from, now);
}

std::expected<std::uint64_t, Errno> OpenFile::seek(std::int64_t distance, SeekFrom from) {
  if (is_stream()) {
    return std::unexpected(Errno::kIllegalSeek);
  }
  std::uint64_t start = 0;
  switch (from) {
    case SeekFrom::kBeginning:
      break;
    case SeekFrom::kCurrent:
      start = offset_;
      break;
    case SeekFrom::kEnd:
      start = status(*node_).size;
      break;
  }
  std::int64_t offset = 0;
  if (__builtin_add_overflow(start, distance, &offset) || offset < 0) {
    return std::unexpected(Errno::kInvalid);
  }
  offset_ = static_cast<std::uint64_t>(offset);
  return offset_;
}

std::expected<void, Errno> OpenFile::resize(std::uint64_t size, Duration now) {
  if (!can_write()) {
    return std::unexpected(Errno::kInvalid);
  }
  return files::resize(*node_, size, now);
}

}  // namespace tb::files
