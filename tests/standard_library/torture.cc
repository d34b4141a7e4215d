// Everything at once that an interrupt, a switch or another thread could spoil: bytes below the
// stack pointer, vector registers, objects of threads, exceptions on their way, the heap, streams
// and waiting. Sixteen threads check it, each step a few milliseconds long, for as many
// milliseconds as the first argument says. Lines of std::cout have to come whole: whoever reads
// them can tell.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <iomanip>
#include <iostream>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/standard_library/torture_kind.h"
#include "tests/standard_library/torture_registers.h"
#include "tests/standard_library/torture_ring.h"

namespace {

using tb::test::Kind;
using tb::test::mix;
using tb::test::Place;

constexpr std::uint32_t kThreads = 16;
constexpr std::uint32_t kRing = 4;
constexpr int kDefaultMilliseconds = 3000;

Kind red_zone{"the bytes below the stack pointer stay"};
Kind vectors{"vector sums are those of scalar arithmetic"};
Kind own_objects{"thread_local objects belong to one thread"};
Kind exceptions{"exceptions come through all frames and destroy their objects"};
Kind heap{"blocks of the heap keep their bytes, whoever frees them"};
Kind streams{"streams and printf write the same"};
Kind readers{"writers are alone and readers see whole values"};
Kind futures{"futures bring values and exceptions"};
Kind ring{"condition variables pass every token on"};

void check_red_zone(std::uint64_t seed) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    const std::uint64_t value = mix(seed + i);
    red_zone.expect(tb::test::spoiled_words(value, 20'000) == 0);
    red_zone.expect(tb::test::leaf_sum(value, 20'000) == 12 * value + 66);
  }
}

void check_vectors(std::uint64_t seed) {
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto start = static_cast<std::uint32_t>(mix(seed + i));
    vectors.expect(tb::test::has_avx2() ? tb::test::wide_sums_agree(start)
                                        : tb::test::narrow_sums_agree(start));
  }
}

// --- Objects of threads.

std::atomic<int> objects_alive = 0;

struct OwnObject {
  std::vector<std::uint32_t> numbers;
  std::string text;
  OwnObject() { ++objects_alive; }
  ~OwnObject() { --objects_alive; }
};

thread_local std::uint32_t own_number = 0xffffffff;
thread_local std::uint64_t own_count = 0;
thread_local OwnObject own_object;

void check_own_objects(std::uint32_t self) {
  const std::string text = "the object of thread " + std::to_string(self);
  if (own_object.text.empty()) {
    own_objects.expect(own_number == 0xffffffff && own_count == 0);
    own_number = self;
    own_object.text = text;
  }
  const std::uint64_t before = own_count;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ++own_count;
    asm volatile("" : : : "memory");
    own_objects.expect(own_number == self);
  }
  own_objects.expect(own_count == before + 20'000);
  own_objects.expect(own_object.text == text);
  own_object.numbers.assign(100, self);
  std::uint64_t sum = 0;
  for (const std::uint32_t number : own_object.numbers) {
    sum += number;
  }
  own_objects.expect(sum == 100 * self);
}

// --- Exceptions.

struct Failure : std::runtime_error {
  explicit Failure(std::uint64_t token) : std::runtime_error("failure"), number(token) {}
  std::uint64_t number;
};

struct Frame {
  int& open;
  explicit Frame(int& count) : open(count) { ++open; }
  ~Frame() { --open; }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
};

[[gnu::noinline]] int throw_at(int depth, int& open, std::uint64_t number) {
  const Frame frame(open);
  if (depth == 0) {
    throw Failure(number);
  }
  try {
    return throw_at(depth - 1, open, number) + 1;
  } catch (const std::bad_alloc&) {
    return 0;
  } catch (const Failure&) {
    if (depth % 3 == 0) {
      throw;
    }
    std::rethrow_exception(std::current_exception());
  }
}

void check_exceptions(std::uint64_t seed) {
  for (std::uint64_t i = 0; i < 30; ++i) {
    int open = 0;
    bool caught = false;
    try {
      throw_at(static_cast<int>(4 + mix(seed + i) % 6), open, seed + i);
    } catch (const std::runtime_error& error) {
      const auto* const failure = dynamic_cast<const Failure*>(&error);
      caught = failure != nullptr && failure->number == seed + i;
    }
    exceptions.expect(caught && open == 0 && std::uncaught_exceptions() == 0);
  }
}

// --- The heap: blocks go through slots that all threads share.

struct Block {
  std::size_t size;
  std::uint64_t seed;

  unsigned char* bytes() { return reinterpret_cast<unsigned char*>(this + 1); }
  void fill(std::size_t from) {
    for (std::size_t i = from; i < size; ++i) {
      bytes()[i] = static_cast<unsigned char>(seed + i);
    }
  }
  bool is_good() {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < size; ++i) {
      wrong += bytes()[i] != static_cast<unsigned char>(seed + i) ? 1 : 0;
    }
    return wrong == 0;
  }
};

std::array<std::atomic<Block*>, 64> slots{};

void free_checked(Block* block) {
  if (block != nullptr) {
    heap.expect(block->is_good());
    std::free(block);
  }
}

void check_heap(std::uint64_t seed) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    const std::uint64_t random = mix(seed + i);
    const std::size_t size = (random % 1000) << (random / 1000 % 7);
    auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
    if (block == nullptr) {
      heap.expect(false);
      return;
    }
    *block = {size, random};
    block->fill(0);
    block = slots[random / 7000 % slots.size()].exchange(block);
    if (block == nullptr) {
      continue;
    }
    heap.expect(block->is_good());
    if (i % 3 == 0) {
      auto* const larger =
          static_cast<Block*>(std::realloc(block, sizeof(Block) + 2 * block->size));
      const std::size_t before = larger->size;
      heap.expect(larger->is_good());
      larger->size *= 2;
      larger->fill(before);
      block = larger;
    }
    free_checked(block);
  }
}

