// What the peers' programs share: their arguments, repeated measurements, and the lines they print,
// which are those of bench/operations. tools/bench_results.py reads them.
#pragma once

#include <sched.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace peers {

inline std::uint64_t ticks() { return __rdtsc(); }

// Of the TSC, by the clock: 100 ms give four digits.
inline std::uint64_t measure_ticks_per_second() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const std::uint64_t first = ticks();
  while (Clock::now() - begin < std::chrono::milliseconds(100)) {
  }
  const std::chrono::duration<double> passed = Clock::now() - begin;
  return static_cast<std::uint64_t>(static_cast<double>(ticks() - first) / passed.count());
}

// Memory of the process that is in use, in bytes; the kernel's own for its threads is not in it.
inline std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// The CPUs that the process was started on; taskset chooses them.
inline const std::vector<int>& allowed_cpus() {
  static const std::vector<int> kCpus = [] {
    cpu_set_t set;
    std::vector<int> found;
    sched_getaffinity(0, sizeof(set), &set);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) {
        found.push_back(cpu);
      }
    }
    return found;
  }();
  return kCpus;
}

// The calling thread, and those it makes, from now on: on the n-th of those CPUs alone.
inline void pin_to(std::size_t number) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(allowed_cpus().at(number), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

inline void pin_to_all() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : allowed_cpus()) {
    CPU_SET(cpu, &set);
  }
  sched_setaffinity(0, sizeof(set), &set);
}

inline void spin_for(std::uint64_t duration) {
  for (const std::uint64_t end = ticks() + duration; ticks() < end;) {
    _mm_pause();
  }
}

// Whether what the peer switches between has a stack of its own, as a thread has.
enum class Stacks { kOwn, kNone };

// What a result is about; one row of the table.
struct Row {
  std::string_view operation;
  std::uint64_t threads = 1;
  unsigned cpus = 1;
};

class Session {
 public:
  Session(std::string_view program, Stacks stacks, int argc, char** argv)
      : program_(program), stacks_(stacks), ticks_per_second_(measure_ticks_per_second()) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "--short") {
        is_short_ = true;
      } else if (words[i] == "--only" && i + 1 < words.size()) {
        std::istringstream names(words[++i]);
        for (std::string name; std::getline(names, name, ',');) {
          only_.push_back(name);
        }
      } else {
        std::fprintf(stderr, "%s: unknown option \"%s\"; there are: --short --only NAME,NAME\n",
                     argv[0], words[i].c_str());
        std::exit(2);
      }
    }
    static_cast<void>(allowed_cpus());
    std::printf("{\"program\":\"%s\",\"ticks_per_second\":%lu}\n", program_.c_str(),
                ticks_per_second_);
  }

  bool is_short() const { return is_short_; }
  std::uint64_t ticks_per_second() const { return ticks_per_second_; }

  // As many as asked for, or few in a short run.
  std::uint64_t sized(std::uint64_t wanted, std::uint64_t few) const {
    return is_short_ ? few : wanted;
  }

  bool wants(const Row& row) const {
    return (only_.empty() || std::ranges::find(only_, row.operation) != only_.end()) &&
           row.cpus <= allowed_cpus().size();
  }

  // One round to warm up, then 21 that count, fewer if they take long. `round` returns the ticks of
  // `operations` of them.
  template <class Round>
  void measure(const Row& row, std::uint64_t operations, Round round) {
    if (!wants(row)) {
      return;
    }
    round();
    std::vector<double> samples;
    const std::uint64_t begin = ticks();
    const std::size_t wanted = is_short_ ? 3 : 21;
    while (samples.size() < wanted &&
           (samples.size() < 5 || ticks() - begin < 3 * ticks_per_second_)) {
      samples.push_back(static_cast<double>(round()) / static_cast<double>(operations));
    }
    report(row, "ticks", std::move(samples));
  }

  void report(const Row& row, std::string_view unit, std::vector<double> samples) {
    std::printf(
        "{\"program\":\"%s\",\"stacks\":\"%s\",\"operation\":\"%.*s\",\"threads\":%lu,"
        "\"cpus\":%u,\"unit\":\"%.*s\",\"samples\":[",
        program_.c_str(), stacks_ == Stacks::kOwn ? "own" : "none",
        static_cast<int>(row.operation.size()), row.operation.data(), row.threads, row.cpus,
        static_cast<int>(unit.size()), unit.data());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      std::printf("%s%.2f", i == 0 ? "" : ",", samples[i]);
    }
    std::ranges::sort(samples);
    std::printf("]}\n%-22s %7lu threads %2u CPUs: %12.1f %.*s\n",
                std::string(row.operation).c_str(), row.threads, row.cpus,
                samples[samples.size() / 2], static_cast<int>(unit.size()), unit.data());
    std::fflush(stdout);
  }

  // How late sleeps of 50 us end; every sleep is a sample.
  template <class Sleep>
  void measure_sleeps(Sleep sleep_for_50_us) {
    const Row row{.operation = "sleep_50us_late"};
    if (!wants(row)) {
      return;
    }
    const std::uint64_t wanted = ticks_per_second_ / 20'000;
    std::vector<double> samples;
    for (std::uint64_t i = 0; i < sized(1'000, 10); ++i) {
      const std::uint64_t begin = ticks();
      sleep_for_50_us();
      samples.push_back(static_cast<double>(ticks() - begin) - static_cast<double>(wanted));
    }
    report(row, "ticks", std::move(samples));
  }

 private:
  std::string program_;
  Stacks stacks_;
  std::uint64_t ticks_per_second_;
  bool is_short_ = false;
  std::vector<std::string> only_;
};

}  // namespace peers
