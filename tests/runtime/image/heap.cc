// new and delete on all CPUs at once: blocks keep what was written to them, and large ones give
// their memory back.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/heap.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

struct Block {
  unsigned char* bytes = nullptr;
  std::size_t size = 0;
  unsigned char mark = 0;
};

bool is_intact(const Block& block) {
  for (std::size_t i = 0; i < block.size; i += block.size / 8 + 1) {
    if (block.bytes[i] != block.mark) {
      return false;
    }
  }
  return block.size == 0 || block.bytes[block.size - 1] == block.mark;
}

std::uint64_t next_random(std::uint64_t& state) {
  state = state * 6364136223846793005 + 1442695040888963407;
  return state >> 33;
}

std::size_t random_size(std::uint64_t& state) {
  const std::uint64_t kind = next_random(state) % 100;
  const std::size_t limit = kind < 80 ? 512 : kind < 98 ? 16'384 : 300'000;
  return next_random(state) % limit + 1;
}

// The compiler may leave out a pair of new and delete; these it cannot.
[[gnu::noinline]] unsigned char* make_bytes(std::size_t size) {
  auto* bytes = new (std::nothrow) unsigned char[size];
  asm volatile("" : "+r"(bytes) : : "memory");
  return bytes;
}

// Blocks are freed by another thread than allocated them: each thread works on everybody's slots.
using Slots = std::array<std::atomic<Block*>, 64>;

void churn(Slots* slots, std::uint64_t seed, std::atomic<int>* damaged) {
  for (int i = 0; i < 4'000; ++i) {
    const std::size_t size = random_size(seed);
    auto* const block =
        new Block{make_bytes(size), size, static_cast<unsigned char>(next_random(seed))};
    std::memset(block->bytes, block->mark, size);
    Block* const old = (*slots)[next_random(seed) % slots->size()].exchange(block);
    if (old != nullptr) {
      *damaged += is_intact(*old) ? 0 : 1;
      delete[] old->bytes;
      delete old;
    }
  }
}

void churn_everywhere(Suite& suite) {
  Slots slots{};
  std::atomic<int> damaged = 0;
  std::array<tb::Thread, 8> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::move(*tb::spawn(churn, &slots, i + 1, &damaged));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread ended");
  }
  for (auto& slot : slots) {
    if (Block* const block = slot.load(); block != nullptr) {
      damaged += is_intact(*block) ? 0 : 1;
      delete[] block->bytes;
      delete block;
    }
  }
  suite.equal(damaged.load(), 0, "blocks that somebody else wrote to");
}

void align(Suite& suite) {
  for (std::size_t alignment = 1; alignment <= 4 * tb::kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{24},
                                   std::size_t{1000}, std::size_t{5000}, std::size_t{100'000}}) {
      void* const block = tb::allocate(size, alignment);
      suite.check(block != nullptr, "there is a block");
      suite.equal(reinterpret_cast<std::uintptr_t>(block) % alignment, 0u, "the rest");
      suite.check(tb::usable_size(block) >= size, "it is large enough");
      std::memset(block, 0xab, tb::usable_size(block));
      tb::deallocate(block);
    }
  }
}

// All at once, so that no block can lie where another one was.
void align_side_by_side(Suite& suite) {
  const std::size_t before = tb::frames().free_frames();
  std::vector<Block> blocks;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t alignment = 16; alignment <= 4 * tb::kMiB; alignment *= 2) {
      const std::size_t size = alignment / 2 + 100;
      void* const block = tb::allocate(size, alignment);
      suite.equal(reinterpret_cast<std::uintptr_t>(block) % alignment, 0u, "the rest");
      const auto mark = static_cast<unsigned char>(blocks.size());
      std::memset(block, mark, size);
      blocks.push_back({static_cast<unsigned char*>(block), size, mark});
    }
  }
  for (const Block& block : blocks) {
    suite.check(is_intact(block), "the block is whole");
    tb::deallocate(block.bytes);
  }
  tb::trim();
  suite.check(tb::frames().free_frames() + 64 >= before, "the memory comes back");
}

