// Counts primes with one thread, then two, and so on up to one for each CPU, and shows how much
// faster that is: each thread takes the next segment of a sieve until none is left.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "base/parse_number.h"
#include "runtime/console.h"
#include "runtime/thread.h"

namespace {

constexpr std::uint32_t kDefaultLimit = 20'000'000;
constexpr std::uint32_t kLargestLimit = 1'000'000'000;
constexpr std::uint32_t kSegment = 1 << 15;
constexpr std::uint32_t kSmallPrimesBelow = 31'623;  // its square is beyond the largest limit

struct SmallPrimes {
  std::array<std::uint32_t, 3401> values{};
  std::size_t count = 0;
};

SmallPrimes find_small_primes() {
  SmallPrimes primes;
  const auto composite = std::make_unique<bool[]>(kSmallPrimesBelow);
  for (std::uint32_t i = 2; i < kSmallPrimesBelow; ++i) {
    if (composite[i]) {
      continue;
    }
    primes.values[primes.count++] = i;
    for (std::uint32_t j = i * i; i < 178 && j < kSmallPrimesBelow; j += i) {
      composite[j] = true;
    }
  }
  return primes;
}

std::uint32_t count_segment(std::uint32_t begin, std::uint32_t end, const SmallPrimes& primes) {
  std::array<bool, kSegment> composite{};
  for (std::size_t i = 0; i < primes.count; ++i) {
    const std::uint64_t prime = primes.values[i];
    if (prime * prime >= end) {
      break;
    }
    const std::uint64_t first = std::max(prime * prime, (begin + prime - 1) / prime * prime);
    for (std::uint64_t j = first; j < end; j += prime) {
      composite[j - begin] = true;
    }
  }
  const auto all = composite.begin();
  return static_cast<std::uint32_t>(std::count(all, all + (end - begin), false));
}

// Shared by the threads of one run.
struct Run {
  const SmallPrimes* primes;
  std::uint32_t limit;
  std::atomic<std::uint32_t> next_segment{0};
  std::atomic<std::uint32_t> found{0};
};

void count_segments(Run* run) {
  for (;;) {
    const std::uint64_t begin = 2 + std::uint64_t{run->next_segment.fetch_add(1)} * kSegment;
    if (begin >= run->limit) {
      return;
    }
    const std::uint64_t end = std::min<std::uint64_t>(begin + kSegment, run->limit);
    run->found += count_segment(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                                *run->primes);
  }
}

struct Outcome {
  std::uint32_t found;
  tb::Duration time;
};

std::expected<Outcome, tb::Error> count_with(std::uint32_t count, std::uint32_t limit,
                                             const SmallPrimes& primes) {
  Run run{.primes = &primes, .limit = limit};
  const auto threads = std::make_unique<tb::Thread[]>(count);
  const tb::Time begin = tb::now();
  for (std::uint32_t i = 0; i < count; ++i) {
    auto thread =
        tb::spawn(count_segments, &run, tb::SpawnOptions{.name = "sieve", .cpu = tb::CpuId{i}});
    if (!thread) {
      return std::unexpected(thread.error());
    }
    threads[i] = std::move(*thread);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    static_cast<void>(threads[i].join());
  }
  return Outcome{run.found, tb::now() - begin};
}

std::optional<std::uint32_t> read_limit(int argc, char** argv) {
  if (argc == 1) {
    return kDefaultLimit;
  }
  const auto limit = tb::parse_number<std::uint32_t>(argv[1]);
  return argc == 2 && limit && *limit >= 2 && *limit <= kLargestLimit ? limit : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const auto limit = read_limit(argc, argv);
  if (!limit) {
    tb::println("primes: the one argument is the limit, a number from 2 to {}", kLargestLimit);
    return 2;
  }
  const SmallPrimes primes = find_small_primes();
  tb::Duration alone{};
  tb::println("{:>7} {:>12} {:>12} {:>9}", "threads", "primes", "time", "speed-up");
  for (std::uint32_t count = 1;; count = std::min(count * 2, tb::cpu_count())) {
    const auto outcome = count_with(count, *limit, primes);
    if (!outcome) {
      tb::println("primes: {}", outcome.error());
      return 1;
    }
    alone = count == 1 ? outcome->time : alone;
    const auto hundredths = static_cast<std::uint64_t>(
        alone.count() * 100 / std::max<std::int64_t>(outcome->time.count(), 1));
    tb::println("{:>7} {:>12} {:>9} us {:>6}.{:02}", count, outcome->found,
                outcome->time.count() / 1000, hundredths / 100, hundredths % 100);
    if (count == tb::cpu_count()) {
      return 0;
    }
  }
}
