// Something that is done once, by whoever comes first, as std::call_once; all others wait for it.
#pragma once

#include <functional>
#include <utility>

#include "runtime/sync/wait.h"

namespace tb {

// Whether it has been done.
class OnceFlag {
 public:
  constexpr OnceFlag() : word_(kNot) {}

 private:
  template <class Function, class... Arguments>
  friend void call_once(OnceFlag& flag, Function&& function, Arguments&&... arguments);

  static constexpr std::uintptr_t kNot = 0;
  static constexpr std::uintptr_t kRuns = detail::WaitWord::kUnit;
  static constexpr std::uintptr_t kDone = 2 * detail::WaitWord::kUnit;

  bool is_done() const { return word_.load() == kDone; }
  bool begin() { return word_.try_replace(kNot, kRuns); }
  void end();
  detail::Turn begin_wait(detail::Waiter& waiter);

  detail::WaitWord word_;  // shared
};

// Calls the function if nobody has with that flag; when this returns, the call is over. Blocks;
// from threads only. The function does not throw.
template <class Function, class... Arguments>
void call_once(OnceFlag& flag, Function&& function, Arguments&&... arguments) {
  if (flag.is_done()) {
    return;
  }
  if (flag.begin()) {
    std::invoke(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    flag.end();
  } else {
    detail::Waiter waiter;
    detail::finish_wait(flag.begin_wait(waiter), waiter);
  }
}

}  // namespace tb
