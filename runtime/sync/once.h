// Something that is done once, by whoever comes first, as std::call_once; all others wait for it.
#pragma once

#include <concepts>
#include <functional>
#include <utility>

#include "runtime/deadline.h"
#include "runtime/sync/wait.h"

namespace tb {

// Whether it has been done.
class OnceFlag {
 public:
  constexpr OnceFlag() : word_(kNot) {}

 private:
  template <class Function, class... Arguments>
    requires std::invocable<Function, Arguments...>
  friend void call_once(OnceFlag& flag, Function&& function, Arguments&&... arguments);
  template <class Function, class... Arguments>
  friend bool call_once_until(OnceFlag& flag, Deadline deadline, Function&& function,
                              Arguments&&... arguments);
  template <StoppableToken Token, class Function, class... Arguments>
  friend bool call_once(OnceFlag& flag, const Token& token, Function&& function,
                        Arguments&&... arguments);

  static constexpr std::uintptr_t kNot = 0;
  static constexpr std::uintptr_t kRuns = detail::WaitWord::kUnit;
  static constexpr std::uintptr_t kDone = 2 * detail::WaitWord::kUnit;

  bool is_done() const { return word_.load() == kDone; }

  // What is left to the caller once it has waited for the end of another's call.
  enum class Next : std::uint8_t {
    kNothing,
    kCall,    // it has to call, and end() it; until then it is not ended by force
    kGiveUp,  // the other call goes on
  };
  Next begin();
  Next begin_patiently(const detail::Patience& patience);
  void end(std::uintptr_t state);

  detail::Turn begin_wait(detail::Waiter& waiter);
  // What the caller finds by the word's lock; true if it need not wait.
  static bool look(detail::WaitWord::Locked& word, detail::Waiter& waiter);
  static constexpr std::uint32_t kCalls = 1;

  // Whoever waits.
  bool is_done_for_all();

  // What is next; returns whether the call is over.
  template <class Function, class... Arguments>
  bool go_on(Next next, Function&& function, Arguments&&... arguments);

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

template <class Function, class... Arguments>
bool OnceFlag::go_on(Next next, Function&& function, Arguments&&... arguments) {
  if (next == Next::kCall) {
    Call call(*this);
    std::invoke(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    call.note_return();
  }
  return next != Next::kGiveUp;
}

// Calls the function if nobody has with that flag; when this returns, the call is over. If the
// function throws, the caller sees that, and the next one calls it anew. Blocks; from threads only.
template <class Function, class... Arguments>
  requires std::invocable<Function, Arguments...>
void call_once(OnceFlag& flag, Function&& function, Arguments&&... arguments) {
  if (!flag.is_done()) {
    static_cast<void>(flag.go_on(flag.begin(), std::forward<Function>(function),
                                 std::forward<Arguments>(arguments)...));
  }
}

// The same, but does not wait for another's call any longer after that, or then; returns
// whether the call is over. A call of its own takes its time.
template <class Function, class... Arguments>
bool call_once_for(OnceFlag& flag, Duration duration, Function&& function,
                   Arguments&&... arguments) {
  return call_once_until(flag, detail::deadline_after(duration), std::forward<Function>(function),
                         std::forward<Arguments>(arguments)...);
}
template <class Function, class... Arguments>
bool call_once_until(OnceFlag& flag, Deadline deadline, Function&& function,
                     Arguments&&... arguments) {
  return flag.is_done() ||
         flag.go_on(flag.begin_patiently({.deadline = deadline}), std::forward<Function>(function),
                    std::forward<Arguments>(arguments)...);
}

// The same until a stop is requested.
template <StoppableToken Token, class Function, class... Arguments>
bool call_once(OnceFlag& flag, const Token& token, Function&& function, Arguments&&... arguments) {
  const auto begin = [&flag](const detail::Patience& patience) {
    return flag.begin_patiently(patience);
  };
  return flag.is_done() ||
         flag.go_on(detail::wait_with(token, begin), std::forward<Function>(function),
                    std::forward<Arguments>(arguments)...);
}

}  // namespace tb
