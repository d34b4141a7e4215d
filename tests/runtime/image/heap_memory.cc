// Small blocks give their memory back, whoever frees them, and the heap survives its own end.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "arch/annotations.h"
#include "runtime/memory/frame_allocator.h"
#include "runtime/memory/heap.h"
#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

// What may be missing after trim(): page tables, and what other CPUs keep for themselves.
constexpr std::size_t kFewFrames = 128;

std::size_t free_frames() { return tb::frames().free_frames(); }

// Without trim(), the heap keeps a part of all memory, lists and an empty span of the size.
std::size_t frames_kept() { return tb::frames().total_frames() / 64 + kFewFrames; }

using Pointers = std::span<void*>;

Pointers make_pointers(std::size_t count) {
  return {static_cast<void**>(tb::allocate(count * sizeof(void*))), count};
}

void fill(Pointers pointers, std::size_t size) {
  for (void*& pointer : pointers) {
    pointer = tb::allocate(size);
    std::memset(pointer, 1, size);
  }
}

void free_all(Pointers pointers) {
  for (void* const pointer : pointers) {
    tb::deallocate(pointer);
  }
}

// Neither in the order they were made in nor in the reverse.
void shuffle(Pointers pointers) {
  std::uint64_t random = 1;
  for (std::size_t i = pointers.size(); i > 1; --i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    std::swap(pointers[i - 1], pointers[(random >> 33) % i]);
  }
}

template <class Function, class... Arguments>
void run_on(std::uint32_t cpu, Function function, Arguments... arguments) {
  auto thread = tb::spawn(function, arguments...,
                          tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{cpu})});
  static_cast<void>(thread->join());
}

void give_small_blocks_back(Suite& suite) {
  for (const std::size_t size : {16, 100, 1000, 7000}) {
    const std::size_t count = size < 7000 ? 100'000 : 10'000;
    const Pointers pointers = make_pointers(count);
    tb::trim();
    const std::size_t before = free_frames();
    fill(pointers, size);
    const std::size_t used = before - free_frames();
    suite.check(used * tb::kPageSize >= count * size, "the blocks have their pages");
    const std::size_t room = size + tb::arch::kBlockMargin;
    suite.check(used * tb::kPageSize <= count * (room + room / 4), "and not many more");
    free_all(pointers);
    suite.check(free_frames() + frames_kept() >= before, "nearly all comes back");
    tb::trim();
    suite.check(free_frames() + kFewFrames >= before, "all comes back if wanted");
    tb::deallocate(pointers.data());
  }
}

void give_back_in_any_order(Suite& suite) {
  const Pointers pointers = make_pointers(100'000);
  const std::size_t before = free_frames();
  fill(pointers, 200);
  shuffle(pointers);
  free_all(pointers);
  suite.check(free_frames() + frames_kept() + 100 >= before, "nearly all comes back");
  tb::deallocate(pointers.data());
}

void give_back_elsewhere(Suite& suite) {
  const Pointers pointers = make_pointers(50'000);
  tb::trim();
  const std::size_t before = free_frames();
  for (std::uint32_t round = 0; round < 8; ++round) {
    run_on(round % 4, fill, pointers, std::size_t{300});
    suite.check(free_frames() + 3'500 <= before, "the blocks have their pages");
    run_on((round + 1) % 4, free_all, pointers);
    suite.check(free_frames() + frames_kept() + 100 >= before, "nearly all comes back");
  }
  tb::deallocate(pointers.data());
}

// One thread makes and another one frees at the same time, by way of a ring of slots.
void pass_on(Suite& suite) {
  static std::array<std::atomic<std::uint64_t*>, 256> ring{};
  constexpr std::uint64_t kBlocks = 40'000;
  auto maker = tb::spawn(
      [] {
        for (std::uint64_t i = 0; i < kBlocks; ++i) {
          auto* const block = static_cast<std::uint64_t*>(tb::allocate(16 + i % 500));
          *block = i;
          std::uint64_t* none = nullptr;
          while (!ring[i % ring.size()].compare_exchange_strong(none, block)) {
            none = nullptr;
            tb::this_thread::yield();
          }
        }
      },
      tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{1})});
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    std::uint64_t* block = nullptr;
    while ((block = ring[i % ring.size()].exchange(nullptr)) == nullptr) {
      tb::this_thread::yield();
    }
    wrong += *block == i ? 0 : 1;
    tb::deallocate(block);
  }
  static_cast<void>(maker->join());
  suite.equal(wrong, 0, "blocks that somebody else wrote to");
}

struct Held {
  unsigned char* bytes;
  std::size_t size;
  unsigned char mark;

  bool intact() const {
    return std::all_of(bytes, bytes + std::min<std::size_t>(size, 64),
                       [&](unsigned char byte) { return byte == mark; }) &&
           (size == 0 || bytes[size - 1] == mark);
  }
};

