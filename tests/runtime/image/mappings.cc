// Mapped memory on a machine: filled on first touch by whichever CPU comes first, given back to the
// last frame, and whole while threads map, touch, unmap and discard on all CPUs.
#include "runtime/memory/mappings.h"
#include "runtime/memory/stack_pool.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "runtime/memory/frame_allocator.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::kGiB;
using tb::kKiB;
using tb::kMiB;
using tb::kPageSize;
using tb::MappingError;
using tb::mappings;
using tb::MayMove;
using tb::arch::Access;
using tb::test::Suite;

constexpr std::size_t kThreads = 8;

std::uint64_t next_random(std::uint64_t& state) {
  state = state * 6364136223846793005 + 1442695040888963407;
  return state >> 33;
}

volatile std::uint64_t& word_at(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint64_t*>(address);
}

std::uint64_t read(std::uintptr_t address) { return word_at(address); }

// What a case finds in use, by a C library for instance, and leaves so.
class Usage {
 public:
  std::size_t reserved() const { return mappings().reserved_pages() - reserved_; }
  std::size_t filled() const { return mappings().filled_pages() - filled_; }

 private:
  std::size_t reserved_ = mappings().reserved_pages();
  std::size_t filled_ = mappings().filled_pages();
};

std::uintptr_t must_map(Suite& suite, std::size_t size, Access access = Access::kReadWrite) {
  const auto begin = mappings().map(size, access);
  suite.check(begin.has_value(), "there is room for the memory");
  return begin.value_or(0);
}

bool is_zero(std::uintptr_t begin, std::size_t size) {
  for (std::size_t offset = 0; offset < size; offset += sizeof(std::uint64_t)) {
    if (word_at(begin + offset) != 0) {
      return false;
    }
  }
  return true;
}

// Runs it on threads of all CPUs at once, with a number for each.
template <class Body>
void on_all_cpus(Suite& suite, Body body) {
  std::array<tb::Thread, kThreads> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::move(*tb::spawn(body, i));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread ended");
  }
}

void fill_from_all_cpus(Suite& suite) {
  constexpr std::size_t kSize = 8 * kMiB;
  const std::uintptr_t begin = must_map(suite, kSize);
  const Usage usage;
  std::atomic<std::size_t> dirty = 0;
  on_all_cpus(suite, [&](std::size_t thread) {
    for (std::uintptr_t page = begin; page < begin + kSize; page += kPageSize) {
      // Every word but those of the threads is zero, whoever made the page.
      const std::uintptr_t mine = page + thread * sizeof(std::uint64_t);
      dirty += word_at(mine) != 0 ? 1 : 0;
      word_at(mine) = page + thread;
      dirty += word_at(page + kPageSize - sizeof(std::uint64_t)) != 0 ? 1 : 0;
    }
  });
  suite.equal(dirty.load(), 0u, "words that were not zero");
  suite.equal(usage.filled(), kSize / kPageSize, "pages that got a frame");
  std::size_t lost = 0;
  for (std::uintptr_t page = begin; page < begin + kSize; page += kPageSize) {
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      lost += word_at(page + thread * sizeof(std::uint64_t)) != page + thread ? 1 : 0;
    }
  }
  suite.equal(lost, 0u, "words that another CPU's filling has wiped out");
  suite.check(mappings().unmap(begin, kSize).has_value(), "it can be unmapped");
}

void reserve_much(Suite& suite) {
  const Usage usage;
  const std::size_t free = tb::frames().free_frames();
  const std::uintptr_t begin = must_map(suite, 64 * kGiB);
  suite.check(tb::frames().free_frames() + 4 >= free, "64 GiB take hardly a frame");
  suite.equal(usage.reserved(), 64 * kGiB / kPageSize, "reserved pages");
  for (std::size_t i = 0; i < 64; ++i) {
    word_at(begin + i * kGiB + i * kMiB) = i;
  }
  for (std::size_t i = 0; i < 64; ++i) {
    suite.equal(read(begin + i * kGiB + i * kMiB), i, "the word of a far page");
  }
  suite.check(mappings().unmap(begin, 64 * kGiB).has_value(), "it can be unmapped");
  suite.equal(usage.reserved(), 0u, "reserved pages afterwards");
  suite.equal(usage.filled(), 0u, "filled pages afterwards");
}

