// The free blocks that a CPU keeps for itself. They come first in what the runtime keeps for each
// CPU, so that a single instruction finds them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "arch/cpu.h"
#include "runtime/memory/size_classes.h"
#include "runtime/memory/small_span.h"

namespace tb {

// What fits into an empty list: two batches, so that neither taking nor giving alone goes to the
// depot each time.
constexpr std::uint32_t room_of_class(std::size_t number) {
  return static_cast<std::uint32_t>(2 * batch_of_class(number));
}

struct CpuList {
  FreeBlock* first = nullptr;
  std::uint32_t room = 0;  // blocks that may still be added
};

// Owner CPU only, preemption off.
struct CpuHeap {
  constexpr CpuHeap() {
    for (std::size_t i = 0; i < kSizeClasses; ++i) {
      lists[i].room = room_of_class(i);
    }
  }

  std::array<CpuList, kSizeClasses> lists;
};

// Of the CPU that executes the caller, who has preemption off.
inline CpuHeap& own_heap() { return *static_cast<CpuHeap*>(arch::cpu_local()); }

// The class that one of the own lists is for. Preemption is off.
inline std::size_t class_of_list(const CpuList& list) {
  return static_cast<std::size_t>(&list - own_heap().lists.data());
}

}  // namespace tb
