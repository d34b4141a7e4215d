// fill_random() on all CPUs at once: no two words are alike, ones and bytes are balanced, and
// nothing beyond the span is touched.
#include "arch/random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <span>
#include <vector>

#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

constexpr std::size_t kCalls = 32;

using Bytes = std::array<std::byte, 2048>;

// What one CPU got, call by call; the calls have different sizes.
struct Got {
  Bytes bytes;

  void fill() {
    std::span<std::byte> rest = bytes;
    for (std::size_t call = 0; call < kCalls; ++call) {
      const std::size_t size = call + 1 < kCalls ? rest.size() / (call % 5 + 6) : rest.size();
      tb::arch::fill_random(rest.first(size));
      rest = rest.subspan(size);
    }
  }
};

std::vector<Got> fill_on_all_cpus(Suite& suite) {
  const std::uint32_t cpus = tb::cpu_count();
  std::vector<Got> got(cpus);
  const auto threads = std::make_unique<tb::Thread[]>(cpus);
  for (std::uint32_t i = 0; i < cpus; ++i) {
    threads[i] =
        std::move(*tb::spawn([](Got* one) { one->fill(); }, &got[i],
                             tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i})}));
  }
  for (std::uint32_t i = 0; i < cpus; ++i) {
    suite.check(threads[i].join().has_value(), "the thread ended");
  }
  return got;
}

// A repeated block, key or number of a call would give the same words again.
void compare_words(Suite& suite) {
  std::vector<std::uint64_t> words;
  for (int round = 0; round < 4; ++round) {
    for (const Got& one : fill_on_all_cpus(suite)) {
      for (std::size_t at = 0; at + 8 <= one.bytes.size(); ++at) {
        std::uint64_t word = 0;
        __builtin_memcpy(&word, &one.bytes[at], sizeof word);
        words.push_back(word);
      }
    }
  }
  std::sort(words.begin(), words.end());
  const bool alike = std::adjacent_find(words.begin(), words.end()) != words.end();
  suite.check(!alike, "all words differ, from whatever byte on");
}

// Seven and more standard deviations are allowed: good bytes do not fail in a lifetime.
void weigh(Suite& suite) {
  constexpr std::size_t kRounds = 32;
  std::array<std::size_t, 256> counts{};
  std::size_t ones = 0;
  std::size_t total = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (const Got& one : fill_on_all_cpus(suite)) {
      for (const std::byte byte : one.bytes) {
        const auto value = static_cast<std::uint8_t>(byte);
        ++counts[value];
        ones += static_cast<std::size_t>(std::popcount(value));
        ++total;
      }
    }
  }
  suite.check(ones > total * 8 * 49 / 100 && ones < total * 8 * 51 / 100, "half of all bits are 1");
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  const std::size_t expected = total / 256;
  suite.check(*least > expected / 2, "every byte occurs about as often as the others");
  suite.check(*most < expected * 3 / 2, "no byte occurs much more often than the others");
}

void keep_to_the_span(Suite& suite) {
  for (std::size_t size = 0; size <= 140; ++size) {
    std::array<std::byte, 200> room{};
    tb::arch::fill_random(std::span(room).subspan(20, size));
    const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
    const auto end = room.begin() + 20 + static_cast<std::ptrdiff_t>(size);
    suite.check(std::all_of(room.begin(), room.begin() + 20, is_zero), "nothing before it");
    suite.check(std::all_of(end, room.end(), is_zero), "nothing behind it");
    suite.check(size < 16 || !std::all_of(end - 8, end, is_zero), "its end is filled");
  }
}

}  // namespace

int main() {
  Suite suite;
  suite.test("no two calls on any CPUs give the same bytes", compare_words);
  suite.test("ones and bytes are balanced", weigh);
  suite.test("just the span is filled, whatever its size", keep_to_the_span);
  return suite.status();
}