void use_a_bit_of_all(Suite& suite) {
  for (std::size_t size = kPageSize; size <= 256 * kMiB; size *= 4) {
    const std::uintptr_t begin = must_map(suite, size + kPageSize);
    for (std::size_t offset = 0; offset < size; offset += size / 4 + kPageSize) {
      suite.check(is_zero(begin + offset, kPageSize), "a page begins with zeros");
      std::memset(reinterpret_cast<void*>(begin + offset), 0xab, kPageSize);
    }
    suite.check(mappings().unmap(begin, size + kPageSize).has_value(), "it can be unmapped");
  }
}

void give_back(Suite& suite) {
  const Usage usage;
  use_a_bit_of_all(suite);  // the page tables stay
  const std::size_t free = tb::frames().free_frames();
  for (int round = 0; round < 3; ++round) {
    use_a_bit_of_all(suite);
    suite.equal(tb::frames().free_frames(), free, "free frames after another round");
  }
  suite.equal(usage.reserved(), 0u, "reserved pages");
}

void unmap_parts(Suite& suite) {
  const Usage usage;
  const std::uintptr_t begin = must_map(suite, 16 * kPageSize);
  for (std::size_t i = 0; i < 16; ++i) {
    word_at(begin + i * kPageSize) = i;
  }
  const std::size_t free = tb::frames().free_frames();
  const auto unmap = [&](std::size_t first, std::size_t count) {
    suite.check(mappings().unmap(begin + first * kPageSize, count * kPageSize).has_value(),
                "a part can be unmapped");
  };
  unmap(5, 2);
  unmap(4, 4);
  unmap(0, 1);
  suite.equal(tb::frames().free_frames() - free, 5u, "frames that came back");
  suite.equal(read(begin + 3 * kPageSize), 3u, "a page before the hole");
  suite.equal(read(begin + 8 * kPageSize), 8u, "a page behind the hole");
  suite.check(
      mappings().map_at(begin + 4 * kPageSize, 6 * kPageSize, Access::kReadWrite).has_value(),
      "the hole and more can be mapped again");
  suite.check(is_zero(begin + 4 * kPageSize, 6 * kPageSize), "what is mapped again is zero");
  suite.equal(read(begin + 10 * kPageSize), 10u, "the page behind");
  // The slot is free when the last page has gone, and not before.
  unmap(1, 14);
  const std::uintptr_t other = must_map(suite, 16 * kPageSize);
  suite.check(other != begin, "a slot in use is not given out");
  unmap(15, 1);
  suite.equal(must_map(suite, 16 * kPageSize), begin, "the slot that has become free");
  for (const std::uintptr_t range : {begin, other}) {
    suite.check(mappings().unmap(range, 16 * kPageSize).has_value(), "it can be unmapped");
  }
  suite.equal(usage.reserved(), 0u, "reserved pages");
}

void refuse(Suite& suite) {
  const std::uintptr_t begin = must_map(suite, 15 * kPageSize);
  const auto is = [&suite](const auto& result, MappingError error) {
    suite.check(!result && result.error() == error, "it is refused with its reason");
  };
  is(mappings().map(0, Access::kRead), MappingError::kInvalid);
  is(mappings().map(kGiB << 20, Access::kRead), MappingError::kOutOfMemory);
  is(mappings().unmap(begin + 1, kPageSize), MappingError::kInvalid);
  is(mappings().unmap(begin, 0), MappingError::kInvalid);
  is(mappings().unmap(tb::kHeapArea, kPageSize), MappingError::kInvalid);
  is(mappings().unmap(begin, ~std::size_t{0}), MappingError::kInvalid);
  is(mappings().discard(tb::kStackArea, kPageSize), MappingError::kInvalid);
  is(mappings().protect(begin, 16 * kPageSize, Access::kRead), MappingError::kNotMapped);
  is(mappings().map_at(begin, 17 * kPageSize, Access::kRead), MappingError::kInvalid);
  is(mappings().map_at(begin + 512 * kGiB, kPageSize, Access::kRead), MappingError::kNotMapped);
  is(mappings().resize(begin, 16 * kPageSize, kPageSize, MayMove::kYes), MappingError::kNotMapped);
  is(mappings().resize(begin, 15 * kPageSize, 17 * kPageSize, MayMove::kNo),
     MappingError::kOutOfMemory);
  for (int time = 0; time < 2; ++time) {
    suite.check(mappings().unmap(begin, 16 * kPageSize).has_value(), "a hole is no error");
  }
  is(mappings().map_at(begin, kPageSize, Access::kRead), MappingError::kNotMapped);
}

