// Reading the runtime's words.
#include "runtime/options.h"

#include <array>
#include <charconv>
#include <optional>

#include "base/format.h"
#include "runtime/panic.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

constexpr std::string_view kPrefix = "runtime.";
constexpr std::size_t kShortestQuantumUs = 100;
constexpr std::size_t kLongestQuantumUs = 1'000'000;

// Constant after start.
constinit Options read;
constinit std::string_view rest;

[[noreturn]] void refuse(std::string_view word) {
  std::array<char, 300> text;
  panic(format_into(text,
                    "boot option \"{}\" says nothing possible; there are: "
                    "runtime.thread_limit=1 to {}, runtime.quantum_us={} to {}",
                    word, ThreadTable::kMaxThreads, kShortestQuantumUs, kLongestQuantumUs));
}

std::optional<std::size_t> number_in(std::string_view text, std::size_t least, std::size_t most) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool good = error == std::errc() && stop == end && number >= least && number <= most;
  return good ? std::optional(number) : std::nullopt;
}

bool apply(std::string_view name, std::string_view value) {
  if (name == "thread_limit") {
    const auto limit = number_in(value, 1, ThreadTable::kMaxThreads);
    read.thread_limit = limit.value_or(read.thread_limit);
    return limit.has_value();
  }
  if (name == "quantum_us") {
    const auto quantum = number_in(value, kShortestQuantumUs, kLongestQuantumUs);
    read.quantum = std::chrono::microseconds(quantum.value_or(0));
    return quantum.has_value();
  }
  return false;
}

void apply_word(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    refuse(word);
  }
  const std::string_view name(word.data() + kPrefix.size(), equals - kPrefix.size());
  if (!apply(name, {word.data() + equals + 1, word.size() - equals - 1})) {
    refuse(word);
  }
}

}  // namespace

void read_options(std::string_view command_line) {
  rest = command_line;
  while (rest.starts_with(kPrefix)) {
    const std::size_t length = std::min(rest.find(' '), rest.size());
    apply_word({rest.data(), length});
    rest.remove_prefix(length);
    while (rest.starts_with(' ')) {
      rest.remove_prefix(1);
    }
  }
}

const Options& options() { return read; }

std::string_view application_arguments() { return rest; }

}  // namespace tb