// --- Streams.

void check_streams(std::uint64_t seed) {
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::uint64_t random = mix(seed + i);
    const double real = static_cast<double>(random % 1'000'000'007) / 1024;
    char expected[100];
    std::snprintf(expected, sizeof expected, "%016llx|%-12llu|%.6f|%12.4e",
                  static_cast<unsigned long long>(random),
                  static_cast<unsigned long long>(random % 100'000), real, real);
    std::ostringstream out;
    out << std::hex << std::setw(16) << std::setfill('0') << random << std::dec << '|' << std::left
        << std::setfill(' ') << std::setw(12) << random % 100'000 << '|' << std::fixed
        << std::setprecision(6) << real << '|' << std::right << std::scientific << std::setw(12)
        << std::setprecision(4) << real;
    streams.expect(out.str() == expected);
    std::istringstream in(out.str());
    std::uint64_t read = 0;
    in >> std::hex >> read;
    streams.expect(in && read == random);
  }
}

void print_line(std::uint32_t self) {
  std::ostringstream line;
  line << "torture: thread " << std::setw(2) << std::setfill('0') << self
       << " says abcdefghijklmnopqrstuvwxyz\n";
  std::cout << line.str();
}

// --- Waiting.

struct Pair {
  std::shared_mutex mutex;
  std::uint64_t left = 0;    // under the mutex
  std::uint64_t right = 0;   // likewise; always what left is
  std::atomic<int> writers;  // inside at this moment
};
Pair pair;

void check_readers(std::uint64_t seed) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    if (mix(seed + i) % 4 == 0) {
      const std::unique_lock lock(pair.mutex);
      readers.expect(++pair.writers == 1 && pair.left == pair.right);
      ++pair.left;
      if (i % 16 == 0) {
        std::this_thread::yield();
      }
      ++pair.right;
      --pair.writers;
    } else {
      const std::shared_lock lock(pair.mutex);
      readers.expect(pair.writers == 0 && pair.left == pair.right);
    }
  }
}

void check_futures(std::uint64_t seed) {
  auto value = std::async(std::launch::async, [seed] { return mix(seed); });
  auto failure = std::async(std::launch::async, [seed]() -> int { throw Failure(seed); });
  futures.expect(value.get() == mix(seed));
  try {
    failure.get();
    futures.expect(false);
  } catch (const Failure& caught) {
    futures.expect(caught.number == seed);
  }
}

// --- All of it.

using Step = void (*)(std::uint64_t seed);
struct NamedStep {
  Kind* kind;
  Step step;
};
constexpr NamedStep kSteps[] = {
    {&red_zone, check_red_zone}, {&vectors, check_vectors}, {&exceptions, check_exceptions},
    {&heap, check_heap},         {&streams, check_streams}, {&readers, check_readers},
    {&futures, check_futures},
};

void work(std::uint32_t self, const std::atomic<bool>& stop) {
  std::uint64_t seed = std::uint64_t{self} << 32;
  for (std::uint32_t round = 0; round == 0 || !stop; ++round) {
    for (std::uint32_t i = 0; i < std::size(kSteps); ++i) {
      const NamedStep& next = kSteps[(i + self) % std::size(kSteps)];
      next.step(seed);
      ++next.kind->turns;
      check_own_objects(self);
      ++own_objects.turns;
      seed += 1000;
    }
    if (round % 64 == 0) {
      print_line(self);
    }
  }
}

bool report(const Kind& kind) {
  std::cout << (kind.failures == 0 ? "[ok] " : "[failed] ") << kind.sentence;
  if (kind.failures != 0) {
    std::cout << ": " << kind.failures << " times";
  }
  std::cout << '\n';
  return kind.failures == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::milliseconds duration(argc > 1 ? std::atoi(argv[1]) : kDefaultMilliseconds);
  vectors.sentence = (tb::test::has_avx2() ? "256-bit " : "128-bit ") + vectors.sentence;
  std::atomic<bool> stop = false;
  std::array<Place, kRing> places;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < kRing; ++i) {
      threads.emplace_back([&, i] { tb::test::run_ring(places, i, stop, ring); });
    }
    put(places[0], 0, ring);
    for (std::uint32_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { work(i, stop); });
    }
    std::this_thread::sleep_for(duration);
    stop = true;
  }
  for (std::atomic<Block*>& slot : slots) {
    free_checked(slot.exchange(nullptr));
  }
  own_objects.expect(objects_alive == 0);
  long turns = 0;
  bool good = true;
  for (Kind* const kind : {&red_zone, &vectors, &own_objects, &exceptions, &heap, &streams,
                           &readers, &futures, &ring}) {
    kind->expect(kind->turns > 0);
    good = report(*kind) && good;
    turns += kind->turns;
  }
  std::cout << turns << " turns\n" << (good ? "all of it" : "not all of it") << std::endl;
  return good ? 0 : 1;
}
