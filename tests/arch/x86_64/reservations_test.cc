// Reserved memory in page tables of the host: what may be done to a page, what is in it, and where
// every frame is, with several CPUs at once too.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "tests/arch/x86_64/reservations_fixture.h"

namespace tb::arch::x86 {
namespace {

TEST_F(ReservationsTest, TakeNoFrameForAPageUntilItIsTouched) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 16 * kPageSize, Access::kReadWrite, kStock));
  EXPECT_EQ(page_frames(), 0U);
  EXPECT_EQ(tables.entry_of(kPlace), 0U) << "nothing is present";
  EXPECT_EQ(touch(kPlace + 5 * kPageSize + 123), FillResult::kFilled);
  EXPECT_EQ(page_frames(), 1U);
  const Entry entry = tables.entry_of(kPlace + 5 * kPageSize);
  EXPECT_EQ(entry & ~kFrameMask, kReadWritePage | kReserved | kReadable);
  const std::vector<std::byte> zeros(kPageSize);
  EXPECT_EQ(std::memcmp(reinterpret_cast<void*>(entry & kFrameMask), zeros.data(), kPageSize), 0);
  EXPECT_EQ(touch(kPlace + 5 * kPageSize), FillResult::kAlreadyThere);
  EXPECT_EQ(page_frames(), 1U);
}

TEST_F(ReservationsTest, FillNothingOutside) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + kPageSize, Access::kReadWrite, kStock));
  EXPECT_EQ(touch(kPlace - 1), FillResult::kNotReserved);
  EXPECT_EQ(touch(kPlace + kPageSize), FillResult::kNotReserved);
  EXPECT_EQ(page_frames(), 0U);
}

TEST_F(ReservationsTest, AllowWhatTheirAccessSaysAndNothingWritableIsExecutable) {
  using enum FaultAccess;
  constexpr std::array kAccesses{Access::kRead, Access::kReadWrite, Access::kReadExecute,
                                 Access::kNone};
  std::uintptr_t page = kPlace;
  for (const Access access : kAccesses) {
    for (const FaultAccess use : {kRead, kWrite, kExecute}) {
      const bool allowed = (use == kRead && access != Access::kNone) ||
                           (use == kWrite && access == Access::kReadWrite) ||
                           (use == kExecute && access == Access::kReadExecute);
      ASSERT_TRUE(reservations.reserve(page, page + kPageSize, access, kStock));
      EXPECT_EQ(reservations.access_of(page), access);
      EXPECT_EQ(touch(page, use), allowed ? FillResult::kFilled : FillResult::kForbidden);
      EXPECT_EQ(touch(page, use), allowed ? FillResult::kAlreadyThere : FillResult::kForbidden);
      EXPECT_EQ(tables.entry_of(page) != 0, allowed);
      EXPECT_EQ(reservations.access_of(page), access);
      page += kPageSize;
    }
  }
  for_each_page(tables.root(), [](std::uintptr_t, std::size_t, Entry entry) {
    EXPECT_FALSE((entry & kWritable) != 0 && (entry & kNoExecute) == 0);
    EXPECT_EQ(entry & kUsed, kUsed) << "the processor never has to write to an entry";
  });
}

TEST_F(ReservationsTest, OfManyPagesAreFewEntries) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 64 * kGiB, Access::kReadWrite, kStock));
  EXPECT_EQ(table_count(), 2U) << "the root, and one for the whole of 64 GiB";
  EXPECT_EQ(touch(kPlace + 40 * kGiB), FillResult::kFilled);
  EXPECT_EQ(table_count(), 4U);
  EXPECT_TRUE(reservations.is_reserved(kPlace, kPlace + 64 * kGiB));
  const RangeChange gone = reservations.release(kPlace, kPlace + 64 * kGiB, kSink, kStock);
  EXPECT_EQ(gone.pages, 64 * kGiB / kPageSize);
  EXPECT_EQ(gone.frames, 1U);
  EXPECT_TRUE(gone.must_flush);
  EXPECT_EQ(page_frames(), 0U);
  EXPECT_EQ(touch(kPlace + 40 * kGiB), FillResult::kNotReserved);
}

