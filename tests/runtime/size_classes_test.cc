// Which class a size and an alignment get.
#include "runtime/memory/size_classes.h"

#include <gtest/gtest.h>

namespace tb {
namespace {

TEST(SizeClasses, TheSmallestThatFitsIsChosenForEverySize) {
  for (std::size_t size = 1; size <= kLargestSmallBlock; ++size) {
    const std::size_t number = class_of_size(size);
    ASSERT_LT(number, kSizeClasses);
    ASSERT_GE(size_of_class(number), size);
    if (number > 0) {
      ASSERT_LT(size_of_class(number - 1), size);
    }
  }
}

TEST(SizeClasses, ASizeOfZeroGetsTheSmallestClass) { EXPECT_EQ(class_of_size(0), 0u); }

TEST(SizeClasses, TheLastClassIsTheLargestSmallBlock) {
  EXPECT_EQ(size_of_class(0), kSmallestBlock);
  EXPECT_EQ(size_of_class(kSizeClasses - 1), kLargestSmallBlock);
}

TEST(SizeClasses, AtMostAFifthOfALargerBlockIsWasted) {
  for (std::size_t size = 65; size <= kLargestSmallBlock; ++size) {
    const std::size_t given = size_of_class(class_of_size(size));
    ASSERT_LE((given - size) * 5, given) << size;
  }
}

TEST(SizeClasses, EveryBlockIsAlignedTo16Bytes) {
  for (std::size_t number = 0; number < kSizeClasses; ++number) {
    EXPECT_GE(alignment_of_class(number), 16u);
    EXPECT_EQ(size_of_class(number) % alignment_of_class(number), 0u);
  }
}

TEST(SizeClasses, AnAlignmentUpToAPageGetsAClassThatHasIt) {
  for (std::size_t alignment = 1; alignment <= kPageSize; alignment *= 2) {
    for (std::size_t size = 0; size <= kLargestSmallBlock; size += 13) {
      const std::size_t number = class_of(size, alignment);
      ASSERT_LT(number, kSizeClasses);
      ASSERT_GE(size_of_class(number), size);
      ASSERT_GE(alignment_of_class(number), alignment);
    }
  }
}

TEST(SizeClasses, WhatIsTooLargeOrTooAlignedHasNoClass) {
  EXPECT_EQ(class_of(kLargestSmallBlock + 1, 16), kSizeClasses);
  EXPECT_EQ(class_of(~std::size_t{0}, 16), kSizeClasses);
  EXPECT_EQ(class_of(1, 2 * kPageSize), kSizeClasses);
}

TEST(SizeClasses, ASpanHoldsSeveralBlocks) {
  for (std::size_t number = 0; number < kSizeClasses; ++number) {
    EXPECT_GE((span_size_of_class(number) - kPageSize) / size_of_class(number), 7u);
    EXPECT_GE(batch_of_class(number), 1u);
  }
}

}  // namespace
}  // namespace tb
