// Waiting on a word of memory: what every lock and condition of the C library blocks with.
//
// Who waits stands in a bucket, found by the word's address, from before the word is compared until
// a waker, a time-out or a signal takes it out, all under the bucket's lock. So a waker that has
// changed the word finds everybody who saw the old value.
#pragma once

#include <cstdint>
#include <expected>

#include "base/time.h"
#include "runtime/files/errno.h"

namespace tb::linux_abi {

inline constexpr std::uint32_t kAnyBit = 0xffffffff;

// Blocks while the word holds `expected`, until a wake whose bits meet `bits`, or until the time
// has come. Errors: kAgain if the word holds something else, kTimedOut, kInterrupted by a signal.
// From threads, preemption on.
std::expected<void, Errno> futex_wait(std::uint32_t* word, std::uint32_t expected,
                                      std::uint32_t bits, Time deadline);

// Wakes up to `count` of those who wait on the word and whose bits meet; the most urgent first, of
// those that are alike the longest waiting.
// Returns how many. Does not block; not from interrupts.
std::uint32_t futex_wake(std::uint32_t* word, std::uint32_t count, std::uint32_t bits = kAnyBit);

// Wakes `wake` of those who wait on `from`, and has up to `move` others wait on `to` instead, if
// the word at `from` still holds `expected` (which is not looked at if null). Returns how many were
// woken or moved. Errors: kAgain. Does not block.
std::expected<std::uint32_t, Errno> futex_requeue(std::uint32_t* from, std::uint32_t wake,
                                                  std::uint32_t* to, std::uint32_t move,
                                                  const std::uint32_t* expected);

}  // namespace tb::linux_abi
