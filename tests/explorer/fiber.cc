// Fibers by the C library's contexts.
#include "tests/explorer/fiber.h"

#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace tb::explorer {

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)), stack_(std::make_unique_for_overwrite<std::byte[]>(kStackBytes)) {
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = kStackBytes;
  // makecontext passes on nothing but integers.
  const auto address = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context_, reinterpret_cast<void (*)()>(&enter), 2,
              static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
}

void Fiber::enter(unsigned upper_half, unsigned lower_half) {
  const auto address = std::uintptr_t{upper_half} << 32 | lower_half;
  reinterpret_cast<Fiber*>(address)->body_();
  expects(false, "the body of a fiber never returns");
}

void Fiber::switch_to(Fiber& other) { swapcontext(&context_, &other.context_); }

}  // namespace tb::explorer