TEST_F(ReservationsTest, RefuseWhatIsTakenAndUndoTheRest) {
  ASSERT_TRUE(reservations.reserve(kPlace + 3 * kGiB, kPlace + 3 * kGiB + kPageSize, Access::kNone,
                                   kStock));
  const auto refused = reservations.reserve(kPlace, kPlace + 4 * kGiB, Access::kReadWrite, kStock);
  EXPECT_EQ(refused.error(), MapError::kAlreadyMapped);
  EXPECT_EQ(touch(kPlace), FillResult::kNotReserved);
  EXPECT_EQ(touch(kPlace + 3 * kGiB - 1), FillResult::kNotReserved);
  EXPECT_EQ(reservations.access_of(kPlace + 3 * kGiB), Access::kNone) << "the other one stays";
}

TEST_F(ReservationsTest, KeepAwayFromPagesThatOthersHaveMapped) {
  const std::uintptr_t frame = take_frame();
  ASSERT_TRUE(tables.map(kPlace + kPageSize, frame, kReadWritePage, take_frame));
  const std::uintptr_t end = kPlace + 3 * kPageSize;
  EXPECT_EQ(reservations.reserve(kPlace, end, Access::kRead, kStock).error(),
            MapError::kAlreadyMapped);
  EXPECT_EQ(reservations.replace(kPlace, end, Access::kRead, kSink, kStock).error,
            MapError::kAlreadyMapped);
  EXPECT_EQ(reservations.protect(kPlace + kPageSize, end, Access::kRead, kStock).error,
            MapError::kNotReserved);
  EXPECT_EQ(reservations.discard(kPlace, end, kSink).frames, 0U);
  EXPECT_EQ(reservations.release(kPlace, end, kSink, kStock).frames, 0U);
  EXPECT_EQ(touch(kPlace + kPageSize), FillResult::kNotReserved);
  EXPECT_EQ(tables.entry_of(kPlace + kPageSize), frame | kReadWritePage);
}

TEST_F(ReservationsTest, AreNotMappedOver) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + kGiB, Access::kReadWrite, kStock));
  ASSERT_TRUE(
      reservations.reserve(kPlace + kGiB, kPlace + kGiB + kPageSize, Access::kNone, kStock));
  for (const std::uintptr_t page : {kPlace, kPlace + kGiB}) {
    EXPECT_EQ(tables.map(page, kPageSize, kReadWritePage, take_frame).error(),
              MapError::kAlreadyMapped);
  }
}

TEST_F(ReservationsTest, KeepTheirContentsWhileNothingIsAllowed) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 4 * kPageSize, Access::kReadWrite, kStock));
  write(kPlace + kPageSize, 77);
  const RangeChange closed =
      reservations.protect(kPlace, kPlace + 4 * kPageSize, Access::kNone, kStock);
  EXPECT_TRUE(closed.must_flush);
  EXPECT_EQ(closed.frames, 0U);
  EXPECT_EQ(tables.entry_of(kPlace + kPageSize), 0U) << "not present";
  EXPECT_EQ(touch(kPlace + kPageSize, FaultAccess::kRead), FillResult::kForbidden);
  const RangeChange opened =
      reservations.protect(kPlace, kPlace + 4 * kPageSize, Access::kRead, kStock);
  EXPECT_FALSE(opened.must_flush) << "nobody can remember what was not present";
  EXPECT_EQ(touch(kPlace + kPageSize, FaultAccess::kRead), FillResult::kAlreadyThere);
  EXPECT_EQ(word_at(kPlace + kPageSize), 77U);
}

TEST_F(ReservationsTest, WantAFlushOnlyWhenRightsOfPresentPagesShrink) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 4 * kMiB, Access::kReadWrite, kStock));
  const auto flushes = [&](Access access) {
    return reservations.protect(kPlace, kPlace + kMiB, access, kStock).must_flush;
  };
  EXPECT_FALSE(flushes(Access::kRead)) << "nothing is present";
  EXPECT_FALSE(flushes(Access::kReadWrite));
  EXPECT_EQ(touch(kPlace + 8 * kPageSize), FillResult::kFilled);
  EXPECT_TRUE(flushes(Access::kRead));
  EXPECT_FALSE(flushes(Access::kReadWrite)) << "a fault without need is served";
  EXPECT_TRUE(flushes(Access::kReadExecute));
  EXPECT_TRUE(flushes(Access::kRead));
  EXPECT_FALSE(flushes(Access::kRead));
  EXPECT_FALSE(reservations.discard(kPlace + kMiB, kPlace + 4 * kMiB, kSink).must_flush);
}

