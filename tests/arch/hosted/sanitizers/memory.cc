// Wrong uses of memory, one for each argument, which AddressSanitizer has to report; and the same
// done right, on which it has nothing to say.
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "runtime/console.h"
#include "runtime/thread.h"

namespace {

// The compiler must not know where a pointer leads to.
template <class T>
T* hidden(T* pointer) {
  asm volatile("" : "+r"(pointer));
  return pointer;
}

[[gnu::noinline]] int read(const int* from) { return *hidden(from); }

[[gnu::noinline]] int use_after_delete() {
  int* const number = hidden(new int(1));
  delete number;
  return read(number);
}

[[gnu::noinline]] int use_behind_a_block() {
  const auto numbers = std::make_unique<int[]>(3);
  return read(numbers.get() + 3);
}

[[gnu::noinline]] int use_behind_a_large_block() {
  constexpr std::size_t kCount = 25'000;
  const auto numbers = std::make_unique<int[]>(kCount);
  return read(numbers.get() + kCount);
}

[[gnu::noinline]] int use_beside_a_local() {
  std::array<int, 3> numbers{};
  // Others run meanwhile, on stacks of their own.
  tb::this_thread::yield();
  return read(hidden(numbers.data()) + 3);
}

[[gnu::noinline]] int use_after_scope() {
  const int* gone = nullptr;
  {
    int number = 1;
    gone = hidden(&number);
  }
  return read(gone);
}

[[gnu::noinline]] int use_of_a_dead_threads_local() {
  const int* gone = nullptr;
  auto thread = tb::spawn([&gone] {
    int number = 1;
    gone = hidden(&number);
  });
  static_cast<void>(thread->join());
  return read(gone);
}

// Each of them right.
[[gnu::noinline]] int use_well() {
  std::array<int, 3> numbers{};
  const auto block = std::make_unique<int[]>(3);
  const auto large = std::make_unique<int[]>(25'000);
  int number = 1;
  auto thread = tb::spawn([&number] { number = 0; });
  static_cast<void>(thread->join());
  tb::this_thread::yield();
  return read(hidden(numbers.data()) + 2) + read(block.get() + 2) + read(large.get() + 24'999) +
         read(&number);
}

struct Use {
  std::string_view name;
  int (*use)();
};

constexpr std::array kUses = {
    Use{"after_delete", use_after_delete},
    Use{"behind_block", use_behind_a_block},
    Use{"behind_large_block", use_behind_a_large_block},
    Use{"beside_local", use_beside_a_local},
    Use{"after_scope", use_after_scope},
    Use{"of_dead_thread", use_of_a_dead_threads_local},
    Use{"none", use_well},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "none";
  int result = 0;
  auto user = tb::spawn([wanted, &result] {
    for (const Use& use : kUses) {
      result += use.name == wanted ? use.use() : 0;
    }
  });
  static_cast<void>(user->join());
  tb::println("survived");
  return result;
}