// The sizes, and where the block has to stay.
void reallocate(Suite& suite) {
  auto* block = static_cast<unsigned char*>(tb::reallocate(nullptr, 10));
  std::size_t filled = 10;
  std::memset(block, 7, filled);
  for (const std::size_t size : {10uz, 100uz, 5'000uz, 4'000uz, 60'000uz, 61'000uz, 200'000uz,
                                 250'000uz, 3'000'000uz, 4'000'000uz, 100'000uz, 33'000uz, 50uz}) {
    const bool stays = (size == 4'000 || size == 61'000 || size == 250'000 || size == 4'000'000);
    auto* const moved = static_cast<unsigned char*>(tb::reallocate(block, size));
    suite.check(moved != nullptr, "there is a block");
    suite.check(!stays || moved == block, "it stays where it is");
    suite.check(tb::usable_size(moved) >= size, "it is large enough");
    block = moved;
    suite.check(is_intact({block, std::min(size, filled), 7}), "what it held stays");
    std::memset(block, 7, size);
    filled = size;
  }
  suite.check(tb::usable_size(block) < 200, "a small block is small again");
  suite.check(tb::reallocate(block, std::size_t{1} << 46) == nullptr, "too much is refused");
  suite.check(tb::reallocate(block, ~std::size_t{0}) == nullptr, "far too much, too");
  suite.check(is_intact({block, 50, 7}), "a refusal leaves the block alone");
  tb::deallocate(block);
}

void refuse_to_grow(Suite& suite) {
  const std::size_t most = tb::frames().free_frames() * tb::kPageSize;
  auto* block = static_cast<unsigned char*>(tb::allocate(20 * tb::kMiB));
  suite.check(block != nullptr, "there is a block");
  const Block held{block, tb::kMiB, 9};
  std::memset(block, held.mark, held.size);
  suite.check(tb::reallocate(block, 2 * most) == nullptr, "there is no more than all");
  suite.check(is_intact(held), "a refusal leaves the block alone");
  tb::deallocate(block);
}

void give_back(Suite& suite) {
  constexpr std::size_t kLarge = 32 * tb::kMiB;
  delete[] make_bytes(kLarge);
  const std::size_t before = tb::frames().free_frames();
  for (int i = 0; i < 20; ++i) {
    auto* const block = make_bytes(kLarge);
    std::memset(block, i, kLarge);
    suite.check(tb::frames().free_frames() + kLarge / tb::kPageSize <= before, "it has its pages");
    delete[] block;
    suite.equal(tb::frames().free_frames(), before, "free frames after a large block is freed");
  }
}

void refuse(Suite& suite) {
  tb::trim();
  const std::size_t before = tb::frames().free_frames();
  suite.check(make_bytes(std::size_t{1} << 40) == nullptr, "1 TiB is refused");
  suite.check(tb::allocate(~std::size_t{0} - 100) == nullptr, "nearly all addresses are refused");
  for (std::size_t alignment = 16; alignment != 0; alignment *= 2) {
    suite.check(tb::allocate(~std::size_t{0}, alignment) == nullptr, "at any alignment");
    suite.check(tb::allocate(std::size_t{1} << 60, alignment) == nullptr, "at any alignment");
  }
  suite.equal(tb::frames().free_frames(), before, "free frames after refusals");
  // All but what the page tables for it may take.
  const std::size_t margin = before / 128;
  const std::size_t most = (before - margin) * tb::kPageSize;
  void* const block = tb::allocate(most);
  suite.check(block != nullptr, "nearly all memory is given");
  suite.check(tb::allocate(most) == nullptr, "but once only");
  tb::deallocate(block);
  suite.check(tb::frames().free_frames() + margin > before, "and comes back");
}

void use_containers(Suite& suite) {
  std::vector<int> numbers;
  for (int i = 0; i < 100'000; ++i) {
    numbers.push_back(i);
  }
  suite.equal(numbers[99'999], 99'999, "the last of a vector");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("blocks stay whole while eight threads allocate and free each other's",
             churn_everywhere);
  suite.test("blocks are aligned as wanted", align);
  suite.test("blocks of all alignments lie side by side", align_side_by_side);
  suite.test("blocks change their size, in place where they can", reallocate);
  suite.test("a block that cannot grow stays as it is", refuse_to_grow);
  suite.test("large blocks give their memory back at once", give_back);
  suite.test("what does not fit is refused and leaks nothing", refuse);
  suite.test("containers of the C++ library work", use_containers);
  tb::println("{} MiB in all", tb::frames().total_frames() * tb::kPageSize / tb::kMiB);
  return suite.status();
}
