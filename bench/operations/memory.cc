// What a parked thread costs in memory. Its stack stays with the runtime afterwards, so this comes
// before everything else that spawns.
#include <atomic>

#include "bench/operations/operations.h"
#include "bench/operations/threads.h"
#include "runtime/memory/frame_allocator.h"

namespace bench {

void measure_memory(Session& session) {
  const std::uint64_t threads = session.sized(100'000, 10'000, 100);
  std::atomic<bool> over = false;
  std::vector<tb::Thread> crowd;
  crowd.reserve(threads);
  const std::size_t before = tb::frames().free_frames();
  for (std::uint64_t i = 0; i < threads; ++i) {
    crowd.push_back(spawn_on(0, [&over] {
      while (!over) {
        tb::this_thread::park();
      }
    }));
  }
  // All of them run before this one does again, and park.
  tb::this_thread::yield();
  const std::uint64_t bytes = (before - tb::frames().free_frames()) * tb::kPageSize;
  over = true;
  for (const tb::Thread& thread : crowd) {
    wake_up(thread.id());
  }
  join_all(crowd);
  session.report({.operation = "memory_parked", .threads = threads}, "bytes",
                 {Session::hundredths(bytes, threads)});
}

}  // namespace bench
