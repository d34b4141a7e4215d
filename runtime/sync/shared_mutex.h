// One writer or many readers, as std::shared_mutex: for std::unique_lock and std::shared_lock.
//
// Who has to wait is served in turn, the most urgent first, and a reader that comes after a waiting
// writer waits behind it: neither readers nor writers starve.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "runtime/no_termination.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

class SharedMutex {
 public:
  constexpr SharedMutex() : word_(kFree) {}

  // For a writer. Blocks; from threads only, as all that waits.
  [[gnu::always_inline]] void lock() {
    detail::begin_to_stay();  // first, so that it never has the mutex without that
    if (!word_.try_replace(kFree, kWriter)) {
      lock_contended(kWrites);
    }
  }
  // Does not block.
  bool try_lock();
  // False if it was not to be had for so long, or until then.
  bool try_lock_for(Duration duration) { return try_lock_until(detail::deadline_after(duration)); }
  bool try_lock_until(Time deadline) { return lock_patiently(kWrites, {.deadline = deadline}); }
  // False, and not locked, if a stop is requested before.
  template <StoppableToken Token>
  bool lock(const Token& token) {
    return detail::wait_with(token, [this](const detail::Patience& patience) {
      return lock_patiently(kWrites, patience);
    });
  }
  void unlock();

  // The same for a reader.
  [[gnu::always_inline]] void lock_shared() {
    detail::begin_to_stay();
    if (!try_read()) {
      lock_contended(kReads);
    }
  }
  bool try_lock_shared();
  bool try_lock_shared_for(Duration duration) {
    return try_lock_shared_until(detail::deadline_after(duration));
  }
  bool try_lock_shared_until(Time deadline) {
    return lock_patiently(kReads, {.deadline = deadline});
  }
  template <StoppableToken Token>
  bool lock_shared(const Token& token) {
    return detail::wait_with(token, [this](const detail::Patience& patience) {
      return lock_patiently(kReads, patience);
    });
  }
  void unlock_shared();

 private:
  using Word = detail::WaitWord;

  enum Wish : std::uint32_t { kReads, kWrites };

  // Else so many readers.
  static constexpr std::uintptr_t kFree = 0;
  static constexpr std::uintptr_t kReader = Word::kUnit;
  static constexpr std::uintptr_t kWriter = ~(Word::kUnit - 1);

  [[gnu::always_inline]] bool try_read() {
    const std::uintptr_t before = word_.load();
    return before % Word::kUnit == 0 && before != kWriter &&
           word_.try_replace(before, before + kReader);
  }
  [[gnu::noinline]] void lock_contended(Wish wish);
  bool lock_patiently(Wish wish, const detail::Patience& patience);
  void let_readers_go();
  template <class Change>
  void change_and_grant(Change change);
  static bool take(Word::Locked& word, Wish wish);

  Word word_;  // shared
};

}  // namespace tb
