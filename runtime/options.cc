// Reading the runtime's words.
#include "runtime/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "base/format.h"
#include "runtime/panic.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

constexpr std::string_view kRuntime = "runtime.";
constexpr std::string_view kScheduler = "sched.";
constexpr std::size_t kShortestQuantumUs = 100;
constexpr std::size_t kLongestQuantumUs = 1'000'000;
constexpr std::uint32_t kWholePercent = 100;

// Constant after start.
constinit Options read;
constinit std::string_view rest;

[[noreturn]] void refuse(std::string_view word) {
  std::array<char, 400> text;
  panic(format_into(text,
                    "boot option \"{}\" says nothing possible; there are: "
                    "runtime.thread_limit=1 to {}, sched.quantum_us={} to {}, "
                    "sched.real_time_share=1 to {}, "
                    "sched.algorithm=three_queues, mlfq, aging or round_robin",
                    word, ThreadTable::kMaxThreads, kShortestQuantumUs, kLongestQuantumUs,
                    kWholePercent));
}

std::optional<std::size_t> number_in(std::string_view text, std::size_t least, std::size_t most) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool good = error == std::errc() && stop == end && number >= least && number <= most;
  return good ? std::optional(number) : std::nullopt;
}

std::optional<sched::FairAlgorithm> algorithm_named(std::string_view name) {
  using enum sched::FairAlgorithm;
  constexpr std::array<std::pair<std::string_view, sched::FairAlgorithm>, 4> kNames = {
      {{"three_queues", kThreeQueues},
       {"mlfq", kMlfq},
       {"aging", kAging},
       {"round_robin", kRoundRobin}}};
  const auto* const found =
      std::ranges::find(kNames, name, &std::pair<std::string_view, sched::FairAlgorithm>::first);
  return found != kNames.end() ? std::optional(found->second) : std::nullopt;
}

bool apply(std::string_view name, std::string_view value) {
  if (name == "runtime.thread_limit") {
    const auto limit = number_in(value, 1, ThreadTable::kMaxThreads);
    read.thread_limit = limit.value_or(read.thread_limit);
    return limit.has_value();
  }
  if (name == "sched.quantum_us") {
    const auto quantum = number_in(value, kShortestQuantumUs, kLongestQuantumUs);
    read.scheduler.fair.quantum = std::chrono::microseconds(quantum.value_or(0));
    return quantum.has_value();
  }
  if (name == "sched.real_time_share") {
    const auto percent = number_in(value, 1, kWholePercent);
    read.scheduler.real_time_share =
        sched::Share{static_cast<std::uint32_t>(percent.value_or(0)) *
                     (sched::parts_of(sched::kWholeCpu) / kWholePercent)};
    return percent.has_value();
  }
  if (name == "sched.algorithm") {
    const auto algorithm = algorithm_named(value);
    read.scheduler.fair.algorithm = algorithm.value_or(read.scheduler.fair.algorithm);
    return algorithm.has_value();
  }
  return false;
}

void apply_word(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    refuse(word);
  }
  if (!apply({word.data(), equals}, {word.data() + equals + 1, word.size() - equals - 1})) {
    refuse(word);
  }
}

}  // namespace

void read_options(std::string_view command_line) {
  rest = command_line;
  while (rest.starts_with(kRuntime) || rest.starts_with(kScheduler)) {
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