TEST_F(ReservationsTest, GiveZerosAfterADiscardAndStayReserved) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 8 * kMiB, Access::kReadWrite, kStock));
  write(kPlace + 3 * kMiB, 5);
  write(kPlace + 7 * kMiB, 6);
  ASSERT_FALSE(reservations.protect(kPlace + 7 * kMiB, kPlace + 8 * kMiB, Access::kNone, kStock)
                   .error.has_value());
  const RangeChange change = reservations.discard(kPlace, kPlace + 8 * kMiB, kSink);
  EXPECT_EQ(change.frames, 2U) << "also of a page that nobody may touch";
  EXPECT_TRUE(change.must_flush);
  EXPECT_EQ(page_frames(), 0U);
  EXPECT_EQ(reservations.access_of(kPlace + 7 * kMiB), Access::kNone);
  EXPECT_EQ(touch(kPlace + 3 * kMiB), FillResult::kFilled);
  EXPECT_EQ(word_at(kPlace + 3 * kMiB), 0U);
}

TEST_F(ReservationsTest, SplitLargeEntriesOnlyWhereSomethingChanges) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 2 * kGiB, Access::kReadWrite, kStock));
  const std::uintptr_t middle = kPlace + kGiB + 6 * kMiB + 3 * kPageSize;
  ASSERT_FALSE(reservations.protect(kPlace, kPlace + kGiB, Access::kRead, kStock).error);
  ASSERT_FALSE(reservations.protect(middle, kPlace + 2 * kGiB, Access::kReadWrite, kStock).error);
  EXPECT_EQ(table_count(), 2U);
  EXPECT_EQ(reservations.release(middle, middle + kPageSize, kSink, kStock).pages, 1U);
  EXPECT_EQ(table_count(), 4U) << "one of 1 GiB, one of 2 MiB";
  EXPECT_EQ(reservations.access_of(kPlace + kGiB - 1), Access::kRead);
  EXPECT_EQ(reservations.access_of(middle - 1), Access::kReadWrite);
  EXPECT_EQ(reservations.access_of(middle), std::nullopt);
  EXPECT_EQ(reservations.access_of(middle + kPageSize), Access::kReadWrite);
  EXPECT_FALSE(reservations.is_reserved(kPlace, kPlace + 2 * kGiB));
  EXPECT_TRUE(reservations.is_reserved(middle + kPageSize, kPlace + 2 * kGiB));
  EXPECT_EQ(reservations.release(kPlace, kPlace + 2 * kGiB, kSink, kStock).pages,
            2 * kGiB / kPageSize - 1);
}

TEST_F(ReservationsTest, SayWhereProtectionFoundAHole) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 4 * kMiB, Access::kReadWrite, kStock));
  ASSERT_EQ(reservations.release(kPlace + kMiB, kPlace + 2 * kMiB, kSink, kStock).pages, 256U);
  EXPECT_EQ(reservations.protect(kPlace, kPlace + 4 * kMiB, Access::kRead, kStock).error,
            MapError::kNotReserved);
}

TEST_F(ReservationsTest, ReplaceWhatIsReservedAndWhatIsNot) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 8 * kPageSize, Access::kReadWrite, kStock));
  write(kPlace + 6 * kPageSize, 9);
  const RangeChange change = reservations.replace(kPlace + 4 * kPageSize, kPlace + 16 * kPageSize,
                                                  Access::kRead, kSink, kStock);
  EXPECT_FALSE(change.error);
  EXPECT_EQ(change.pages, 8U);
  EXPECT_EQ(change.frames, 1U);
  EXPECT_TRUE(change.must_flush);
  EXPECT_EQ(reservations.access_of(kPlace + 6 * kPageSize), Access::kRead);
  EXPECT_EQ(touch(kPlace + 6 * kPageSize, FaultAccess::kRead), FillResult::kFilled);
  EXPECT_EQ(word_at(kPlace + 6 * kPageSize), 0U);
}

