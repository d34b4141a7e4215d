// Whether scenarios notice it when the code they explore names a weaker memory order: each order is
// weakened by one step, alone, without touching the source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/explorer/explore.h"

namespace tb::explorer {

struct Weakenings {
  // Such as "push: release to relaxed", by the function that names the order; with "on failure" for
  // the second order of a compare-exchange. In the order of the source.
  std::vector<std::string> noticed;    // some scenario fails
  std::vector<std::string> unnoticed;  // all of them pass
};

Weakenings try_weakenings(std::string_view file, const std::vector<RunOnce>& scenarios,
                          const Options& options);

// Of all orders that the scenarios use and that the source file names, a path from the root.
template <Scenario... Scenarios>
Weakenings try_weakenings(std::string_view file, const Options& options = {}) {
  return try_weakenings(file, {run_once<Scenarios>...}, options);
}

}  // namespace tb::explorer
