// The few devices that programs expect.
#include "runtime/linux/devices.h"

#include <algorithm>
#include <cstring>

#include "arch/random.h"
#include "base/units.h"
#include "runtime/console.h"
#include "runtime/linux/call.h"
#include "runtime/linux/threads.h"
#include "runtime/thread_life.h"

namespace tb::linux_abi {
namespace {

using Moved = std::expected<std::size_t, Errno>;
using Bytes = std::span<std::byte>;
using ConstantBytes = std::span<const std::byte>;

Moved read_nothing(void*, std::uint64_t, Bytes) { return 0; }

Moved swallow(void*, std::uint64_t, ConstantBytes from) { return from.size(); }

Moved read_zeros(void*, std::uint64_t, Bytes to) {
  std::fill(to.begin(), to.end(), std::byte{0});
  return to.size();
}

Moved read_random(void*, std::uint64_t, Bytes to) {
  arch::fill_random(to);
  return to.size();
}

// Up to the last end of a line within the limit; all of it where there is none.
std::size_t whole_lines(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    return text.size();
  }
  const std::size_t end = text.rfind('\n', limit - 1);
  return end == std::string_view::npos ? limit : end + 1;
}

// Blocks while another thread prints. What is long goes in parts, since nobody else gets the CPU
// while one is on its way.
Moved write_console(void*, std::uint64_t, ConstantBytes from) {
  constexpr std::size_t kAtOnce = 32 * kKiB;
  std::string_view text(reinterpret_cast<const char*>(from.data()), from.size());
  blocking([&text] {
    while (!text.empty()) {
      const std::size_t part = whole_lines(text, kAtOnce);
      const detail::ConsoleLine line;
      line.sink()({text.data(), part});
      text.remove_prefix(part);
    }
  });
  return from.size();
}

ThreadRecord* thread_of(void* self) {
  return find_thread(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(self)));
}

Moved read_name(void* self, std::uint64_t, Bytes to) {
  const ThreadRecord* const thread = thread_of(self);
  if (thread == nullptr) {
    return std::unexpected(Errno::kNoSuchThread);
  }
  const std::string_view name = thread->name_text().substr(0, kLinuxName - 1);
  const std::size_t length = std::min(name.size(), to.size());
  std::memcpy(to.data(), name.data(), length);
  if (length < to.size()) {
    to[length] = std::byte{'\n'};
    return length + 1;
  }
  return length;
}

Moved write_name(void* self, std::uint64_t, ConstantBytes from) {
  ThreadRecord* const thread = thread_of(self);
  if (thread == nullptr) {
    return std::unexpected(Errno::kNoSuchThread);
  }
  std::string_view name(reinterpret_cast<const char*>(from.data()), from.size());
  name = name.substr(0, std::min(name.find('\n'), kLinuxName - 1));
  if (!set_name(*thread, name)) {
    return std::unexpected(Errno::kNoMemory);
  }
  return from.size();
}

}  // namespace

constinit const files::Device console_device{.read = read_nothing, .write = write_console};
constinit const files::Device null_device{.read = read_nothing, .write = swallow};
constinit const files::Device zero_device{.read = read_zeros, .write = swallow};
constinit const files::Device random_device{.read = read_random, .write = swallow};

files::Device thread_name_device(std::uint32_t number) {
  return {.self = reinterpret_cast<void*>(static_cast<std::uintptr_t>(number)),
          .read = read_name,
          .write = write_name};
}

}  // namespace tb::linux_abi
