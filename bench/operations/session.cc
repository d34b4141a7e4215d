// Printing results, and the speed of the counter they are in.
#include "bench/operations/session.h"

#include <algorithm>
#include <chrono>

#include "runtime/console.h"

namespace bench {
namespace {

std::uint64_t measure_ticks_per_second(tb::Duration duration) {
  const tb::Time begin = tb::now();
  const std::uint64_t first = tb::ticks();
  while (tb::now() - begin < duration) {
  }
  const auto passed = static_cast<std::uint64_t>((tb::now() - begin).count());
  return (tb::ticks() - first) * 1'000'000 / passed * 1'000;
}

}  // namespace

Session::Session(Size size, Extent extent, std::string_view program)
    : size_(size),
      extent_(extent),
      program_(program),
      ticks_per_second_(
          measure_ticks_per_second(std::chrono::milliseconds(size == Size::kFull ? 100 : 10))) {
  tb::println("{{\"program\":\"{}\",\"ticks_per_second\":{}}}", program_, ticks_per_second_);
}

std::uint64_t Session::ticks_in(tb::Duration duration) const {
  return static_cast<std::uint64_t>(duration.count()) * (ticks_per_second_ / 1'000) / 1'000'000;
}

void Session::report(const Row& row, std::string_view unit, std::vector<std::uint64_t> samples) {
  tb::print("{{\"program\":\"{}\",\"stacks\":\"own\",\"operation\":\"{}\",\"threads\":{},",
            program_, row.operation, row.threads);
  tb::print("\"cpus\":{},\"in_place\":{},\"unit\":\"{}\",\"samples\":[", row.cpus, row.in_place,
            unit);
  const char* separator = "";
  for (const std::uint64_t sample : samples) {
    tb::print("{}{}.{:02}", separator, sample / 100, sample % 100);
    separator = ",";
  }
  tb::println("]}}");
  std::ranges::sort(samples);
  const std::uint64_t median = samples[samples.size() / 2];
  tb::print("{:<18} {:>7} threads {:>2} CPUs: {:>12}.{} {}", row.operation, row.threads, row.cpus,
            median / 100, median % 100 / 10, unit);
  if (unit == "ticks") {
    const std::uint64_t nanoseconds = median * 1'000 / (ticks_per_second_ / 1'000'000);
    tb::print(", {}.{} ns", nanoseconds / 100, nanoseconds % 100 / 10);
  }
  tb::println("");
  if (row.in_place > 0) {
    tb::println("{}: {} calls found no room for a thread", row.operation, row.in_place);
  }
}

}  // namespace bench
