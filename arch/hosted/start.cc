// From the first instructions of the process to the runtime, one step a line.
#include <elf.h>
#include <sys/auxv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/contract_check.h"
#include "arch/hosted/clocks.h"
#include "arch/hosted/cpus.h"
#include "arch/hosted/host_calls.h"
#include "arch/hosted/machine_state.h"
#include "arch/hosted/options.h"
#include "arch/hosted/processor_facts.h"
#include "arch/hosted/signals.h"
#include "arch/upcalls.h"
#include "base/format.h"

extern "C" [[noreturn]] void continue_on_stack(std::byte* top, void (*function)());
extern "C" const char tb_application_name[];

namespace tb::arch::hosted {
namespace {

constexpr int kStatusBadOption = 2;

// More than the runtime takes, so that it is the one to say so.
constexpr std::size_t kMostText = 20'000;

constinit Options options;
constinit std::array<char, kMostText> command_line_text{};

// Who asks for what cannot be, learns it as from any program.
[[noreturn]] void refuse(std::string_view what, std::string_view about) {
  constexpr int kStandardError = 2;
  std::array<char, 400> text;
  const std::string_view sentence =
      format_into(text, "{}: {} \"{}\"\n", tb_application_name, what, about);
  write_all(kStandardError, sentence.data(), sentence.size());
  exit_process(kStatusBadOption);
}

// The facts that the kernel has put behind the arguments and the environment.
std::uint64_t fact(const std::uint64_t* facts, std::uint64_t kind) {
  for (; facts[0] != AT_NULL; facts += 2) {
    if (facts[0] == kind) {
      return facts[1];
    }
  }
  return 0;
}

void read_words(std::span<const char* const> words) {
  const OptionError error = read_options(words, options);
  if (!error.what.empty()) {
    refuse(error.what, error.word);
  }
  const std::string_view text = quote_words(options.arguments, command_line_text);
  if (text.data() == nullptr) {
    refuse("the arguments are too long; the last one is",
           options.arguments[options.arguments.size() - 1]);
  }
  set_command_line(text);
}

void find_machine() {
  find_host_name();
  find_processors();
  set_cpu_count(options.cpus != 0 ? options.cpus : processor_count());
  if (!make_cpu_areas(cpu_count()) ||
      !make_memory(options.memory != 0 ? options.memory : memory_to_spare())) {
    refuse("the host does not give so much memory;", "--memory SIZE asks for less");
  }
  for (std::size_t i = 0; i < options.module_count; ++i) {
    if (!add_module(options.modules[i])) {
      refuse("no file that can be read:", options.modules[i]);
    }
  }
}

// On the first CPU's own stack.
[[noreturn]] void continue_start() {
  install_signal_handlers();
  become_cpu(CpuId{0});
  start_clock();
  on_boot();
}

}  // namespace

// Called by start.S on the host's stack.
extern "C" [[noreturn]] void start_process(const std::uint64_t* words) {
  const std::size_t count = words[0];
  const auto* const arguments = reinterpret_cast<const char* const*>(words + 1);
  const std::uint64_t* facts = words + 1 + count + 1;
  while (*facts != 0) {
    ++facts;
  }
  find_processor_facts(fact(facts + 1, AT_HWCAP2));
  static constinit CpuState early_state{};
  early_state.block.cpu.self = &early_state.block.cpu;
  load_block(early_state);
  read_words({arguments + 1, count > 0 ? count - 1 : 0});
  find_machine();
  continue_on_stack(cpu_area(CpuId{0}).main.top(), continue_start);
}

}  // namespace tb::arch::hosted
