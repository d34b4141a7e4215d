// A stack of its own on the same host thread, so that an explored thread can stop anywhere and go
// on later at the price of a function call or two.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace tb::explorer {

class Fiber {
 public:
  // Stands for the stack that runs already.
  Fiber() = default;

  // `body` begins at the first switch to it and must never return.
  explicit Fiber(std::function<void()> body);

  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Leaves this fiber, which has to be the one that runs, until somebody switches to it again.
  void switch_to(Fiber& other);

 private:
  static constexpr std::size_t kStackBytes = 64 * 1024;

  static void enter(unsigned upper_half, unsigned lower_half);

  std::function<void()> body_;
  std::unique_ptr<std::byte[]> stack_;
  ucontext_t context_{};
};

}  // namespace tb::explorer
