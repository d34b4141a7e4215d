// Page tables in the host's own memory, with every frame counted, for the tests of reservations.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <ostream>
#include <set>
#include <utility>

#include "arch/x86_64/reservations.h"
#include "base/units.h"

namespace tb::arch {

inline void PrintTo(FillResult result, std::ostream* out) { *out << static_cast<int>(result); }

namespace x86 {

// Frames of the host. Everything is checked: none comes back twice, and none that was not given.
inline std::mutex frames_lock;
inline std::set<std::uintptr_t> frames_out;   // under the lock
inline std::size_t frames_left = 0;           // under the lock: how many may still be taken
inline std::function<void()> while_fetching;  // what another CPU does meanwhile; runs once

inline std::uintptr_t take_frame() {
  if (const auto act = std::exchange(while_fetching, nullptr)) {
    act();
  }
  const std::lock_guard guard(frames_lock);
  if (frames_left == 0) {
    return 0;
  }
  --frames_left;
  void* const frame = std::aligned_alloc(kPageSize, kPageSize);
  std::memset(frame, 0xff, kPageSize);  // what was there before must not matter
  frames_out.insert(reinterpret_cast<std::uintptr_t>(frame));
  return reinterpret_cast<std::uintptr_t>(frame);
}

inline void give_frame_back(std::uintptr_t frame) {
  const std::lock_guard guard(frames_lock);
  EXPECT_EQ(frames_out.erase(frame), 1U) << "a frame comes back once";
  ++frames_left;
  std::free(reinterpret_cast<void*>(frame));
}

inline constexpr FrameStock kStock{take_frame, give_frame_back};
inline constexpr FrameSink kSink{[](void*, std::uintptr_t frame) { give_frame_back(frame); },
                                 nullptr};

inline std::size_t count_tables(std::uintptr_t table, unsigned level) {
  std::size_t tables = 1;
  for (unsigned i = 0; i < detail::kEntries; ++i) {
    const Entry entry = reinterpret_cast<const Entry*>(table)[i];
    if (detail::is_table(entry, level)) {
      tables += count_tables(entry & kFrameMask, level - 1);
    }
  }
  return tables;
}

struct ReservationsTest : testing::Test {
  ReservationsTest() : tables(make_root()), reservations(tables) {}
  ~ReservationsTest() override {
    for (const std::uintptr_t frame : frames_out) {
      std::free(reinterpret_cast<void*>(frame));
    }
    frames_out.clear();
    while_fetching = nullptr;
  }

  static std::uintptr_t make_root() {
    frames_left = 1'000'000;
    const std::uintptr_t root = take_frame();
    std::memset(reinterpret_cast<void*>(root), 0, kPageSize);
    return root;
  }

  std::size_t table_count() const { return count_tables(tables.root(), detail::kLevels); }
  // Frames that are no tables.
  std::size_t page_frames() const { return frames_out.size() - table_count(); }

  FillResult touch(std::uintptr_t address, FaultAccess access = FaultAccess::kWrite) {
    return reservations.fill(address, access, kStock);
  }

  // The first word of a page that has a frame, accessible or not.
  std::uint64_t& word_at(std::uintptr_t page) const {
    const Entry entry = tables.place_of(page).seen;
    EXPECT_NE(entry & kFrameMask, 0U);
    return *reinterpret_cast<std::uint64_t*>(entry & kFrameMask);
  }

  void write(std::uintptr_t page, std::uint64_t value) {
    ASSERT_EQ(touch(page), FillResult::kFilled);
    word_at(page) = value;
  }

  PageTables tables;
  Reservations reservations;
};

inline constexpr std::uintptr_t kPlace = 0x5000'0000'0000;

}  // namespace x86
}  // namespace tb::arch
