// Every frame is given out once, none overlaps the allocator's own links, and all come back; also
// under four threads.
#include "runtime/memory/frame_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace tb {
namespace {

// Pages [first, last) of the memory of a test.
using PageSpan = std::pair<std::size_t, std::size_t>;

struct Frames : testing::Test {
  static constexpr std::size_t kPages = 4096;

  // Adds the ranges and starts.
  bool start(const std::vector<PageSpan>& spans) {
    for (const auto& [first, last] : spans) {
      allocator->add_range(address_of(first), address_of(last));
    }
    return allocator->start();
  }

  std::uintptr_t address_of(std::size_t page) const {
    return reinterpret_cast<std::uintptr_t>(memory.get()) + page * kPageSize;
  }
  std::size_t page_of(std::uintptr_t frame) const { return (frame - address_of(0)) / kPageSize; }

  // Takes all there is; each frame is written all over, as its owner would.
  std::set<std::size_t> take_all() {
    std::set<std::size_t> pages;
    while (const std::uintptr_t frame = allocator->allocate()) {
      EXPECT_TRUE(is_aligned(frame, kPageSize));
      std::memset(reinterpret_cast<void*>(frame), 0xee, kPageSize);
      EXPECT_TRUE(pages.insert(page_of(frame)).second) << "given out twice";
    }
    return pages;
  }

  void give_back(const std::set<std::size_t>& pages) {
    for (const std::size_t page : pages) {
      allocator->free(address_of(page));
    }
  }

