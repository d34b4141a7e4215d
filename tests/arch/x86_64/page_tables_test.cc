// Page tables in the host's own memory: what was mapped is found again, with the right bits and
// sizes, and nothing else is.
#include "arch/x86_64/page_tables.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "base/units.h"

namespace tb::arch::x86 {
namespace {

// Frames from the host; `frames_left` lets them run out.
std::vector<void*> given_frames;
int frames_left = 0;
std::atomic_flag frames_lock;

std::uintptr_t host_frame() {
  while (frames_lock.test_and_set()) {
    std::this_thread::yield();
  }
  void* frame = nullptr;
  if (frames_left > 0) {
    --frames_left;
    frame = std::aligned_alloc(kPageSize, kPageSize);
    // What was there before must not matter.
    std::memset(frame, 0xff, kPageSize);
    given_frames.push_back(frame);
  }
  frames_lock.clear();
  return reinterpret_cast<std::uintptr_t>(frame);
}

struct Page {
  std::size_t size;
  Entry entry;
  bool operator==(const Page&) const = default;
};
using Pages = std::map<std::uintptr_t, Page>;

struct PageTablesTest : testing::Test {
  PageTablesTest() : tables(make_root()) {}
  ~PageTablesTest() override {
    for (void* frame : given_frames) {
      std::free(frame);
    }
    given_frames.clear();
  }

  static std::uintptr_t make_root() {
    frames_left = 1000;
    const std::uintptr_t root = host_frame();
    std::memset(reinterpret_cast<void*>(root), 0, kPageSize);
    return root;
  }

  Pages all_pages() const {
    Pages pages;
    for_each_page(tables.root(), [&](std::uintptr_t address, std::size_t size, Entry entry) {
      EXPECT_TRUE(pages.emplace(address, Page{size, entry}).second) << "visited twice";
    });
    return pages;
  }