void protect(Suite& suite) {
  const std::uintptr_t begin = must_map(suite, 4 * kPageSize);
  word_at(begin) = 41;
  word_at(begin + kPageSize) = 42;
  const auto allow = [&](Access access) {
    suite.check(mappings().protect(begin, 4 * kPageSize, access).has_value(), "it is protected");
    suite.check(tb::arch::reserved_access(begin + kPageSize) == access, "as wanted");
  };
  allow(Access::kNone);
  allow(Access::kRead);
  suite.equal(read(begin), 41u, "a word that was out of reach");
  suite.equal(read(begin + 2 * kPageSize), 0u, "a word that was not yet touched");
  allow(Access::kReadWrite);
  // All other CPUs may write again at once, whatever they remember.
  on_all_cpus(suite, [begin](std::size_t thread) { word_at(begin + kPageSize + 8 * thread) = 1; });
  static constexpr std::array<unsigned char, 6> kReturn7{0xb8, 7, 0, 0, 0, 0xc3};
  std::memcpy(reinterpret_cast<void*>(begin), kReturn7.data(), kReturn7.size());
  allow(Access::kReadExecute);
  suite.equal(reinterpret_cast<int (*)()>(begin)(), 7, "what code in mapped memory returns");
  suite.check(mappings().unmap(begin, 4 * kPageSize).has_value(), "it can be unmapped");
}

// How many of the pages begin with a word that is not zero.
std::size_t count_written(std::uintptr_t begin, std::size_t pages) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < pages; ++i) {
    written += word_at(begin + i * kPageSize) != 0 ? 1 : 0;
  }
  return written;
}

void discard(Suite& suite) {
  const Usage usage;
  constexpr std::size_t kPages = 64;
  const std::uintptr_t begin = must_map(suite, 2 * kPages * kPageSize);
  const std::uintptr_t middle = begin + kPages * kPageSize;
  std::memset(reinterpret_cast<void*>(begin), 1, 2 * kPages * kPageSize);
  std::atomic<std::size_t> seen = 0;
  const auto look = [&seen, middle](std::size_t) { seen += count_written(middle, kPages); };
  on_all_cpus(suite, look);
  suite.equal(seen.load(), kThreads * kPages, "pages that all CPUs know");
  const std::size_t free = tb::frames().free_frames();
  suite.check(mappings().discard(middle, kPages * kPageSize).has_value(), "it is discarded");
  suite.equal(tb::frames().free_frames() - free, kPages, "frames that came back");
  suite.equal(usage.filled(), kPages, "pages with frames");
  seen = 0;
  on_all_cpus(suite, look);
  suite.equal(seen.load(), 0u, "pages that are not zero on a CPU");
  suite.equal(read(middle - 8), 0x0101010101010101u, "the word before");
  suite.check(mappings().unmap(begin, 2 * kPages * kPageSize).has_value(), "it can be unmapped");
}

void resize(Suite& suite) {
  const Usage usage;
  std::size_t size = 12 * kPageSize;
  std::uintptr_t begin = must_map(suite, size);
  const std::uintptr_t first = begin;
  for (std::size_t i = 0; i < 12; ++i) {
    word_at(begin + i * kPageSize) = i + 100;
  }
  suite.check(mappings().protect(begin, kPageSize, Access::kNone).has_value(), "it is protected");
  for (const std::size_t wanted :
       {16 * kPageSize, 100 * kPageSize, 64 * kMiB, 3 * kGiB, 64 * kPageSize, 12 * kPageSize}) {
    const auto resized = mappings().resize(begin, size, wanted, MayMove::kYes);
    suite.check(resized.has_value(), "it is resized");
    suite.equal(*resized == begin, wanted == 16 * kPageSize || wanted < size, "it stayed");
    begin = *resized;
    for (std::size_t i = 1; i < 12; ++i) {
      suite.equal(read(begin + i * kPageSize), i + 100, "a word after the change of size");
    }
    if (wanted > size) {
      suite.equal(read(begin + wanted - 8), 0u, "the last word of the new part");
      word_at(begin + wanted - 8) = 1;
    }
    suite.equal(usage.reserved(), wanted / kPageSize, "reserved pages");
    size = wanted;
  }
  suite.check(mappings().protect(begin, kPageSize, Access::kRead).has_value(), "it is protected");
  suite.equal(read(begin), 100u, "a word that could not be touched when it moved");
  suite.equal(must_map(suite, 16 * kPageSize), first, "the first slot is free again");
  suite.check(mappings().unmap(first, 16 * kPageSize).has_value(), "it can be unmapped");
  suite.check(mappings().unmap(begin, size).has_value(), "it can be unmapped");
  suite.equal(usage.filled(), 0u, "pages with frames");
}

