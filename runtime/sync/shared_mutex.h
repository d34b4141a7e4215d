// One writer or many readers, as std::shared_mutex: for std::unique_lock and std::shared_lock.
//
// Who has to wait is served in turn, the most urgent first, and a reader that comes after a waiting
// writer waits behind it: neither readers nor writers starve.
#pragma once

#include <cstdint>

#include "arch/cpu.h"
#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/no_termination.h"
#include "runtime/sync/stop_token.h"
#include "runtime/sync/wait.h"

namespace tb {

class SharedMutex {
 public:
  constexpr SharedMutex() : word_(kFree) {}

  // For a writer. To lock what one writes already is a mistake, for reading as well. Blocks; from
  // threads only, as all that waits.
  [[gnu::always_inline]] void lock() {
    detail::begin_to_stay();  // first, so that it never has the mutex without that
    if (!word_.try_replace(kFree, self())) [[unlikely]] {
      lock_contended(kWrites);
    }
  }
  // Does not block.
  bool try_lock();
  // False if it was not to be had for so long, or until then.
  bool try_lock_for(Duration duration) { return try_lock_until(detail::deadline_after(duration)); }
  bool try_lock_until(Deadline deadline) { return lock_patiently(kWrites, {.deadline = deadline}); }
  // False, and not locked, if a stop is requested before.
  template <StoppableToken Token>
  bool lock(const Token& token) {
    return detail::wait_with(token, [this](const detail::Patience& patience) {
      return lock_patiently(kWrites, patience);
    });
  }
  // Gives it back; by the thread that has it. Does not block.
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
  bool try_lock_shared_until(Deadline deadline) {
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

  // So many readers; or the writer, marked.
  static constexpr std::uintptr_t kFree = 0;
  static constexpr std::uintptr_t kReader = Word::kUnit;
  static constexpr std::uintptr_t kWritten = std::uintptr_t{1} << 63;

  static std::uintptr_t writer(const void* thread) {
    return kWritten | reinterpret_cast<std::uintptr_t>(thread);
  }
  static std::uintptr_t self() { return writer(arch::current()); }
  static bool is_written(std::uintptr_t value) { return value >= kWritten; }

  [[gnu::always_inline]] bool try_read() {
    const std::uintptr_t before = word_.load();
    return before % Word::kUnit == 0 && !is_written(before) &&
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
