// swapcontext() of the C library: a switch with a system call for the signal mask.
#include <ucontext.h>

#include <cstddef>
#include <vector>

#include "bench/peers/measure.h"

namespace {

constexpr std::uint64_t kRounds = 20'000;

// Of the one thread of this program.
ucontext_t here;
ucontext_t there;

void run_there() {
  for (;;) {
    swapcontext(&there, &here);
  }
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session session("ucontext", peers::Stacks::kOwn, argc, argv);
  peers::pin_to(0);
  std::vector<std::byte> stack(64 * 1024);
  getcontext(&there);
  there.uc_stack.ss_sp = stack.data();
  there.uc_stack.ss_size = stack.size();
  makecontext(&there, run_there, 0);
  session.measure({.operation = "switch", .threads = 2}, 2 * kRounds, [&] {
    const std::uint64_t begin = peers::ticks();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      swapcontext(&here, &there);
    }
    return peers::ticks() - begin;
  });
  return 0;
}