  PageTables tables;
};

constexpr std::uintptr_t kPlace = 0x123'4567'8000;
constexpr std::uint64_t kFrame = 0xabc'd000;

TEST_F(PageTablesTest, MapNothingAtFirst) {
  EXPECT_EQ(tables.entry_of(kPlace), 0U);
  EXPECT_EQ(tables.unmap(kPlace), 0U);
  EXPECT_TRUE(all_pages().empty());
}

TEST_F(PageTablesTest, MapOnePageToItsFrameWithItsBits) {
  ASSERT_TRUE(tables.map(kPlace, kFrame, kReadWritePage, host_frame));
  EXPECT_EQ(tables.entry_of(kPlace), kFrame | kReadWritePage);
  EXPECT_EQ(tables.entry_of(kPlace + kPageSize - 1), kFrame | kReadWritePage);
  EXPECT_EQ(tables.entry_of(kPlace - 1), 0U);
  EXPECT_EQ(tables.entry_of(kPlace + kPageSize), 0U);
  EXPECT_EQ(all_pages(), (Pages{{kPlace, {kPageSize, kFrame | kReadWritePage}}}));
  EXPECT_EQ(given_frames.size(), 4U) << "the root and one table for each level below";
}

TEST_F(PageTablesTest, UnmapGivesTheEntryBackOnce) {
  ASSERT_TRUE(tables.map(kPlace, kFrame, kReadOnlyPage, host_frame));
  EXPECT_EQ(tables.unmap(kPlace), kFrame | kReadOnlyPage);
  EXPECT_EQ(tables.unmap(kPlace), 0U);
  EXPECT_EQ(tables.entry_of(kPlace), 0U);
  EXPECT_TRUE(all_pages().empty());
  EXPECT_TRUE(tables.map(kPlace, 2 * kFrame, kReadOnlyPage, host_frame));
}

TEST_F(PageTablesTest, RefuseAPageThatIsMappedAndKeepIt) {
  ASSERT_TRUE(tables.map(kPlace, kFrame, kReadOnlyPage, host_frame));
  EXPECT_EQ(tables.map(kPlace, 2 * kFrame, kReadWritePage, host_frame).error(),
            MapError::kAlreadyMapped);
  EXPECT_EQ(tables.entry_of(kPlace), kFrame | kReadOnlyPage);
}

TEST_F(PageTablesTest, WithoutFramesMapNothingAndWorkAgainLater) {
  for (const int frames : {0, 1, 2}) {
    frames_left = frames;
    // A place of its own each time, with no table on its way.
    const std::uintptr_t place = kPlace + (std::uintptr_t(frames) << 39);
    EXPECT_EQ(tables.map(place, kFrame, kReadOnlyPage, host_frame).error(), MapError::kNoFrame);
    EXPECT_EQ(tables.entry_of(place), 0U);
    EXPECT_TRUE(all_pages().empty());
  }
  frames_left = 100;
  EXPECT_TRUE(tables.map(kPlace, kFrame, kReadOnlyPage, host_frame));
}

TEST_F(PageTablesTest, ShareTablesBetweenNeighbours) {
  ASSERT_TRUE(tables.map(kPlace, kFrame, kReadOnlyPage, host_frame));
  frames_left = 0;
  EXPECT_TRUE(tables.map(kPlace + kPageSize, kFrame, kReadOnlyPage, host_frame));
}

TEST_F(PageTablesTest, ChooseTheLargestPagesThatAlignmentAllows) {
  const std::uint64_t begin = kGiB - 2 * kMiB - 2 * kPageSize;
  const std::uint64_t end = 2 * kGiB + 2 * kMiB + kPageSize;
  ASSERT_TRUE(
      tables.map_identity(begin, end, kReadWritePage, LargestPage::k1GiB, host_frame).has_value());
  const auto page = [](std::uint64_t address, std::size_t size) {
    const Entry large = size > kPageSize ? kLargePage : 0;
    return std::pair(std::uintptr_t{address}, Page{size, address | kReadWritePage | large});
  };
  EXPECT_EQ(all_pages(), (Pages{page(begin, kPageSize), page(begin + kPageSize, kPageSize),
                                page(kGiB - 2 * kMiB, 2 * kMiB), page(kGiB, kGiB),
                                page(2 * kGiB, 2 * kMiB), page(2 * kGiB + 2 * kMiB, kPageSize)}));
  EXPECT_EQ(tables.entry_of(kGiB + 12345), kGiB | kReadWritePage | kLargePage);
  EXPECT_EQ(tables.entry_of(2 * kGiB + kMiB), 2 * kGiB | kReadWritePage | kLargePage);
  EXPECT_EQ(tables.entry_of(end), 0U);
}

TEST_F(PageTablesTest, UseNoLargerPagesThanTheProcessorHas) {
  for (const auto& [largest, size] :
       {std::pair(LargestPage::k4KiB, kPageSize), std::pair(LargestPage::k2MiB, 2 * kMiB)}) {
    PageTables fresh(make_root());
    ASSERT_TRUE(fresh.map_identity(kGiB, kGiB + 4 * kMiB, kReadWritePage, largest, host_frame));
    std::size_t pages = 0;
    for_each_page(fresh.root(), [&](std::uintptr_t, std::size_t each, Entry) {
      EXPECT_EQ(each, size);
      ++pages;
    });
    EXPECT_EQ(pages, 4 * kMiB / size);
  }
}

TEST_F(PageTablesTest, RefuseToMapOrUnmapASmallPageInsideALargeOne) {
  ASSERT_TRUE(tables.map_identity(0, 2 * kMiB, kReadWritePage, LargestPage::k2MiB, host_frame));
  EXPECT_EQ(tables.map(kPageSize, kFrame, kReadOnlyPage, host_frame).error(),
            MapError::kAlreadyMapped);
  EXPECT_EQ(tables.unmap(kPageSize), 0U);
  EXPECT_EQ(tables.entry_of(kPageSize), kReadWritePage | kLargePage);
}

TEST_F(PageTablesTest, RefuseALargePageOverSmallOnes) {
  ASSERT_TRUE(tables.map(4 * kMiB, kFrame, kReadOnlyPage, host_frame));
  const auto result =
      tables.map_identity(4 * kMiB, 6 * kMiB, kReadWritePage, LargestPage::k2MiB, host_frame);
  EXPECT_EQ(result.error(), MapError::kAlreadyMapped);
  EXPECT_EQ(tables.entry_of(4 * kMiB), kFrame | kReadOnlyPage);
}

TEST_F(PageTablesTest, IdentityWithoutFramesSaysSo) {
  frames_left = 1;
  const auto result = tables.map_identity(0, kMiB, kReadWritePage, LargestPage::k2MiB, host_frame);
  EXPECT_EQ(result.error(), MapError::kNoFrame);
}

TEST_F(PageTablesTest, VisitExactlyWhatIsMapped) {
  Pages expected;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::uintptr_t place = (i * 0x1'2345'6789 & 0x7fff'ffff'ffff) & ~std::uintptr_t{0xfff};
    ASSERT_TRUE(tables.map(place, i << 12, kReadOnlyPage, host_frame));
    expected[place] = {kPageSize, i << 12 | kReadOnlyPage};
  }
  EXPECT_EQ(all_pages(), expected);
  for (auto page = expected.begin(); page != expected.end();) {
    EXPECT_EQ(tables.unmap(page->first), page->second.entry);
    page = expected.erase(page);
    page = page != expected.end() ? std::next(page) : page;
  }
  EXPECT_EQ(all_pages(), expected);
}

TEST_F(PageTablesTest, LeaveTheLastWordToThePagesOwnBits) {
  ASSERT_TRUE(tables.map(kPlace, kFrame, kReadWritePage, host_frame));
  Entry above = *reinterpret_cast<Entry*>(tables.root() + 8 * ((kPlace >> 39) % 512));
  for (int level = 3; level > 0; --level) {
    EXPECT_EQ(above & ~(kFrameMask | kAccessed), kPresent | kWritable) << "of a table";
    above = *reinterpret_cast<Entry*>((above & kFrameMask) +
                                      8 * ((kPlace >> (12 + 9 * (level - 1))) % 512));
  }
  EXPECT_EQ(above, kFrame | kReadWritePage);
}

TEST(PageBits, NeverAllowToWriteWhatCanBeExecuted) {
  for (const std::uint64_t bits : {kReadOnlyPage, kReadWritePage, kExecutablePage, kDevicePage}) {
    EXPECT_TRUE((bits & kPresent) != 0);
    EXPECT_TRUE((bits & kWritable) == 0 || (bits & kNoExecute) != 0);
    EXPECT_EQ(bits & (kAccessed | kDirty), kAccessed | kDirty);
    EXPECT_EQ(bits & kFrameMask, 0U);
  }
  EXPECT_EQ(kReadOnlyPage & kWritable, 0U);
  EXPECT_EQ(kExecutablePage & kNoExecute, 0U);
  EXPECT_EQ(kReadWritePage, 0x8000'0000'0000'0063);
  EXPECT_EQ(kDevicePage, 0x8000'0000'0000'007b);
}

// What "another CPU" does after this one has seen that a table is missing; runs once.
std::function<void()> while_fetching;

std::uintptr_t interrupted_frame() {
  if (const auto act = std::exchange(while_fetching, nullptr)) {
    act();
  }
  return host_frame();
}

TEST_F(PageTablesTest, KeepTheTableThatAnotherCpuHasMadeMeanwhile) {
  while_fetching = [this] {
    EXPECT_TRUE(tables.map(kPlace + kPageSize, 2 * kFrame, kReadOnlyPage, host_frame));
  };
  EXPECT_TRUE(tables.map(kPlace, kFrame, kReadOnlyPage, interrupted_frame));
  EXPECT_EQ(tables.entry_of(kPlace), kFrame | kReadOnlyPage);
  EXPECT_EQ(tables.entry_of(kPlace + kPageSize), 2 * kFrame | kReadOnlyPage);
}

TEST_F(PageTablesTest, RefuseAPageThatAnotherCpuHasMappedMeanwhile) {
  while_fetching = [this] {
    EXPECT_TRUE(tables.map(kPlace, 2 * kFrame, kReadOnlyPage, host_frame));
  };
  EXPECT_EQ(tables.map(kPlace, kFrame, kReadOnlyPage, interrupted_frame).error(),
            MapError::kAlreadyMapped);
  EXPECT_EQ(tables.entry_of(kPlace), 2 * kFrame | kReadOnlyPage);
}

TEST_F(PageTablesTest, GrowUnderSeveralCpusAtOnce) {
  constexpr std::uintptr_t kPagesEach = 2000;
  frames_left = 100'000;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> cpus;
    for (std::uintptr_t cpu = 0; cpu < 3; ++cpu) {
      cpus.emplace_back([&, cpu] {
        for (std::uintptr_t i = 0; i < kPagesEach; ++i) {
          // Neighbours share the tables; every page of its own and one that all fight for.
          const std::uintptr_t place = kPlace + (i << 16);
          refused += tables.map(place + kPageSize * cpu, cpu << 12, kReadOnlyPage, host_frame)
                         ? 0
                         : 100'000;
          refused += tables.map(place + kPageSize * 3, kFrame, kReadOnlyPage, host_frame) ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(refused, 2 * static_cast<int>(kPagesEach));
  EXPECT_EQ(all_pages().size(), 4 * kPagesEach);
}

}  // namespace
}  // namespace tb::arch::x86
