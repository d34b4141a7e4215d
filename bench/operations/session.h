// Repeated measurements and their results: for each a line of JSON, which tools/bench_results.py
// reads, and one for people. bench/peers/measure.h prints the same lines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/thread.h"
#include "runtime/ticks.h"

namespace bench {

// How much is done: as a figure wants it, as emulation can bear it, or only to see that it works.
enum class Size { kFull, kModerate, kShort };

// Whether only what takes several CPUs is measured; the rest is better done on a machine of one.
enum class Extent { kEverything, kParallel };

// What a result is about; one row of the table.
struct Row {
  std::string_view operation;
  std::uint64_t threads = 1;
  std::uint32_t cpus = 1;
  std::uint64_t in_place = 0;  // calls that ran without a thread of their own: none was to be had
};

class Session {
 public:
  // Measures the speed of the counter; `program` is what the results say of the image.
  Session(Size size, Extent extent, std::string_view program);

  Size size() const { return size_; }
  bool wants(const Row& row) const { return extent_ == Extent::kEverything || row.cpus > 1; }
  std::uint64_t sized(std::uint64_t full, std::uint64_t moderate, std::uint64_t few) const {
    return size_ == Size::kFull ? full : size_ == Size::kModerate ? moderate : few;
  }
  std::uint64_t ticks_per_second() const { return ticks_per_second_; }
  std::uint64_t ticks_in(tb::Duration duration) const;

  // One round to warm up, then 21 that count, fewer if they take long. `round` returns the ticks of
  // `operations` of them.
  template <class Round>
  void measure(const Row& row, std::uint64_t operations, Round round) {
    round();
    std::vector<std::uint64_t> samples;
    const std::uint64_t begin = tb::ticks();
    while (samples.size() < most_rounds() &&
           (samples.size() < kLeastRounds || tb::ticks() - begin < 3 * ticks_per_second_)) {
      samples.push_back(hundredths(round(), operations));
    }
    report(row, "ticks", std::move(samples));
  }

  // The same for several rows at a time: `round` returns the ticks of each.
  template <std::size_t kRows, class Round>
  void measure_together(const std::array<Row, kRows>& rows, std::uint64_t operations, Round round) {
    round();
    std::array<std::vector<std::uint64_t>, kRows> samples;
    for (std::size_t i = 0; i < most_rounds(); ++i) {
      const std::array<std::uint64_t, kRows> ticks = round();
      for (std::size_t row = 0; row < kRows; ++row) {
        samples[row].push_back(hundredths(ticks[row], operations));
      }
    }
    for (std::size_t row = 0; row < kRows; ++row) {
      report(rows[row], "ticks", std::move(samples[row]));
    }
  }

  static std::uint64_t hundredths(std::uint64_t sum, std::uint64_t operations) {
    return sum * 100 / operations;
  }

  // The samples are in hundredths of the unit.
  void report(const Row& row, std::string_view unit, std::vector<std::uint64_t> samples);

 private:
  static constexpr std::size_t kLeastRounds = 5;
  std::size_t most_rounds() const { return size_ == Size::kShort ? 3 : 21; }

  Size size_;
  Extent extent_;
  std::string_view program_;
  std::uint64_t ticks_per_second_;
};

}  // namespace bench
