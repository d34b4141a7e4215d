// One row of a table for each word.
#include "runtime/option_words.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/parse_number.h"

namespace tb {
namespace {

using std::chrono::microseconds;

constexpr std::uint32_t kWholePercent = 100;
constexpr std::uint32_t kPartsOfPercent = sched::parts_of(sched::kWholeCpu) / kWholePercent;

struct Word {
  std::string_view name;
  std::string_view possible;
  bool (*apply)(Options& options, std::string_view value);  // false if that is not possible
};

template <class T>
bool set_number(T& number, std::string_view value, std::uint64_t most) {
  const auto wanted = parse_number<std::uint64_t>(value);
  if (!wanted || *wanted < 1 || *wanted > most) {
    return false;
  }
  number = static_cast<T>(*wanted);
  return true;
}

// Whether it is in its range, the check of the whole configuration says.
bool set_time(Duration& time, std::string_view value, const sched::Config& config) {
  std::uint32_t us = 0;
  const bool is_number = set_number(us, value, UINT32_MAX);
  time = microseconds(us);
  return is_number && check(config);
}

template <class E>
bool set_switch(E& which, std::string_view value) {
  which = value == "on" ? E::kOn : E::kOff;
  return value == "on" || value == "off";
}

bool set_algorithm(Options& options, std::string_view value) {
  using enum sched::FairAlgorithm;
  struct Name {
    std::string_view name;
    sched::FairAlgorithm algorithm;
  };
  constexpr std::array kNames = {Name{"three_queues", kThreeQueues}, Name{"mlfq", kMlfq},
                                 Name{"aging", kAging}, Name{"round_robin", kRoundRobin}};
  const auto* const found = std::ranges::find(kNames, value, &Name::name);
  if (found == kNames.end()) {
    return false;
  }
  options.scheduler.fair.algorithm = found->algorithm;
  return true;
}

bool set_share(Options& options, std::string_view value) {
  std::uint32_t percent = 0;
  const bool is_possible = set_number(percent, value, kWholePercent);
  options.scheduler.real_time_share = sched::Share{percent * kPartsOfPercent};
  return is_possible;
}

constexpr std::array kWords = {
    Word{"runtime.thread_limit", "1 to 2097152",
         [](Options& options, std::string_view value) {
           return set_number(options.thread_limit, value, kMostThreads);
         }},
    Word{"runtime.cpus", "1 to 1024",
         [](Options& options, std::string_view value) {
           return set_number(options.cpus, value, CpuSet::kMaxCpus);
         }},
    Word{"sched.quantum_us", "100 to 1000000",
         [](Options& options, std::string_view value) {
           return set_time(options.scheduler.fair.quantum, value, options.scheduler);
         }},
    Word{"sched.real_time_share", "1 to 100", set_share},
    Word{"sched.affinity", "on or off",
         [](Options& options, std::string_view value) {
           return set_switch(options.affinity, value);
         }},
    Word{"sched.balancing", "on or off",
         [](Options& options, std::string_view value) {
           return set_switch(options.scheduler.balancing, value);
         }},
    Word{"sched.balance_us", "1000 to 10000000",
         [](Options& options, std::string_view value) {
           return set_time(options.scheduler.balance_interval, value, options.scheduler);
         }},
    Word{"sched.algorithm", "three_queues, mlfq, aging or round_robin", set_algorithm},
};

static_assert(kMostThreads == 2'097'152 && CpuSet::kMaxCpus == 1024, "as the words say");
static_assert(sched::kShortestQuantum == microseconds(100) &&
              sched::kLongestQuantum == microseconds(1'000'000));
static_assert(sched::kShortestBalanceInterval == microseconds(1'000) &&
              sched::kLongestBalanceInterval == microseconds(10'000'000));
static_assert(sched::parts_of(sched::kLeastRealTimeShare) == kPartsOfPercent);

bool apply(std::string_view word, Options& options) {
  const std::size_t equals = word.find('=');
  const auto* const row = std::ranges::find(kWords, word.substr(0, equals), &Word::name);
  return equals != std::string_view::npos && row != kWords.end() &&
         row->apply(options, word.substr(equals + 1));
}

}  // namespace

std::expected<void, OptionError> take_option_words(std::string_view& rest, Options& options) {
  while (rest.starts_with("runtime.") || rest.starts_with("sched.")) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (!apply(word, options)) {
      return std::unexpected(OptionError{word});
    }
    rest.remove_prefix(word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return {};
}

void append_possible_words(TextSink sink) {
  std::string_view separator;
  for (const Word& word : kWords) {
    format_to(sink, "{}{}={}", separator, word.name, word.possible);
    separator = ", ";
  }
}

}  // namespace tb
