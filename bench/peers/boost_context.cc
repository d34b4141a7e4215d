// Boost.Context: the bare switch, with its class for users and with the function below that.
#include <boost/context/detail/fcontext.hpp>
#include <boost/context/fiber.hpp>

#include <cstddef>
#include <utility>
#include <vector>

#include "bench/peers/measure.h"

namespace {

namespace context = boost::context;

constexpr std::uint64_t kRounds = 100'000;

void measure_fiber(peers::Session& session) {
  context::fiber other([](context::fiber&& caller) {
    for (;;) {
      caller = std::move(caller).resume();
    }
    return std::move(caller);
  });
  session.measure({.operation = "switch", .threads = 2}, 2 * kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      other = std::move(other).resume();
    }
    return peers::ticks() - begin;
  });
}

void measure_jump(peers::Session& session) {
  std::vector<std::byte> stack(64 * 1024);
  context::detail::fcontext_t other =
      context::detail::make_fcontext(stack.data() + stack.size(), stack.size(), [](auto transfer) {
        for (;;) {
          transfer = context::detail::jump_fcontext(transfer.fctx, nullptr);
        }
      });
  session.measure({.operation = "switch", .threads = 2}, 2 * kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      other = context::detail::jump_fcontext(other, nullptr).fctx;
    }
    return peers::ticks() - begin;
  });
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session fiber("Boost.Context fiber", peers::Stacks::kOwn, argc, argv);
  peers::pin_to(0);
  measure_fiber(fiber);
  peers::Session jump("Boost.Context jump", peers::Stacks::kOwn, argc, argv);
  measure_jump(jump);
  return 0;
}