// Random sizes, alignments and order; each block is looked at whenever it changes.
void churn(std::uint64_t seed, std::atomic<int>* damaged) {
  constexpr std::size_t kSlots = 200;
  std::array<Held, kSlots> slots{};
  const auto random = [&seed](std::uint64_t limit) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (seed >> 33) % limit;
  };
  const auto random_size = [&random] {
    const std::uint64_t kind = random(100);
    return random(kind < 70 ? 600 : kind < 96 ? 40'000 : 400'000);
  };
  for (int i = 0; i < 8'000; ++i) {
    Held& held = slots[random(kSlots)];
    *damaged += held.intact() ? 0 : 1;
    const std::size_t size = random_size();
    if (held.bytes != nullptr && random(3) == 0) {
      auto* const moved = static_cast<unsigned char*>(tb::reallocate(held.bytes, size));
      *damaged += Held{moved, std::min(size, held.size), held.mark}.intact() ? 0 : 1;
      held.bytes = moved;
    } else {
      tb::deallocate(held.bytes);
      const std::size_t alignment = std::size_t{1} << random(random(50) == 0 ? 20 : 10);
      held.bytes = static_cast<unsigned char*>(random(4) == 0 ? tb::allocate(size, alignment)
                                                              : tb::allocate(size));
    }
    held.size = size;
    held.mark = static_cast<unsigned char>(random(256));
    std::memset(held.bytes, held.mark, size);
  }
  for (const Held& held : slots) {
    *damaged += held.intact() ? 0 : 1;
    tb::deallocate(held.bytes);
  }
}

void churn_everywhere(Suite& suite) {
  std::atomic<int> damaged = 0;
  std::array<tb::Thread, 8> threads;
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    threads[i] =
        std::move(*tb::spawn(churn, i + 1, &damaged,
                             tb::SpawnOptions{.stack_size = 64 * tb::kKiB,
                                              .affinity = tb::CpuSet::only(tb::CpuId{i % 4})}));
  }
  for (tb::Thread& thread : threads) {
    suite.check(thread.join().has_value(), "the thread ended");
  }
  suite.equal(damaged.load(), 0, "blocks that somebody else wrote to");
}

struct Link {
  Link* next;
};

Link* take_everything(std::size_t size) {
  Link* last = nullptr;
  while (void* const block = tb::allocate(size)) {
    last = new (block) Link{last};
  }
  return last;
}

void free_links(Link* last) {
  while (last != nullptr) {
    tb::deallocate(std::exchange(last, last->next));
  }
}

// Stacks grow by page faults, for which the heap leaves some memory.
[[gnu::noinline]] void use_stack() {
  std::array<volatile char, 24 * tb::kKiB> bytes;
  for (volatile char& byte : bytes) {
    byte = 0;
  }
}

// An empty span of each size, and what waits for the next large block.
void use_what_is_kept(Suite& suite) {
  tb::trim();
  const std::size_t before = free_frames();
  for (std::size_t size = 16; size < 33'000; size += size / 4) {
    const Pointers pointers = make_pointers(300'000 / size);
    fill(pointers, size);
    free_all(pointers);
    tb::deallocate(pointers.data());
  }
  suite.check(free_frames() + 4 * kFewFrames < before, "something is kept");
  const std::size_t left_to_stacks = tb::frames().total_frames() / 256;
  void* const most = tb::allocate((before - left_to_stacks - 2 * kFewFrames) * tb::kPageSize);
  suite.check(most != nullptr, "it is used when it is needed");
  tb::deallocate(most);
}

void run_out_of_memory(Suite& suite) {
  const std::size_t left_to_stacks = tb::frames().total_frames() / 256;
  for (const std::size_t size : {4'000, 30'000, 150'000, 500}) {
    tb::trim();
    const std::size_t before = free_frames();
    Link* const blocks = take_everything(size);
    const std::size_t left = free_frames();
    free_links(blocks);
    suite.check(left >= left_to_stacks, "something is left for stacks");
    suite.check(left <= left_to_stacks + 2 * size / tb::kPageSize + 8, "all else was used up");
    const std::size_t margin = before / 32;
    suite.check(free_frames() + margin >= before, "it comes back");
    void* const most = tb::allocate((before - margin) * tb::kPageSize);
    suite.check(most != nullptr, "and can be had in one piece");
    tb::deallocate(most);
  }
}

void run_out_of_memory_everywhere(Suite& suite) {
  tb::trim();
  const std::size_t before = free_frames();
  std::array<tb::Thread, 4> threads;
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::move(*tb::spawn(
        [](std::uint32_t number) {
          for (int round = 0; round < 3; ++round) {
            Link* const blocks = take_everything(number == 0 ? 100'000 : 1'000 * number);
            use_stack();
            free_links(blocks);
          }
        },
        i,
        tb::SpawnOptions{.stack_size = 64 * tb::kKiB, .affinity = tb::CpuSet::only(tb::CpuId{i})}));
  }
  for (tb::Thread& thread : threads) {
    static_cast<void>(thread.join());
  }
  tb::trim();
  suite.check(free_frames() + before / 32 >= before, "it comes back");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("a hundred thousand small blocks give their memory back", give_small_blocks_back);
  suite.test("in whatever order they are freed", give_back_in_any_order);
  suite.test("and on whatever CPU", give_back_elsewhere);
  suite.test("blocks pass from the CPU that makes them to one that frees them", pass_on);
  suite.test("blocks stay whole through random changes on four CPUs", churn_everywhere);
  suite.test("what the heap keeps is used before memory is short", use_what_is_kept);
  suite.test("after running out of memory, all of it can be used again", run_out_of_memory);
  suite.test("also if four CPUs run out of it together", run_out_of_memory_everywhere);
  return suite.status();
}
