// Situations that every machine of several CPUs must get right. The same sources run in images and
// in the simulator, with the public functions alone.
#pragma once

#include <span>
#include <string_view>

#include "base/time.h"
#include "tests/image/suite.h"

namespace tb::test {

// Uses the CPU for about so long, as an application would. Whoever runs the scenarios defines it.
void spend(Duration duration);

// The heap keeps some of each size for each CPU that has used it.
enum class HeapUse { kByOneCpu, kByAll };

struct Scenario {
  std::string_view name;      // for command lines
  std::string_view sentence;  // what holds
  void (*run)(Suite& suite);
  HeapUse heap_use = HeapUse::kByOneCpu;
};

std::span<const Scenario> scenarios();

}  // namespace tb::test
