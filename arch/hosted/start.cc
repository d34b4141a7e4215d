// From the words that the program was started with to the runtime, one step a line.
#include "arch/hosted/start.h"

#include <array>
#include <cstddef>
#include <cstdint>
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

}  // namespace

void prepare_machine(std::span<const char* const> words, std::uint64_t capabilities) {
  find_processor_facts(capabilities);
  static constinit CpuState early_state{};
  early_state.block.cpu.self = &early_state.block.cpu;
  load_block(early_state);
  read_words(words);
  find_machine();
}

void run_first_cpu() {
  install_signal_handlers();
  become_cpu(CpuId{0});
  start_clock();
  on_boot();
}

}  // namespace tb::arch::hosted