TEST_F(ReservationsTest, MoveWithTheirContents) {
  const std::uintptr_t to = kPlace + 512 * kGiB + 4 * kMiB;
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 3 * kGiB, Access::kReadWrite, kStock));
  write(kPlace + kGiB, 11);
  write(kPlace + kGiB + 64 * kMiB, 12);
  const std::uintptr_t closed = kPlace + kGiB + 64 * kMiB;
  ASSERT_FALSE(reservations.protect(closed, closed + kPageSize, Access::kNone, kStock).error);
  // The range begins and ends within large entries.
  const std::uintptr_t begin = kPlace + kGiB - 4 * kPageSize;
  const std::size_t bytes = kGiB + 7 * kPageSize;
  const RangeChange moved = reservations.move(begin, to, bytes, kStock);
  EXPECT_FALSE(moved.error);
  EXPECT_EQ(moved.pages, bytes / kPageSize);
  EXPECT_TRUE(moved.must_flush);
  EXPECT_EQ(word_at(to + 4 * kPageSize), 11U);
  EXPECT_EQ(word_at(to + 4 * kPageSize + 64 * kMiB), 12U);
  EXPECT_EQ(reservations.access_of(to + 4 * kPageSize + 64 * kMiB), Access::kNone);
  EXPECT_TRUE(reservations.is_reserved(to, to + bytes));
  EXPECT_FALSE(reservations.access_of(to + bytes));
  EXPECT_FALSE(reservations.access_of(begin));
  EXPECT_FALSE(reservations.access_of(begin + bytes - 1));
  EXPECT_TRUE(reservations.is_reserved(kPlace, begin));
  EXPECT_TRUE(reservations.is_reserved(begin + bytes, kPlace + 3 * kGiB));
  EXPECT_EQ(page_frames(), 2U);
}

TEST_F(ReservationsTest, DoAllOrNothingWithoutFrames) {
  const std::uintptr_t to = kPlace + 600 * kGiB;
  const std::uintptr_t end = kPlace + 2 * kGiB;
  ASSERT_TRUE(reservations.reserve(kPlace, end, Access::kReadWrite, kStock));
  write(kPlace + kGiB, 3);
  for (std::size_t left = 0;; ++left) {
    frames_left = left;
    const std::size_t before = page_frames();
    const RangeChange moved =
        reservations.move(kPlace + kPageSize, to, end - kPlace - kPageSize, kStock);
    EXPECT_EQ(page_frames(), before);
    if (!moved.error) {
      EXPECT_GT(left, 3U);
      EXPECT_EQ(word_at(to + kGiB - kPageSize), 3U);
      break;
    }
    EXPECT_EQ(moved.error, MapError::kNoFrame);
    EXPECT_TRUE(reservations.is_reserved(kPlace, end));
    EXPECT_EQ(word_at(kPlace + kGiB), 3U);
    for (const std::size_t offset : {0 * kGiB, kGiB - kPageSize, kGiB}) {
      EXPECT_FALSE(reservations.access_of(to + offset)) << "nothing is left at the new place";
    }
    ASSERT_LT(left, 100U);
  }
}

TEST_F(ReservationsTest, SayWhenThereIsNoFrame) {
  frames_left = 0;
  EXPECT_EQ(reservations.reserve(kPlace, kPlace + kPageSize, Access::kRead, kStock).error(),
            MapError::kNoFrame);
  frames_left = 1;
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + kGiB, Access::kReadWrite, kStock));
  for (const std::size_t left : {0, 1}) {
    frames_left = left;
    EXPECT_EQ(touch(kPlace), FillResult::kNoFrame);
    EXPECT_EQ(reservations.protect(kPlace, kPlace + kPageSize, Access::kRead, kStock).error,
              MapError::kNoFrame);
    EXPECT_EQ(reservations.release(kPlace, kPlace + kPageSize, kSink, kStock).error,
              MapError::kNoFrame);
    EXPECT_TRUE(reservations.is_reserved(kPlace, kPlace + kGiB));
  }
  frames_left = 2;
  EXPECT_EQ(touch(kPlace), FillResult::kFilled) << "the upper table is there by now";
}

