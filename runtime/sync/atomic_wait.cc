// Buckets of those who wait for changes.
#include "runtime/sync/atomic_wait.h"

#include <array>
#include <cstddef>

#include "base/address_hash.h"
#include "base/cache_line.h"
#include "runtime/sync/taking.h"

namespace tb::detail {
namespace {

struct ChangeWaiter : Waiter {
  const void* address = nullptr;
};

// The value counts how often all at some address were notified.
struct alignas(kCacheLineSize) Bucket {
  WaitWord word{0};  // shared
};

constexpr unsigned kIndexBits = 8;
constinit std::array<Bucket, 1U << kIndexBits> buckets{};

WaitWord& bucket_of(const void* address) { return buckets[address_hash<kIndexBits>(address)].word; }

Generation generation_of(const WaitWord::Locked& word) {
  return static_cast<Generation>(word.value() / WaitWord::kUnit);
}

// Takes those out who wait for that address since that generation or before, up to `most`; true if
// there are no more.
bool take_at(WaitWord::Locked& word, const void* address, Generation generation, std::size_t most,
             Leaving& leaving) {
  Waiter* each = word.first();
  for (Waiter* const last = word.last(); each != nullptr;) {
    Waiter& waiter = *each;
    each = each != last ? waiter.hook.next : nullptr;
    if (static_cast<ChangeWaiter&>(waiter).address != address || !is_of(waiter, generation)) {
      continue;
    }
    if (most == 0 || leaving.is_full()) {
      return false;
    }
    word.remove(waiter);
    leaving.add(waiter);
    --most;
  }
  return true;
}

// False if it gives up.
bool wait_once(const Change& change, const Patience& patience) {
  WaitWord& word = bucket_of(change.address);
  ChangeWaiter waiter;
  waiter.address = change.address;
  return take_patiently(word, waiter, Order::kByGeneration, patience,
                        [&](WaitWord::Locked& locked) {
                          waiter.wish = generation_of(locked);
                          return change.has_come(change);
                        }) == WaitEnd::kOver;
}

}  // namespace

bool wait_for_change(const Change& change, const Patience& patience) {
  while (!change.has_come(change)) {
    if (!wait_once(change, patience)) {
      return change.has_come(change);
    }
  }
  return true;
}

void notify_one_at(const void* address) {
  const PreemptionGuard guard;
  Leaving leaving;
  {
    WaitWord::Locked word(bucket_of(address));
    static_cast<void>(take_at(word, address, generation_of(word), 1, leaving));
  }
  leaving.finish_all();
}

// Those who come meanwhile have seen the change, or wait for a next one.
void notify_all_at(const void* address) {
  WaitWord& bucket = bucket_of(address);
  Generation going = 0;
  bool is_done = false;
  for (bool is_first = true; !is_done; is_first = false) {
    const PreemptionGuard guard;
    Leaving leaving;
    {
      WaitWord::Locked word(bucket);
      if (is_first) {
        going = generation_of(word);
        if (word.first() != nullptr) {
          word.set_value((std::uintptr_t{going} + 1) * WaitWord::kUnit);
        }
      }
      is_done = take_at(word, address, going, Leaving::kMost, leaving);
    }
    leaving.finish_all();
  }
}

}  // namespace tb::detail