// One thread's part: its ranges hold its marks until it unmaps them, in pieces.
std::size_t churn(std::uint64_t seed, std::uintptr_t shared, std::size_t shared_size) {
  std::size_t wrong = 0;
  for (int i = 0; i < 25; ++i) {
    const std::size_t pages = 1 + next_random(seed) % 100;
    const auto begin = mappings().map(pages * kPageSize, Access::kReadWrite);
    if (!begin) {
      ++wrong;
      continue;
    }
    const std::uint64_t mark = next_random(seed) | 1;
    for (std::size_t page = 0; page < pages; ++page) {
      volatile std::uint64_t& word = word_at(*begin + page * kPageSize + 8);
      wrong += word != 0 ? 1 : 0;
      word = mark + page;
    }
    // Meanwhile the others write here and discard it. Relaxed: pairs with nothing.
    const std::uintptr_t common = shared + next_random(seed) % shared_size / kPageSize * kPageSize;
    std::atomic_ref(*reinterpret_cast<std::uint64_t*>(common))
        .store(mark, std::memory_order_relaxed);
    wrong += mappings().discard(common, 1).has_value() ? 0 : 1;
    const std::size_t middle = next_random(seed) % pages;
    for (std::size_t page = 0; page < pages; ++page) {
      wrong += word_at(*begin + page * kPageSize + 8) != mark + page ? 1 : 0;
    }
    wrong += middle == 0 || mappings().unmap(*begin, middle * kPageSize) ? 0 : 1;
    wrong += word_at(*begin + middle * kPageSize + 8) != mark + middle ? 1 : 0;
    wrong += mappings().unmap(*begin + middle * kPageSize, (pages - middle) * kPageSize) ? 0 : 1;
  }
  return wrong;
}

void churn_everywhere(Suite& suite) {
  const Usage usage;
  constexpr std::size_t kShared = kMiB;
  const std::uintptr_t shared = must_map(suite, kShared);
  std::atomic<std::size_t> wrong = 0;
  std::size_t free = 0;
  for (int round = 0; round < 3; ++round) {
    on_all_cpus(suite, [&wrong, shared](std::size_t thread) {
      wrong += churn(thread + 1, shared, kShared);
    });
    suite.check(mappings().discard(shared, kShared).has_value(), "it is discarded");
    suite.equal(usage.filled(), 0u, "pages with frames");
    suite.equal(usage.reserved(), kShared / kPageSize, "reserved pages");
    // Later rounds may need a few more tables and stacks than the first.
    constexpr std::size_t kMore = 100 + kThreads * tb::StackPool::kDefaultSize / kPageSize;
    suite.check(round == 0 || tb::frames().free_frames() + kMore > free, "frames came back");
    free = tb::frames().free_frames();
  }
  suite.equal(wrong.load(), 0u, "words or calls that were wrong");
  suite.check(mappings().unmap(shared, kShared).has_value(), "it can be unmapped");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("memory is filled once when all CPUs touch it first", fill_from_all_cpus);
  suite.test("64 GiB are reserved on a small machine", reserve_much);
  suite.test("what is unmapped gives all its frames back", give_back);
  suite.test("parts are unmapped and mapped again, and the last one frees the slot", unmap_parts);
  suite.test("what cannot be is refused", refuse);
  suite.test("protection holds contents and lets code run", protect);
  suite.test("what is discarded is zero on all CPUs", discard);
  suite.test("contents stay when a range changes its size", resize);
  suite.test("ranges stay whole while threads map, touch, discard and unmap", churn_everywhere);
  return suite.status();
}
