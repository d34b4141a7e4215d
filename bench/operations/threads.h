// Threads as the operations want them: on one CPU, with a small stack.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "arch/context.h"
#include "base/assert.h"
#include "base/units.h"
#include "runtime/thread.h"

namespace bench {

// For a few calls, and for an interrupt on top of them. Where there is one CPU only, nobody has to
// name it, and a user would not.
inline tb::SpawnOptions small_thread(std::optional<std::uint32_t> cpu) {
  tb::SpawnOptions options{.stack_size = tb::arch::minimum_stack_size() + 2 * tb::kKiB};
  if (cpu && tb::cpu_count() > 1) {
    options.affinity = tb::CpuSet::only(tb::CpuId{*cpu});
  }
  return options;
}

template <class Function>
tb::Thread spawn_as(const tb::SpawnOptions& options, Function function) {
  auto thread = tb::spawn(std::move(function), options);
  tb::expects(thread.has_value(), "there is room for another thread");
  return std::move(*thread);
}

template <class Function>
tb::Thread spawn_anywhere(Function function) {
  return spawn_as(small_thread({}), std::move(function));
}

// A thread that runs on that CPU alone.
template <class Function>
tb::Thread spawn_on(std::uint32_t cpu, Function function,
                    const tb::SchedulingParameters& scheduling = {}) {
  tb::SpawnOptions options = small_thread(cpu);
  options.scheduling = scheduling;
  return spawn_as(options, std::move(function));
}

inline void join(tb::Thread& thread) {
  tb::expects(thread.join().has_value(), "a thread is joined once");
}

inline void join_all(std::span<tb::Thread> threads) {
  for (tb::Thread& thread : threads) {
    join(thread);
  }
}

inline void wake_up(tb::ThreadId id) { tb::expects(tb::wake(id).has_value(), "the thread exists"); }

// Computes on that CPU until it goes.
class Hog {
 public:
  explicit Hog(std::uint32_t cpu)
      : thread_(spawn_on(cpu, [this] {
          while (!over_) {
          }
        })) {}
  ~Hog() {
    over_ = true;
    join(thread_);
  }
  Hog(const Hog&) = delete;
  Hog& operator=(const Hog&) = delete;

 private:
  std::atomic<bool> over_ = false;
  tb::Thread thread_;
};

}  // namespace bench
