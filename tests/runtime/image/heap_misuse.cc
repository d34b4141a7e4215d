// Wrong uses of the heap, one for each argument; the machine has to say what was wrong.
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/console.h"
#include "runtime/memory/heap.h"

namespace {

void* offset(void* block, std::ptrdiff_t bytes) { return static_cast<std::byte*>(block) + bytes; }

// As many frees as it takes until blocks leave the CPU.
void free_with_others(void* block) {
  std::vector<void*> others(200);
  for (void*& other : others) {
    other = tb::allocate(64);
  }
  tb::deallocate(block);
  for (void* const other : others) {
    tb::deallocate(other);
  }
}

void misuse(std::string_view kind) {
  int variable = 0;
  void* const small = tb::allocate(64);
  void* const large = tb::allocate(100'000);
  if (kind == "twice") {
    tb::deallocate(small);
    tb::deallocate(small);
  } else if (kind == "inside") {
    free_with_others(offset(small, 16));
  } else if (kind == "variable") {
    tb::deallocate(&variable);
  } else if (kind == "nowhere") {
    tb::deallocate(reinterpret_cast<void*>(0x7000'0000'0000));
  } else if (kind == "large_twice") {
    tb::deallocate(large);
    tb::deallocate(large);
  } else if (kind == "large_inside") {
    tb::deallocate(offset(large, 4'096));
  } else if (kind == "large_far_inside") {
    tb::deallocate(offset(large, 70'000));
  } else if (kind == "alignment") {
    static_cast<void>(tb::allocate(100, 24));
  }
}

}  // namespace

int main(int, char** argv) {
  misuse(argv[1]);
  tb::println("survived");
}
