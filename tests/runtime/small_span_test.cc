// A span of small blocks in ordinary memory: what it gives, what it takes back, what it refuses.
#include "runtime/memory/small_span.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <set>

namespace tb {
namespace {

// With all pages there, or as many as the test wants.
class SpanOfClass {
 public:
  explicit SpanOfClass(std::size_t size_class, std::size_t mapped = ~std::size_t{0})
      : bytes_(span_size_of_class(size_class)),
        memory_(std::aligned_alloc(bytes_, bytes_), std::free) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory_.get());
    const HeapRange range{.begin = begin,
                          .pages_begin = begin,
                          .pages_end = begin + std::min(mapped, bytes_),
                          .order = bytes_ == kHeapUnit ? 0u : 2u};
    span_ = new (memory_.get()) SmallSpan(range, size_class);
  }

  SmallSpan* operator->() { return span_; }
  SmallSpan& operator*() { return *span_; }
  std::uintptr_t end() const { return reinterpret_cast<std::uintptr_t>(memory_.get()) + bytes_; }

 private:
  std::size_t bytes_;
  std::unique_ptr<void, decltype(&std::free)> memory_;
  SmallSpan* span_;
};

TEST(SmallSpan, BlocksOfEveryClassAreApartAlignedAndInside) {
  for (std::size_t number = 0; number < kSizeClasses; ++number) {
    SpanOfClass span(number);
    std::uintptr_t end_of_last = reinterpret_cast<std::uintptr_t>(&*span) + sizeof(SmallSpan);
    std::size_t count = 0;
    while (!span->exhausted()) {
      ASSERT_TRUE(span->ready());
      FreeBlock* const block = span->take();
      const auto address = reinterpret_cast<std::uintptr_t>(block);
      ASSERT_GE(address, end_of_last);
      ASSERT_EQ(address % alignment_of_class(number), 0u);
      ASSERT_EQ(&SmallSpan::of(block, span_size_of_class(number)), &*span);
      end_of_last = address + size_of_class(number);
      ++count;
    }
    EXPECT_LE(end_of_last, span.end());
    EXPECT_GE(count, 7u);
  }
}

TEST(SmallSpan, BlocksThatCameBackAreGivenAgainAndTheSpanIsEmptyInTheEnd) {
  SpanOfClass span(class_of_size(100));
  std::set<FreeBlock*> blocks;
  while (!span->exhausted()) {
    blocks.insert(span->take());
  }
  for (int round = 0; round < 3; ++round) {
    for (FreeBlock* const block : blocks) {
      EXPECT_FALSE(span->empty());
      std::memset(static_cast<void*>(block), 0xee, 100);
      span->give(block);
    }
    EXPECT_TRUE(span->empty());
    std::set<FreeBlock*> again;
    while (!span->exhausted()) {
      again.insert(span->take());
    }
    EXPECT_EQ(again, blocks);
  }
}

TEST(SmallSpan, IsReadyAsFarAsThereArePages) {
  const std::size_t number = class_of_size(2048);
  SpanOfClass span(number, kPageSize);
  EXPECT_TRUE(span->ready());
  FreeBlock* const first = span->take();
  EXPECT_FALSE(span->ready());
  EXPECT_FALSE(span->exhausted());
  EXPECT_EQ(span->pages_wanted(), reinterpret_cast<std::uintptr_t>(first) + 2 * 2048);
  span->range().pages_end += kPageSize;
  EXPECT_TRUE(span->ready());
  span->give(first);
  span->range().pages_end -= kPageSize;
  EXPECT_TRUE(span->ready()) << "a block that came back has its page";
}

using SmallSpanDeathTest = testing::Test;

TEST(SmallSpanDeathTest, WhatIsNoBlockIsRefused) {
  for (const std::size_t wanted : {16, 48, 100, 5000, 20'000}) {
    const std::size_t number = class_of_size(wanted);
    const auto size = static_cast<std::ptrdiff_t>(size_of_class(number));
    SpanOfClass span(number);
    FreeBlock* const first = span->take();
    const auto inside = [&](std::ptrdiff_t offset) {
      return reinterpret_cast<FreeBlock*>(reinterpret_cast<std::byte*>(first) + offset);
    };
    EXPECT_DEATH(span->give(inside(8)), "the beginning of a block");
    EXPECT_DEATH(span->give(inside(size - 8)), "the beginning of a block");
    EXPECT_DEATH(span->give(inside(size)), "the beginning of a block");
    EXPECT_DEATH(span->give(inside(-16)), "the beginning of a block");
  }
}

TEST(SmallSpanDeathTest, MoreThanWasTakenIsRefused) {
  SpanOfClass span(class_of_size(64));
  FreeBlock* const block = span->take();
  span->give(block);
  EXPECT_DEATH(span->give(block), "a block is freed once");
}

}  // namespace
}  // namespace tb
