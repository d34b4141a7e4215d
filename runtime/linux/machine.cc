// Facts: the machine's, and limits that are the runtime's.
#include "runtime/linux/machine.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include <linux/sysinfo.h>
#include <linux/utsname.h>
#include <sys/resource.h>

#include "arch/random.h"
#include "runtime/linux/files.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/options.h"
#include "runtime/spare_threads.h"
#include "runtime/thread.h"
#include "runtime/thread_table.h"

namespace tb::linux_abi {
namespace {

// With the page without access below it, which the C library adds, a stack of this size fills a
// mapping of 8 MiB exactly.
constexpr std::uint64_t kThreadStack = 8 * kMiB - kPageSize;

template <std::size_t Size>
void put(char (&field)[Size], std::string_view text) {
  static_assert(Size > 1);
  const std::size_t length = std::min(text.size(), Size - 1);
  std::copy_n(text.begin(), length, field);
  field[length] = '\0';
}

std::uint64_t limit_of(unsigned resource) {
  switch (resource) {
    case RLIMIT_STACK:
      return kThreadStack;
    case RLIMIT_NPROC:
      return options().thread_limit;
    case RLIMIT_NOFILE:
      return kMostOpenFiles;
    case RLIMIT_CORE:
      return 0;
    default:
      return ~std::uint64_t{0};
  }
}

}  // namespace

Result system_uname(SystemCall& call) {
  auto& name = *pointer<new_utsname>(call, 0);
  put(name.sysname, "Linux");
  put(name.nodename, "threadbare");
  put(name.release, "5.15.0-threadbare");  // whose calls are answered as far as there are any
  put(name.version, "threadbare");
  put(name.machine, "x86_64");
  put(name.domainname, "(none)");
  return 0;
}

Result system_sysinfo(SystemCall& call) {
  auto& info = *pointer<struct sysinfo>(call, 0);
  info = {};
  info.uptime = now().time_since_epoch() / std::chrono::seconds(1);
  info.totalram = frames().total_frames();
  info.freeram = frames().free_frames();
  info.procs = static_cast<std::uint16_t>(std::min<std::size_t>(live_threads(), 0xffff));
  info.mem_unit = kPageSize;
  return 0;
}

// Limits cannot be changed; setting one to what it is, or above, does no harm.
Result system_prlimit64(SystemCall& call) {
  const auto resource = argument<unsigned>(call, 1);
  if (resource >= RLIM_NLIMITS) {
    return Errno::kInvalid;
  }
  const std::uint64_t limit = limit_of(resource);
  if (const auto* const wanted = pointer<const rlimit64>(call, 2);
      wanted != nullptr && wanted->rlim_cur < limit) {
    return Errno::kNotPermitted;
  }
  if (auto* const before = pointer<rlimit64>(call, 3); before != nullptr) {
    *before = {.rlim_cur = limit, .rlim_max = limit};
  }
  return 0;
}

Result system_getrlimit(SystemCall& call) {
  const auto resource = argument<unsigned>(call, 0);
  if (resource >= RLIM_NLIMITS) {
    return Errno::kInvalid;
  }
  const std::uint64_t limit = limit_of(resource);
  *pointer<rlimit64>(call, 1) = {.rlim_cur = limit, .rlim_max = limit};
  return 0;
}

Result system_getrandom(SystemCall& call) {
  const auto size = argument<std::size_t>(call, 1);
  arch::fill_random({pointer<std::byte>(call, 0), size});
  return size;
}

// There is one user, who may do everything.
Result system_super_user(SystemCall&) { return 0; }

// And nobody has started the program.
Result system_parent(SystemCall&) { return 0; }

}  // namespace tb::linux_abi
