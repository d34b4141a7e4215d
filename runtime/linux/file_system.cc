// The tree as a program finds it: /tmp, /modules, a few devices and the little of /proc that a C
// library asks for.
#include "runtime/linux/file_system.h"

#include <algorithm>
#include <array>
#include <new>
#include <span>

#include <linux/fcntl.h>

#include "arch/clock.h"
#include "base/format.h"
#include "runtime/linux/devices.h"
#include "runtime/linux/threads.h"
#include "runtime/modules.h"
#include "runtime/program.h"
#include "runtime/thread.h"

namespace tb::linux_abi {
namespace {

constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kDeviceMode = 0666;
constexpr std::uint32_t kReadOnlyMode = 0444;
constexpr std::size_t kPathSpace = 300;

constinit SleepingLock lock;
constinit FileSystem* file_system = nullptr;  // under the lock

void add_folder(FileSystem& files, std::string_view path) {
  static_cast<void>(
      files.tree.make_directory({files.tree.root(), path}, kFolderMode, wall_clock()));
}

void add_device(FileSystem& files, std::string_view path, const files::Device& device) {
  static_cast<void>(
      files.tree.make_device({files.tree.root(), path}, device, kDeviceMode, wall_clock()));
}

// Modules of the same name but the first are seen by tb::module_at() only.
void add_modules(FileSystem& files) {
  add_folder(files, "/modules");
  for (std::size_t i = 0; i < module_count(); ++i) {
    const Module module = module_at(i);
    std::array<char, kPathSpace> path;
    static_cast<void>(files.tree.make_file_over(
        {files.tree.root(), format_into(path, "/modules/{}", module.name)}, module.bytes,
        kReadOnlyMode, wall_clock()));
  }
  if (const auto folder = files.tree.find({files.tree.root(), "/modules"})) {
    (*folder)->protection = files::Protection::kReadOnly;
  }
}

// Which processors there are; of what kind they are, programs can ask them themselves.
void add_processors(FileSystem& files) {
  constexpr std::size_t kEach = 20;
  const std::size_t size = cpu_count() * kEach;
  BufferText text({new char[size], size});  // as long as there are files, which is for ever
  for (std::uint32_t cpu = 0; cpu < cpu_count(); ++cpu) {
    format_to(text.sink(), "processor\t: {}\n\n", cpu);
  }
  static_cast<void>(files.tree.make_file_over({files.tree.root(), "/proc/cpuinfo"},
                                              std::as_bytes(std::span(text.text())), kReadOnlyMode,
                                              wall_clock()));
}

void open_console(FileSystem& files) {
  const auto console = files.tree.open({files.tree.root(), "/dev/console"},
                                       {.access = files::Access::kReadWrite}, wall_clock());
  for (int i = 0; i < 3 && console; ++i) {
    static_cast<void>(files.descriptors.add(*console, files::CloseOnExec::kNo));
  }
}

FileSystem* make_file_system() {
  auto* const made = new FileSystem(wall_clock());
  FileSystem& files = *made;
  files.working_directory = files::NodeReference(&files.tree.root());
  for (const std::string_view folder : {"/tmp", "/dev", "/proc", "/proc/self", "/proc/self/task"}) {
    add_folder(files, folder);
  }
  add_device(files, "/dev/console", console_device);
  add_device(files, "/dev/tty", console_device);
  add_device(files, "/dev/null", null_device);
  add_device(files, "/dev/zero", zero_device);
  add_device(files, "/dev/random", random_device);
  add_device(files, "/dev/urandom", random_device);
  std::array<char, kPathSpace> program;
  static_cast<void>(files.tree.make_symbolic_link(
      {files.tree.root(), "/proc/self/exe"},
      format_into(program, "/{}", static_cast<const char*>(tb_application_name)), wall_clock()));
  add_processors(files);
  add_modules(files);
  open_console(files);
  return made;
}

// "/proc/self/task/7/comm" is 7; everything else is 0.
std::uint32_t thread_named_by(std::string_view path) {
  constexpr std::string_view kBefore = "/proc/self/task/";
  constexpr std::string_view kBehind = "/comm";
  if (!path.starts_with(kBefore) || !path.ends_with(kBehind) ||
      path.size() <= kBefore.size() + kBehind.size()) {
    return 0;
  }
  path.remove_prefix(kBefore.size());
  path.remove_suffix(kBehind.size());
  constexpr std::uint32_t kTooMany = 100'000'000;
  std::uint32_t number = 0;
  for (const char digit : path) {
    if (digit < '0' || digit > '9' || number >= kTooMany) {
      return 0;
    }
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return number;
}

}  // namespace

FileSystemGuard::FileSystemGuard() {
  lock.lock();
  if (file_system == nullptr) {
    file_system = make_file_system();
  }
}

FileSystemGuard::~FileSystemGuard() { lock.unlock(); }

FileSystem& FileSystemGuard::files() const { return *file_system; }

Duration wall_clock() { return arch::wall_clock(); }

std::expected<files::Path, Errno> path_from(FileSystem& files, int directory, const char* text) {
  if (text == nullptr) {
    return std::unexpected(Errno::kBadAddress);
  }
  const std::string_view path = text;
  if (directory == AT_FDCWD || path.starts_with('/')) {
    return files::Path{*files.working_directory, path};
  }
  const auto start = files.descriptors.find(directory);
  if (!start) {
    return std::unexpected(start.error());
  }
  if (!(*start)->node().is_directory()) {
    return std::unexpected(Errno::kNotDirectory);
  }
  return files::Path{(*start)->node(), path};
}

void show_thread(FileSystem& files, std::string_view path) {
  const std::uint32_t number = thread_named_by(path);
  if (number == 0 || find_thread(number) == nullptr || files.tree.find({files.tree.root(), path})) {
    return;
  }
  // As long as there are files, which is for ever: one for each number that was asked for.
  if (auto* const device = new (std::nothrow) files::Device(thread_name_device(number))) {
    add_folder(files, path.substr(0, path.rfind('/')));
    add_device(files, path, *device);
  }
}

}  // namespace tb::linux_abi
