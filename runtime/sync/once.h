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

  // Whether the caller has to call, and end() it; until then it is not ended by force. Waits for
  // the end of another call.
  bool begin();
  void end(std::uintptr_t state);

  detail::Turn begin_wait(detail::Waiter& waiter);
  static constexpr std::uint32_t kCalls = 1;

  // Whoever waits.
  bool is_done_for_all();

  // A call; it may end by an exception.
  class Call {
   public:
    explicit Call(OnceFlag& flag) : flag_(flag) {}
    ~Call() { flag_.end(has_returned_ ? kDone : kNot); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void note_return() { has_returned_ = true; }

   private:
    OnceFlag& flag_;
    bool has_returned_ = false;
  };

  detail::WaitWord word_;  // shared
};

// Calls the function if nobody has with that flag; when this returns, the call is over. If the
// function throws, the caller sees that, and the next one calls it anew. Blocks; from threads only.
template <class Function, class... Arguments>
void call_once(OnceFlag& flag, Function&& function, Arguments&&... arguments) {
  if (flag.is_done() || !flag.begin()) {
    return;
  }
  OnceFlag::Call call(flag);
  std::invoke(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
  call.note_return();
}

}  // namespace tb
