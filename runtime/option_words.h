// The runtime's part of the boot command line: words of the form `runtime.NAME=VALUE` and
// `sched.NAME=VALUE` before the application's own arguments. Pure: tests read them on the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "base/cpu_set.h"
#include "base/format.h"
#include "sched/config.h"

namespace tb {

// Whether threads can be kept to some of the CPUs.
enum class AffinityOption : std::uint8_t { kOff, kOn };

inline constexpr std::size_t kMostThreads = std::size_t{1} << 21;

struct Options {
  std::uint32_t cpus = CpuSet::kMaxCpus;          // runtime.cpus=N: at most so many are used
  std::size_t thread_limit = kMostThreads;        // runtime.thread_limit=N
  AffinityOption affinity = AffinityOption::kOn;  // sched.affinity=on|off

  // sched.algorithm=NAME, sched.quantum_us=N, sched.real_time_share=PERCENT,
  // sched.balancing=on|off, sched.balance_us=N
  sched::Config scheduler{};
};

// A word that says nothing possible.
struct OptionError {
  std::string_view word;
};

// Takes such words off the front of `rest`, and puts what they say into `options`.
std::expected<void, OptionError> take_option_words(std::string_view& rest, Options& options);

// Which words there are, with what each can say.
void append_possible_words(TextSink sink);

}  // namespace tb