  struct Release {
    void operator()(void* pages) const { std::free(pages); }
  };
  std::unique_ptr<void, Release> memory{std::aligned_alloc(kPageSize, kPages* kPageSize)};
  std::unique_ptr<FrameAllocator> allocator = std::make_unique<FrameAllocator>();
};

TEST_F(Frames, WithoutMemoryDoNotStart) {
  EXPECT_FALSE(start({}));
  EXPECT_EQ(allocator->allocate(), 0U);
}

TEST_F(Frames, OfEmptyRangesDoNotStart) { EXPECT_FALSE(start({{3, 3}, {9, 9}})); }

TEST_F(Frames, WithoutRoomForTheLinksDoNotStart) {
  // The hole counts: 3000 pages from first to last need 3 pages of links.
  EXPECT_FALSE(start({{0, 2}, {2998, 3000}}));
}

TEST_F(Frames, OfOneRangeAreAllButTheLinks) {
  ASSERT_TRUE(start({{0, 2048}}));
  EXPECT_EQ(allocator->total_frames(), 2046U) << "4 bytes a frame are 2 pages";
  EXPECT_EQ(allocator->free_frames(), 2046U);
  const auto pages = take_all();
  EXPECT_EQ(pages.size(), 2046U);
  EXPECT_EQ(*pages.rbegin(), 2047U);
  EXPECT_EQ(allocator->free_frames(), 0U);
}

TEST_F(Frames, OfOneFrameAndItsLinkIsOne) {
  ASSERT_TRUE(start({{5, 7}}));
  EXPECT_EQ(take_all(), std::set<std::size_t>{6});
}

TEST_F(Frames, OfRangesWithHolesStayOutOfTheHoles) {
  const std::vector<PageSpan> spans = {{3000, 3001}, {10, 20}, {500, 700}, {2000, 2100}};
  ASSERT_TRUE(start(spans));
  const auto pages = take_all();
  EXPECT_EQ(pages.size(), 1 + 10 + 200 + 100 - 3U);
  EXPECT_EQ(pages.size(), allocator->total_frames());
  for (const std::size_t page : pages) {
    EXPECT_TRUE(std::ranges::any_of(spans, [page](const PageSpan& span) {
      return span.first <= page && page < span.second;
    })) << page;
  }
}

TEST_F(Frames, ComeBackAndAreGivenOutAgain) {
  ASSERT_TRUE(start({{0, 100}, {200, 300}}));
  const auto pages = take_all();
  for (int round = 0; round < 3; ++round) {
    give_back(pages);
    EXPECT_EQ(allocator->free_frames(), allocator->total_frames());
    EXPECT_EQ(take_all(), pages) << "the links have to survive that all frames are written over";
  }
}

TEST_F(Frames, ThatCameBackAreTakenBeforeFreshOnes) {
  ASSERT_TRUE(start({{0, 100}}));
  const std::uintptr_t first = allocator->allocate();
  allocator->allocate();
  allocator->free(first);
  EXPECT_EQ(allocator->allocate(), first);
}

TEST_F(Frames, ThatAreExhaustedAreZeroUntilOneComesBack) {
  ASSERT_TRUE(start({{0, 10}}));
  const auto pages = take_all();
  EXPECT_EQ(allocator->allocate(), 0U);
  EXPECT_EQ(allocator->allocate(), 0U);
  EXPECT_EQ(allocator->free_frames(), 0U);
  allocator->free(address_of(*pages.begin()));
  EXPECT_EQ(allocator->free_frames(), 1U);
  EXPECT_EQ(allocator->allocate(), address_of(*pages.begin()));
  EXPECT_EQ(allocator->allocate(), 0U);
}

TEST_F(Frames, ComeBackTogetherWhateverIsWrittenToThemMeanwhile) {
  ASSERT_TRUE(start({{0, 10}}));
  const auto pages = take_all();
  FrameChain chain;
  allocator->free(chain);
  EXPECT_EQ(allocator->free_frames(), 0U) << "nothing was in it";
  for (const std::size_t page : pages) {
    allocator->add_to(chain, address_of(page));
  }
  EXPECT_EQ(allocator->allocate(), 0U) << "they wait";
  for (const std::size_t page : pages) {
    std::memset(reinterpret_cast<void*>(address_of(page)), 0xcc, kPageSize);
  }
  allocator->free(chain);
  EXPECT_EQ(chain.count, 0U);
  EXPECT_EQ(allocator->free_frames(), pages.size());
  EXPECT_EQ(take_all(), pages);
}

using FramesDeathTest = Frames;

TEST_F(FramesDeathTest, RefuseRangesThatAreNotWholePagesOrComeTooLate) {
  EXPECT_DEATH(allocator->add_range(address_of(0) + 1, address_of(2)), "ranges are whole pages");
  EXPECT_DEATH(allocator->add_range(address_of(0), address_of(2) - 1), "ranges are whole pages");
  ASSERT_TRUE(start({{0, 10}}));
  EXPECT_DEATH(allocator->add_range(address_of(20), address_of(22)), "before the start");
}

TEST_F(FramesDeathTest, RefuseMoreRangesThanThereIsRoomFor) {
  for (std::size_t i = 0; i < FrameAllocator::kMaxRanges; ++i) {
    allocator->add_range(address_of(2 * i), address_of(2 * i + 1));
  }
  EXPECT_DEATH(allocator->add_range(address_of(1000), address_of(1001)), "room for another range");
}

TEST_F(FramesDeathTest, RefuseWhatIsNoFrameOfTheirs) {
  ASSERT_TRUE(start({{10, 20}}));
  EXPECT_DEATH(allocator->free(address_of(12) + 8), "a frame of this allocator comes back");
  EXPECT_DEATH(allocator->free(address_of(9)), "a frame of this allocator comes back");
  EXPECT_DEATH(allocator->free(address_of(20)), "the index has a link");
  EXPECT_DEATH(allocator->free(0), "a frame of this allocator comes back");
}

// Few frames for many takers: they run out and come back all the time. Whoever has a frame writes
// its name into it and must find it again.
TEST_F(Frames, HaveOneOwnerEachUnderFourThreads) {
  constexpr int kSteps = 100'000;
  ASSERT_TRUE(start({{0, 8}, {20, 24}}));
  std::atomic<int> doubled = 0, impossible = 0;
  const auto take_and_return = [&](std::uintptr_t name) {
    std::vector<std::uintptr_t> mine;
    for (int step = 0; step < kSteps; ++step) {
      if (const std::uintptr_t frame = allocator->allocate(); frame != 0) {
        *reinterpret_cast<std::uintptr_t*>(frame) = name;
        mine.push_back(frame);
      }
      impossible += allocator->free_frames() > allocator->total_frames() ? 1 : 0;
      if (mine.size() > 2 || (step % 3 == 0 && !mine.empty())) {
        doubled += *reinterpret_cast<std::uintptr_t*>(mine.back()) != name ? 1 : 0;
        allocator->free(mine.back());
        mine.pop_back();
      }
    }
    for (const std::uintptr_t frame : mine) {
      allocator->free(frame);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uintptr_t name = 1; name <= 4; ++name) {
      threads.emplace_back(take_and_return, name);
    }
  }
  EXPECT_EQ(doubled, 0) << "a frame had two owners";
  EXPECT_EQ(impossible, 0) << "more frames seemed free than there are";
  EXPECT_EQ(allocator->free_frames(), allocator->total_frames());
  EXPECT_EQ(take_all().size(), allocator->total_frames());
}

// Frames that were never given out leave by another way, so that has a race of its own.
TEST_F(Frames, LeaveOnceForTheFirstTimeUnderFourThreads) {
  for (int round = 0; round < 100; ++round) {
    allocator = std::make_unique<FrameAllocator>();
    ASSERT_TRUE(start({{0, 1000}, {1500, kPages}}));
    std::array<std::vector<std::uintptr_t>, 4> taken;
    {
      std::barrier together(4);
      std::vector<std::jthread> threads;
      for (auto& mine : taken) {
        threads.emplace_back([&] {
          together.arrive_and_wait();
          while (const std::uintptr_t frame = allocator->allocate()) {
            mine.push_back(frame);
          }
        });
      }
    }
    std::set<std::uintptr_t> different;
    std::size_t count = 0;
    for (const auto& mine : taken) {
      different.insert(mine.begin(), mine.end());
      count += mine.size();
    }
    ASSERT_EQ(count, allocator->total_frames());
    ASSERT_EQ(different.size(), count);
  }
}

}  // namespace
}  // namespace tb
