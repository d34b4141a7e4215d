// Threads that spawn threads and wait for them: skynet, whose tree is wide, and Fibonacci numbers
// with a thread for each call, whose tree is deep.
#include <array>
#include <atomic>
#include <optional>

#include "base/cpu_id.h"
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"

namespace bench {
namespace {

// Constant while a tree runs: the options of all its threads.
struct Tree {
  tb::SpawnOptions options;
  std::atomic<std::uint64_t> in_place = 0;  // calls for which there was no room for a thread
};

// Runs in a thread of its own; where there can be none, here.
template <class Function>
tb::Thread branch(Tree& tree, Function function) {
  auto thread = tb::spawn(function, tree.options);
  if (thread) {
    return std::move(*thread);
  }
  ++tree.in_place;
  function();
  return {};
}

void wait_for(tb::Thread& thread) {
  if (thread.joinable()) {
    join(thread);
  }
}

// The sum of the leaves' numbers.
std::uint64_t skynet(Tree& tree, std::uint64_t first, std::uint64_t leaves) {
  if (leaves == 1) {
    return first;
  }
  std::array<std::uint64_t, 10> sums;
  std::array<tb::Thread, 10> parts;
  const std::uint64_t share = leaves / parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = branch(tree, [&tree, &sum = sums[i], from = first + i * share, share] {
      sum = skynet(tree, from, share);
    });
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    wait_for(parts[i]);
    sum += sums[i];
  }
  return sum;
}

std::uint64_t fibonacci(Tree& tree, std::uint64_t n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  tb::Thread first = branch(tree, [&] { left = fibonacci(tree, n - 1); });
  tb::Thread second = branch(tree, [&] { right = fibonacci(tree, n - 2); });
  wait_for(first);
  wait_for(second);
  return left + right;
}

template <class Function>
void measure_tree_on(Session& session, Row row, std::uint32_t cpus, Function function) {
  row.cpus = cpus;
  if (!session.wants(row)) {
    return;
  }
  const auto only_cpu = cpus == 1 ? std::optional<std::uint32_t>(0) : std::nullopt;
  Tree tree{.options = small_thread(only_cpu)};
  session.measure(row, 1, [&] {
    const std::uint64_t begin = tb::ticks();
    function(tree);
    const std::uint64_t end = tb::ticks();
    row.in_place = tree.in_place.exchange(0);
    return end - begin;
  });
}

// On one CPU, and on all of them.
template <class Function>
void measure_tree(Session& session, const Row& row, Function function) {
  measure_tree_on(session, row, 1, function);
  if (tb::cpu_count() > 1) {
    measure_tree_on(session, row, tb::cpu_count(), function);
  }
}

}  // namespace

void measure_skynet(Session& session) {
  const std::uint64_t leaves = session.sized(1'000'000, 10'000, 100);
  measure_tree(session, {.operation = "skynet", .threads = leaves}, [leaves](Tree& tree) {
    tb::expects(skynet(tree, 0, leaves) == leaves * (leaves - 1) / 2, "every leaf was counted");
  });
}

void measure_fibonacci(Session& session) {
  const std::uint64_t n = session.sized(27, 15, 7);
  measure_tree(session, {.operation = "fibonacci", .threads = n},
               [n](Tree& tree) { fibonacci(tree, n); });
}

}  // namespace bench
