// C++20 coroutines as clang makes them: one frame each on the heap and no stack, so a call below
// one cannot wait. With a queue of one's own, for the language has no scheduler.
#include <coroutine>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/peers/measure.h"

namespace {

// Begins when somebody waits for it, and then goes on with whoever did.
class Task {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  struct promise_type {
    std::coroutine_handle<> waiter = std::noop_coroutine();
    std::uint64_t value = 0;

    // As an aggregate it would be made from the coroutine's own arguments.
    promise_type() {}
    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(Handle ended) noexcept {
          return ended.promise().waiter;
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_value(std::uint64_t result) { value = result; }
    void unhandled_exception() { std::abort(); }
  };

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) {
      handle_.destroy();
    }
  }

  auto operator co_await() {
    struct Join {
      Handle handle;
      bool await_ready() { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
        handle.promise().waiter = waiter;
        return handle;
      }
      std::uint64_t await_resume() { return handle.promise().value; }
    };
    return Join{handle_};
  }

  std::uint64_t run() {
    handle_.resume();
    return handle_.promise().value;
  }
  Handle handle() const { return handle_; }

 private:
  Handle handle_;
};

// A ring of handles that all take turns; of the one thread there is.
class Queue {
 public:
  explicit Queue(std::size_t size) : ring_(size) {}
  void push(std::coroutine_handle<> handle) {
    ring_[end_] = handle;
    end_ = end_ + 1 == ring_.size() ? 0 : end_ + 1;
  }
  std::coroutine_handle<> pop() {
    const std::coroutine_handle<> handle = ring_[begin_];
    begin_ = begin_ + 1 == ring_.size() ? 0 : begin_ + 1;
    return handle;
  }

 private:
  std::vector<std::coroutine_handle<>> ring_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

struct Yield {
  Queue& queue;
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) {
    queue.push(self);
    return queue.pop();
  }
  void await_resume() {}
};

struct SwitchTo {
  std::coroutine_handle<> other;
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) { return other; }
  void await_resume() {}
};

Task go_to(std::coroutine_handle<>& other) {
  for (;;) {
    co_await SwitchTo{other};
  }
}

Task switch_often(std::coroutine_handle<> other, std::uint64_t rounds) {
  const std::uint64_t begin = peers::ticks();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    co_await SwitchTo{other};
  }
  co_return peers::ticks() - begin;
}

void measure_switch(peers::Session& session) {
  constexpr std::uint64_t kRounds = 100'000;
  std::coroutine_handle<> back;
  const Task partner = go_to(back);
  session.measure({.operation = "switch", .threads = 2}, 2 * kRounds, [&] {
    Task task = switch_often(partner.handle(), kRounds);
    back = task.handle();
    return task.run();
  });
}

Task yield_for_ever(Queue& queue) {
  for (;;) {
    co_await Yield{queue};
  }
}

Task yield_often(Queue& queue, std::uint64_t rounds) {
  const std::uint64_t begin = peers::ticks();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    co_await Yield{queue};
  }
  co_return peers::ticks() - begin;
}

void measure_yields(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "yield", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  Queue queue(threads + 1);
  std::vector<Task> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.push_back(yield_for_ever(queue));
    queue.push(others.back().handle());
  }
  const std::uint64_t rounds = std::max<std::uint64_t>(1, 200'000 / threads);
  session.measure(row, rounds * threads, [&] { return yield_often(queue, rounds).run(); });
}

Task do_nothing() { co_return 0; }

Task spawn_and_join(std::uint64_t rounds) {
  const std::uint64_t begin = peers::ticks();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    co_await do_nothing();
  }
  co_return peers::ticks() - begin;
}

Task spawn_many(std::uint64_t threads) {
  std::vector<Task> crowd;
  crowd.reserve(threads);
  const std::uint64_t begin = peers::ticks();
  for (std::uint64_t i = 0; i < threads; ++i) {
    crowd.push_back(do_nothing());
  }
  for (Task& task : crowd) {
    co_await task;
  }
  co_return peers::ticks() - begin;
}

void measure_memory(peers::Session& session, std::uint64_t threads) {
  const peers::Row row{.operation = "memory_parked", .threads = threads};
  if (!session.wants(row)) {
    return;
  }
  std::vector<Task> crowd;
  crowd.reserve(threads);
  Queue queue(2);
  const std::uint64_t before = peers::resident_bytes();
  for (std::uint64_t i = 0; i < threads; ++i) {
    crowd.push_back(yield_for_ever(queue));
  }
  const std::uint64_t bytes = peers::resident_bytes() - before;
  session.report(row, "bytes", {static_cast<double>(bytes) / static_cast<double>(threads)});
}

// One after the other, where threads would run at the same time: the order is the compiler's.
Task skynet(std::uint64_t first, std::uint64_t leaves) {
  if (leaves == 1) {
    co_return first;
  }
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 10; ++i) {
    sum += co_await skynet(first + i * (leaves / 10), leaves / 10);
  }
  co_return sum;
}

Task fibonacci(std::uint64_t n) {
  if (n < 2) {
    co_return n;
  }
  const std::uint64_t left = co_await fibonacci(n - 1);
  co_return left + co_await fibonacci(n - 2);
}

void measure_trees(peers::Session& session) {
  const std::uint64_t leaves = session.sized(1'000'000, 1'000);
  session.measure({.operation = "skynet", .threads = leaves}, 1, [&] {
    const std::uint64_t begin = peers::ticks();
    const bool right = skynet(0, leaves).run() == leaves * (leaves - 1) / 2;
    return right ? peers::ticks() - begin : 0;
  });
  const std::uint64_t n = session.sized(27, 10);
  session.measure({.operation = "fibonacci", .threads = n}, 1, [&] {
    const std::uint64_t begin = peers::ticks();
    fibonacci(n).run();
    return peers::ticks() - begin;
  });
}

}  // namespace

int main(int argc, char** argv) {
  peers::Session session("C++ coroutines", peers::Stacks::kNone, argc, argv);
  peers::pin_to(0);
  // First, before the heap has kept the memory of others.
  measure_memory(session, session.sized(100'000, 100));
  measure_switch(session);
  for (const std::uint64_t threads : {2, 100, 1'000, 100'000}) {
    measure_yields(session, session.sized(threads, threads == 2 ? 2 : 10));
  }
  constexpr std::uint64_t kRounds = 100'000;
  session.measure({.operation = "spawn_join"}, kRounds,
                  [] { return spawn_and_join(kRounds).run(); });
  for (const std::uint64_t threads : {10'000, 100'000}) {
    const std::uint64_t crowd = session.sized(threads, 100);
    session.measure({.operation = "spawn_many", .threads = crowd}, crowd,
                    [&] { return spawn_many(crowd).run(); });
  }
  measure_trees(session);
  return 0;
}