TEST_F(ReservationsTest, AreFilledOnceByTwoCpus) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + kPageSize, Access::kReadWrite, kStock));
  while_fetching = [this] { write(kPlace, 21); };
  EXPECT_EQ(touch(kPlace), FillResult::kAlreadyThere);
  EXPECT_EQ(word_at(kPlace), 21U);
  EXPECT_EQ(page_frames(), 1U) << "the frame that came too late went back";
}

TEST_F(ReservationsTest, AreNotFilledWhenTheyWereReleasedMeanwhile) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + kPageSize, Access::kReadWrite, kStock));
  while_fetching = [this] {
    EXPECT_EQ(reservations.release(kPlace, kPlace + kPageSize, kSink, kStock).pages, 1U);
  };
  EXPECT_EQ(touch(kPlace), FillResult::kNotReserved);
  EXPECT_EQ(page_frames(), 0U);
}

TEST_F(ReservationsTest, AreSplitOnceByTwoCpus) {
  ASSERT_TRUE(reservations.reserve(kPlace, kPlace + 2 * kMiB, Access::kReadWrite, kStock));
  while_fetching = [this] { write(kPlace + kPageSize, 22); };
  EXPECT_EQ(touch(kPlace), FillResult::kFilled);
  EXPECT_EQ(word_at(kPlace + kPageSize), 22U);
  EXPECT_EQ(page_frames(), 2U);
}

TEST_F(ReservationsTest, StayWholeUnderSeveralCpusAtOnce) {
  constexpr std::size_t kPages = 1500;  // in three tables
  constexpr std::uintptr_t kEnd = kPlace + 3 * 512 * kPageSize;
  ASSERT_TRUE(reservations.reserve(kPlace, kEnd, Access::kReadWrite, kStock));
  std::atomic<std::size_t> filled = 0;
  std::atomic<std::size_t> left = 0;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> cpus;
    for (unsigned cpu = 0; cpu < 3; ++cpu) {
      cpus.emplace_back([&, cpu] {
        std::mt19937 random(cpu);
        for (int i = 0; i < 6000; ++i) {
          switch (touch(kPlace + random() % kPages * kPageSize, FaultAccess::kRead)) {
            case FillResult::kFilled:
              ++filled;
              break;
            case FillResult::kNotReserved:
            case FillResult::kNoFrame:
              ++wrong;
              break;
            case FillResult::kAlreadyThere:
            case FillResult::kForbidden:
              break;
          }
        }
      });
    }
    for (unsigned cpu = 0; cpu < 2; ++cpu) {
      cpus.emplace_back([&, cpu] {
        std::mt19937 random(100 + cpu);
        for (int i = 0; i < 500; ++i) {
          const std::uintptr_t begin = kPlace + random() % kPages * kPageSize;
          const std::uintptr_t end = std::min(begin + random() % 40 * kPageSize, kEnd);
          left += reservations.discard(begin, end, kSink).frames;
          wrong +=
              reservations.protect(begin, end, static_cast<Access>(i % 4), kStock).error ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(reservations.is_reserved(kPlace, kEnd));
  EXPECT_EQ(page_frames(), filled - left);
  const RangeChange gone = reservations.release(kPlace, kEnd, kSink, kStock);
  EXPECT_EQ(gone.pages, 3 * 512U);
  EXPECT_EQ(gone.frames, filled - left);
  EXPECT_EQ(page_frames(), 0U);
}

TEST_F(ReservationsTest, OfTheSamePagesGoToOneCpu) {
  std::atomic<int> won = 0;
  std::vector<std::jthread> cpus;
  for (unsigned cpu = 0; cpu < 4; ++cpu) {
    cpus.emplace_back([&] {
      for (std::uintptr_t i = 0; i < 500; ++i) {
        const std::uintptr_t begin = kPlace + i * 2 * kMiB;
        won += reservations.reserve(begin, begin + kPageSize, Access::kRead, kStock) ? 1 : 0;
      }
    });
  }
  cpus.clear();
  EXPECT_EQ(won, 500);
  EXPECT_EQ(page_frames(), 0U) << "tables that came too late went back";
}

}  // namespace
}  // namespace tb::arch::x86
