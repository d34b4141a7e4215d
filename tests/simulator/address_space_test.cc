// The simulator's books of pages, held against what the contract says of them.
#include "arch/sim/address_space.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/units.h"

namespace tb::arch::sim {
namespace {

constexpr std::uintptr_t kBegin = 0x4100'0000'0000;
constexpr std::uintptr_t kFrame = 0x10'0000'0000;

constexpr std::uintptr_t page(std::size_t number) { return kBegin + number * kPageSize; }

class Books : public testing::Test {
 protected:
  static std::uintptr_t take_frame() {
    return frames_left-- > 0 ? kFrame + frames_left * kPageSize : 0;
  }
  static inline std::intptr_t frames_left = 0;
  static inline std::vector<std::uintptr_t> returned;

  void SetUp() override {
    frames_left = 10;
    returned.clear();
  }

  FrameStock stock{take_frame, [](std::uintptr_t frame) { returned.push_back(frame); }};
  FrameSink sink{[](void*, std::uintptr_t frame) { returned.push_back(frame); }, nullptr};
  AddressSpace space;
};

// The host's pages stay where they are, so each test begins with a range of its own.
TEST_F(Books, KeepAFrameForEachMappedPage) {
  EXPECT_TRUE(space.map(page(0), kFrame));
  EXPECT_EQ(space.map(page(0), kFrame + kPageSize).error(), MapError::kAlreadyMapped);
  *reinterpret_cast<int*>(page(0)) = 5;
  EXPECT_EQ(space.unmap(page(0)), kFrame);
  EXPECT_EQ(space.unmap(page(0)), 0);
}

TEST_F(Books, FillReservedPagesWithZeros) {
  const std::uintptr_t begin = kBegin + kGiB;
  ASSERT_TRUE(space.reserve(begin, begin + 4 * kPageSize, Access::kReadWrite));
  EXPECT_EQ(space.reserve(begin + 3 * kPageSize, begin + 5 * kPageSize, Access::kRead).error(),
            MapError::kAlreadyMapped);
  EXPECT_EQ(space.fill(begin, FaultAccess::kWrite, stock), FillResult::kFilled);
  EXPECT_EQ(space.fill(begin + 8, FaultAccess::kRead, stock), FillResult::kAlreadyThere);
  EXPECT_EQ(space.fill(begin, FaultAccess::kExecute, stock), FillResult::kForbidden);
  EXPECT_EQ(space.fill(begin + 4 * kPageSize, FaultAccess::kRead, stock), FillResult::kNotReserved);
  auto* const word = reinterpret_cast<int*>(begin);
  EXPECT_EQ(*word, 0);
  *word = 7;
  EXPECT_EQ(space.discard(begin, begin + 4 * kPageSize, sink).frames, 1);
  EXPECT_EQ(returned.size(), 1);
  EXPECT_EQ(*word, 0);
  frames_left = 0;
  EXPECT_EQ(space.fill(begin, FaultAccess::kWrite, stock), FillResult::kNoFrame);
}

TEST_F(Books, ProtectPartsOfReservations) {
  const std::uintptr_t begin = kBegin + 2 * kGiB;
  ASSERT_TRUE(space.reserve(begin, begin + 4 * kPageSize, Access::kReadWrite));
  EXPECT_FALSE(space.protect(begin + kPageSize, begin + 2 * kPageSize, Access::kNone).error);
  EXPECT_EQ(space.reserved_access(begin), Access::kReadWrite);
  EXPECT_EQ(space.reserved_access(begin + kPageSize), Access::kNone);
  EXPECT_EQ(space.reserved_access(begin + 2 * kPageSize), Access::kReadWrite);
  EXPECT_EQ(space.protect(begin, begin + 5 * kPageSize, Access::kRead).error,
            MapError::kNotReserved);
  EXPECT_EQ(space.reserved_access(begin + 3 * kPageSize), Access::kRead);
}

TEST_F(Books, ReleaseCountsWhatWasReserved) {
  const std::uintptr_t begin = kBegin + 3 * kGiB;
  ASSERT_TRUE(space.reserve(begin, begin + 4 * kPageSize, Access::kReadWrite));
  EXPECT_EQ(space.fill(begin + kPageSize, FaultAccess::kWrite, stock), FillResult::kFilled);
  const RangeChange change = space.release(begin + kPageSize, begin + 9 * kPageSize, sink);
  EXPECT_EQ(change.pages, 3);
  EXPECT_EQ(change.frames, 1);
  EXPECT_TRUE(change.must_flush);
  EXPECT_TRUE(space.is_reserved(begin, begin + kPageSize));
  EXPECT_FALSE(space.is_reserved(begin, begin + 2 * kPageSize));
}

TEST_F(Books, MoveTakesContentsAlong) {
  const std::uintptr_t from = kBegin + 4 * kGiB;
  const std::uintptr_t to = kBegin + 5 * kGiB;
  ASSERT_TRUE(space.reserve(from, from + 2 * kPageSize, Access::kReadWrite));
  EXPECT_EQ(space.fill(from + kPageSize, FaultAccess::kWrite, stock), FillResult::kFilled);
  *reinterpret_cast<int*>(from + kPageSize) = 9;
  EXPECT_EQ(space.move(from, to, 2 * kPageSize).pages, 2);
  EXPECT_EQ(*reinterpret_cast<int*>(to + kPageSize), 9);
  EXPECT_FALSE(space.is_reserved(from, from + kPageSize));
  EXPECT_EQ(space.release(to, to + 2 * kPageSize, sink).frames, 1);
}

TEST_F(Books, ReplaceStopsAtAMappedPage) {
  const std::uintptr_t begin = kBegin + 6 * kGiB;
  ASSERT_TRUE(space.reserve(begin, begin + kPageSize, Access::kRead));
  ASSERT_TRUE(space.map(begin + 2 * kPageSize, kFrame));
  const RangeChange change = space.replace(begin, begin + 3 * kPageSize, Access::kReadWrite, sink);
  EXPECT_EQ(change.error, MapError::kAlreadyMapped);
  EXPECT_EQ(change.pages, 1);
  EXPECT_EQ(space.reserved_access(begin + kPageSize), Access::kReadWrite);
}

}  // namespace
}  // namespace tb::arch::sim
