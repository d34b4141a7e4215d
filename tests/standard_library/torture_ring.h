// A ring of threads that pass a token on by condition variables.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "tests/standard_library/torture_kind.h"

namespace tb::test {

// A place in the ring; the token lies here until its thread takes it.
struct Place {
  std::mutex mutex;
  std::condition_variable arrived;
  bool filled = false;      // under the mutex
  std::uint64_t token = 0;  // likewise
};
inline constexpr std::uint64_t kLastToken = ~std::uint64_t{0};

inline void put(Place& place, std::uint64_t token, Kind& ring) {
  const std::lock_guard lock(place.mutex);
  ring.expect(!place.filled);
  place.filled = true;
  place.token = token;
  place.arrived.notify_one();
}

// Waits for each token and passes it on; the first thread sends the last one round. A wake that is
// lost shows as a program without an end.
template <std::size_t Size>
void run_ring(std::array<Place, Size>& places, std::uint32_t self, const std::atomic<bool>& stop,
              Kind& ring) {
  Place& here = places[self];
  for (std::uint64_t expected = self;; expected += Size) {
    std::unique_lock lock(here.mutex);
    here.arrived.wait(lock, [&here] { return here.filled; });
    here.filled = false;
    const std::uint64_t token = here.token;
    lock.unlock();
    if (token == kLastToken) {
      if (self + 1 < Size) {
        put(places[self + 1], kLastToken, ring);
      }
      return;
    }
    ring.expect(token == expected);
    ++ring.turns;
    if (self == 0 && stop) {
      put(places[1], kLastToken, ring);
      return;
    }
    put(places[(self + 1) % Size], token + 1, ring);
  }
}

}  // namespace tb::test
