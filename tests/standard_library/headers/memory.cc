// Memory: C's functions, new and its failure, smart pointers across threads, and polymorphic
// resources.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;
using tb::test::throws;

// Hides a pointer, or a size, from the compiler, which would leave allocations out.
template <class T>
T hidden(T value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

bool is_aligned(const void* pointer, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
}

void use_malloc() {
  for (const std::size_t size : {1, 24, 1000, 100'000, 10'000'000}) {
    auto* const block = static_cast<unsigned char*>(hidden(std::malloc(size)));
    check(block != nullptr && is_aligned(block, alignof(std::max_align_t)), "a block");
    std::memset(block, 0x5a, size);
    auto* const larger = static_cast<unsigned char*>(std::realloc(block, 3 * size));
    check(larger != nullptr && larger[0] == 0x5a && larger[size - 1] == 0x5a, "it grows");
    auto* const smaller = static_cast<unsigned char*>(std::realloc(larger, 1));
    check(smaller != nullptr && smaller[0] == 0x5a, "it shrinks");
    std::free(smaller);
    auto* const zeros = static_cast<unsigned char*>(hidden(std::calloc(size, 2)));
    std::size_t others = 0;
    for (std::size_t i = 0; i < 2 * size; ++i) {
      others += zeros[i] != 0 ? 1 : 0;
    }
    check(others == 0, "calloc gives zeros");
    std::free(zeros);
  }
  for (std::size_t alignment = 16; alignment <= 65'536; alignment *= 2) {
    void* const block = hidden(std::aligned_alloc(alignment, 2 * alignment));
    check(block != nullptr && is_aligned(block, alignment), "an aligned block");
    std::free(block);
  }
  void* aligned = nullptr;
  check(posix_memalign(&aligned, 4096, 100) == 0 && is_aligned(aligned, 4096), "posix_memalign");
  std::free(aligned);
  std::free(nullptr);
}

constexpr std::size_t kAbsurd = ~std::size_t{0} / 4;

void fail_to_allocate() {
  check(hidden(std::malloc(hidden(kAbsurd))) == nullptr, "malloc gives nothing");
  check(hidden(std::calloc(hidden(kAbsurd), 16)) == nullptr, "calloc sees the overflow");
  check(throws<std::bad_alloc>([] { ::operator delete(hidden(::operator new(hidden(kAbsurd)))); }),
        "new throws");
  check(hidden(::operator new(hidden(kAbsurd), std::nothrow)) == nullptr, "or gives nothing");
  static int calls = 0;
  std::set_new_handler([] {
    ++calls;
    std::set_new_handler(nullptr);
  });
  check(throws<std::bad_alloc>([] { ::operator delete(hidden(::operator new(hidden(kAbsurd)))); }),
        "new throws when its handler gives up");
  check(calls == 1, "the handler was called");
  struct alignas(256) Wide {
    std::byte bytes[256];
  };
  const auto wide = std::make_unique<Wide>();
  check(is_aligned(hidden(wide.get()), 256), "new obeys alignas");
}

struct Node {
  static std::atomic<int> alive;
  std::shared_ptr<Node> next;
  std::weak_ptr<Node> back;
  Node() { ++alive; }
  ~Node() { --alive; }
};
std::atomic<int> Node::alive = 0;

void share_among_threads() {
  auto first = std::make_shared<Node>();
  first->next = std::make_shared<Node>();
  first->next->back = first;
  check(first->next->back.lock() == first, "there and back");
  check(first.use_count() == 1, "a weak pointer does not count");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([first] {
      for (int turn = 0; turn < 20'000; ++turn) {
        const std::shared_ptr<Node> copy = first;
        const std::weak_ptr<Node> weak = copy;
        check(weak.lock() != nullptr, "a node that is held stays");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  check(first.use_count() == 1, "every share was given back");
  const std::weak_ptr<Node> weak = first;
  first.reset();
  check(weak.expired() && Node::alive == 0, "the last owner ends it");
  std::atomic<std::shared_ptr<int>> slot = std::make_shared<int>(0);
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&slot] {
      for (int turn = 0; turn < 1000; ++turn) {
        auto old = slot.load();
        while (!slot.compare_exchange_weak(old, std::make_shared<int>(*old + 1))) {
        }
      }
    });
  }
  writers.clear();
  std::cout << "an atomic shared_ptr counts to " << *slot.load() << '\n';
  int deleted = 0;
  {
    const auto count = [&deleted](int* pointer) {
      ++deleted;
      delete pointer;
    };
    const std::unique_ptr<int, decltype(count)> unique(new int(1), count);
    const std::shared_ptr<int> shared(new int(2), count);
  }
  check(deleted == 2, "deleters of one's own");
}

void use_resources() {
  std::array<std::byte, 4096> room;
  std::pmr::monotonic_buffer_resource arena(room.data(), room.size(),
                                            std::pmr::null_memory_resource());
  std::pmr::vector<std::pmr::string> words(&arena);
  words.emplace_back("a word that is too long to stay inside a string");
  const auto* const inside = reinterpret_cast<const std::byte*>(words[0].data());
  check(inside >= room.data() && inside < room.data() + room.size(), "from the buffer");
  check(throws<std::bad_alloc>([&] { words.emplace_back(5000, 'x'); }), "which has an end");
  std::pmr::unsynchronized_pool_resource pool;
  std::pmr::map<int, std::pmr::string> map(&pool);
  for (int i = 0; i < 1000; ++i) {
    map[i] = std::string(static_cast<std::size_t>(i % 50), 'p');
  }
  std::pmr::synchronized_pool_resource shared_pool;
  std::vector<std::jthread> threads;
  std::atomic<int> sum = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      std::pmr::list<int> list(&shared_pool);
      for (int number = 0; number < 1000; ++number) {
        list.push_back(number);
      }
      sum += static_cast<int>(list.size());
    });
  }
  threads.clear();
  check(map.size() == 1000 && map[49].size() == 49, "from a pool");
  std::cout << sum << " nodes from a pool that threads share\n";
}

}  // namespace

int main() {
  use_malloc();
  fail_to_allocate();
  share_among_threads();
  use_resources();
  return tb::test::finish();
}
