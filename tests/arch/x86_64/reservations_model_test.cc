// Random changes of reserved ranges, done to page tables and to a map of pages; both have to agree
// on what every page allows and holds, and on where every frame is.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "tests/arch/x86_64/reservations_fixture.h"

namespace tb::arch::x86 {
namespace {

// What a page should be.
struct ModelPage {
  Access access;
  bool filled;
  std::uint64_t word;
};

// Does the same to the tables and to a map, and compares.
struct Model {
  using Pages = std::map<std::uintptr_t, ModelPage>;

  void reserve(std::uintptr_t begin, std::uintptr_t end, Access access) {
    const bool possible = pages.lower_bound(begin) == pages.lower_bound(end);
    EXPECT_EQ(test.reservations.reserve(begin, end, access, kStock).has_value(), possible);
    if (possible) {
      add(begin, end, access);
    }
  }

  void replace(std::uintptr_t begin, std::uintptr_t end, Access access) {
    const auto [gone, frames] = erase(begin, end);
    add(begin, end, access);
    const RangeChange change = test.reservations.replace(begin, end, access, kSink, kStock);
    EXPECT_EQ(change.pages, (end - begin) / kPageSize - gone);
    EXPECT_EQ(change.frames, frames);
  }

  void release(std::uintptr_t begin, std::uintptr_t end) {
    const auto [gone, frames] = erase(begin, end);
    const RangeChange change = test.reservations.release(begin, end, kSink, kStock);
    EXPECT_EQ(change.pages, gone);
    EXPECT_EQ(change.frames, frames);
    EXPECT_EQ(change.must_flush, frames != 0);
  }

  void discard(std::uintptr_t begin, std::uintptr_t end) {
    std::size_t frames = 0;
    for (auto it = pages.lower_bound(begin); it != pages.lower_bound(end); ++it) {
      frames += it->second.filled ? 1 : 0;
      it->second.filled = false;
    }
    EXPECT_EQ(test.reservations.discard(begin, end, kSink).frames, frames);
  }

  void protect(std::uintptr_t begin, std::uintptr_t end, Access access) {
    std::uintptr_t page = begin;
    for (; page < end && pages.contains(page); page += kPageSize) {
      pages[page].access = access;
    }
    EXPECT_EQ(test.reservations.protect(begin, end, access, kStock).error.has_value(), page < end);
  }

  void touch(std::uintptr_t page, FaultAccess use, std::uint64_t value) {
    const FillResult result = test.touch(page, use);
    const auto it = pages.find(page);
    if (it == pages.end()) {
      EXPECT_EQ(result, FillResult::kNotReserved);
      return;
    }
    ModelPage& model = it->second;
    const bool allowed = use == FaultAccess::kWrite     ? model.access == Access::kReadWrite
                         : use == FaultAccess::kExecute ? model.access == Access::kReadExecute
                                                        : model.access != Access::kNone;
    if (!allowed) {
      EXPECT_EQ(result, FillResult::kForbidden);
      return;
    }
    EXPECT_EQ(result, model.filled ? FillResult::kAlreadyThere : FillResult::kFilled);
    if (!model.filled) {
      EXPECT_EQ(test.word_at(page), 0U);
    }
    test.word_at(page) = value;
    model.filled = true;
    model.word = value;
  }

  // Moves it if nothing is at the new place.
  void move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes) {
    if (pages.lower_bound(to) != pages.lower_bound(to + bytes)) {
      return;
    }
    Pages moved;
    for (auto it = pages.lower_bound(from); it != pages.lower_bound(from + bytes); ++it) {
      moved.emplace(it->first - from + to, it->second);
    }
    erase(from, from + bytes);
    const RangeChange change = test.reservations.move(from, to, bytes, kStock);
    EXPECT_EQ(change.pages, moved.size());
    pages.merge(moved);
  }

  void compare(std::uintptr_t begin, std::uintptr_t end) {
    std::size_t filled = 0;
    for (std::uintptr_t page = begin; page < end; page += kPageSize) {
      const auto it = pages.find(page);
      const auto access = test.reservations.access_of(page);
      ASSERT_EQ(access.has_value(), it != pages.end());
      if (!access) {
        continue;
      }
      const ModelPage& model = it->second;
      ASSERT_EQ(*access, model.access);
      ASSERT_EQ(test.tables.entry_of(page) != 0, model.filled && model.access != Access::kNone);
      if (model.filled) {
        ++filled;
        ASSERT_EQ(test.word_at(page), model.word);
      }
    }
    ASSERT_EQ(test.page_frames(), filled) << "no frame is lost";
  }

  void add(std::uintptr_t begin, std::uintptr_t end, Access access) {
    for (std::uintptr_t page = begin; page < end; page += kPageSize) {
      pages.emplace_hint(pages.end(), page, ModelPage{access, false, 0});
    }
  }

  std::pair<std::size_t, std::size_t> erase(std::uintptr_t begin, std::uintptr_t end) {
    std::pair<std::size_t, std::size_t> gone{0, 0};
    const auto last = pages.lower_bound(end);
    for (auto it = pages.lower_bound(begin); it != last; it = pages.erase(it)) {
      ++gone.first;
      gone.second += it->second.filled ? 1 : 0;
    }
    return gone;
  }

  ReservationsTest& test;
  Pages pages{};
};

// `bytes` long ranges are split as deep as their alignment says.
void do_at_random(ReservationsTest& test, std::uintptr_t window, std::size_t bytes, int steps) {
  Model model{test};
  std::mt19937_64 random(bytes);
  const std::size_t pages = bytes / kPageSize;
  for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
    // Large and small ranges, often at the borders of large entries.
    const std::size_t length = 1 + random() % (random() % 3 == 0 ? pages / 2 : 40);
    std::size_t first = random() % (pages - length + 1);
    first = random() % 2 == 0 ? align_down(first, 512) : first;
    const std::uintptr_t begin = window + first * kPageSize;
    const std::uintptr_t end = begin + length * kPageSize;
    const auto access = static_cast<Access>(random() % 4);
    switch (random() % 12) {
      case 0:
      case 1:
        model.reserve(begin, end, access);
        break;
      case 2:
        model.replace(begin, end, access);
        break;
      case 3:
        model.release(begin, end);
        break;
      case 4:
        model.discard(begin, end);
        break;
      case 5:
      case 6:
        model.protect(begin, end, access);
        break;
      case 7: {
        const std::size_t target = random() % (pages - length + 1);
        if (target + length <= first || first + length <= target) {
          model.move(begin, window + target * kPageSize, length * kPageSize);
        }
        break;
      }
      default:
        for (std::size_t i = 0; i < std::min<std::size_t>(length, 100); ++i) {
          model.touch(begin + i * kPageSize, static_cast<FaultAccess>(random() % 3), random());
        }
    }
    if (step % 20 == 0) {
      model.compare(window, window + bytes);
    }
  }
  model.compare(window, window + bytes);
  model.release(window, window + bytes);
  EXPECT_EQ(test.page_frames(), 0U);
}

using ReservationsModelTest = ReservationsTest;

TEST_F(ReservationsModelTest, AreAsAModelSaysAroundEntriesOf2MiB) {
  do_at_random(*this, kPlace + kGiB - 4 * kMiB, 10 * kMiB, 6000);
}

TEST_F(ReservationsModelTest, AreAsAModelSaysAroundEntriesOf1GiB) {
  do_at_random(*this, kPlace + kGiB - 6 * kMiB, kGiB + 20 * kMiB, 150);
}

}  // namespace
}  // namespace tb::arch::x86
