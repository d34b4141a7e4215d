// How the machine was started, where its words go, and how it ends.
#include "arch/machine.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "arch/addresses.h"
#include "arch/hosted/clocks.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/machine_state.h"
#include "arch/hosted/options.h"
#include "arch/hosted/processor_facts.h"
#include "arch/random.h"
#include "base/format.h"
#include "base/units.h"

namespace tb::arch {
namespace hosted {
namespace {

// Constant after start.
constinit std::string_view arguments;
constinit std::array<Module, kMostModules> loaded_modules{};
constinit std::size_t module_count = 0;
constinit std::uintptr_t module_end = kModuleArea;
constinit utsname host{};

std::string_view name_in(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) {
    path.remove_prefix(slash + 1);
  }
  return path;
}

bool map_file(std::uint64_t file, std::size_t size) {
  if (size == 0) {
    return true;
  }
  const std::int64_t place =
      host_call(SYS_mmap, module_end, size, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, 0);
  return place == static_cast<std::int64_t>(module_end);
}

}  // namespace

void set_command_line(std::string_view command_line) { arguments = command_line; }

bool add_module(const char* path) {
  const std::int64_t file = host_call(SYS_open, word(path), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return false;
  }
  struct stat facts{};
  host_call(SYS_fstat, static_cast<std::uint64_t>(file), word(&facts));
  const auto size = static_cast<std::size_t>(facts.st_size);
  const bool mapped = S_ISREG(facts.st_mode) && map_file(static_cast<std::uint64_t>(file), size);
  host_call(SYS_close, static_cast<std::uint64_t>(file));
  if (mapped) {
    loaded_modules[module_count++] = {name_in(path),
                                      {reinterpret_cast<const std::byte*>(module_end), size}};
    module_end += align_up(size, kPageSize) + kPageSize;
  }
  return mapped;
}

void find_host_name() { host_call(SYS_uname, word(&host)); }

}  // namespace hosted

std::string_view command_line() { return hosted::arguments; }

std::span<const Module> modules() {
  return std::span(hosted::loaded_modules).first(hosted::module_count);
}

void describe_machine(TextSink sink) {
  using namespace hosted;
  const ProcessorFacts& facts = processor_facts();
  std::string_view brand = facts.brand;
  while (brand.starts_with(' ')) {
    brand.remove_prefix(1);
  }
  format_to(sink, "hosted by {} {}; {}; {} {} MHz, {}, idle by futex",
            std::string_view(host.sysname), std::string_view(host.release),
            brand.empty() ? "unnamed processor" : brand, clock_name(), clock_hz() / 1'000'000,
            !facts.vector.xsave    ? "FXSAVE"
            : facts.vector.compact ? "XSAVEC"
                                   : "XSAVE");
}

void write_console(std::string_view text) {
  constexpr int kStandardOutput = 1;
  hosted::write_all(kStandardOutput, text.data(), text.size());
}

// Nobody watches a hosted machine from outside.
void write_trace(std::string_view) {}

void shutdown(int status) { hosted::exit_process(status); }

void fill_random(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    constexpr std::size_t kAtOnce = 256;  // which is never interrupted in the middle
    const std::size_t size = std::min(bytes.size(), kAtOnce);
    const std::int64_t filled = host_call(SYS_getrandom, hosted::word(bytes.data()), size, 0);
    if (filled > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(filled));
    } else {
      // The page is not there yet, for the kernel.
      bytes.front() = std::byte{0};
      bytes[size - 1] = std::byte{0};
    }
  }
}

}  // namespace tb::arch
