// The word of a synchronisation object, by one thread: its value, and the ring of those who wait.
#include "runtime/sync/wait_word.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tb {
namespace {

struct Waiter {
  WaitHook<Waiter> hook;
  int urgency = 0;
};

void relax() {}

using Word = WaitWord<Waiter, &Waiter::hook, &relax>;
constexpr std::uintptr_t kUnit = Word::kUnit;

struct WaitWordTest : testing::Test {
  ~WaitWordTest() override {
    for (Waiter& waiter : waiters) {
      if (Word::Locked::is_queued(waiter)) {
        Word::Locked(word).remove(waiter);
      }
    }
  }
  Waiter& waits(int urgency = 0) {
    Waiter& waiter = waiters.at(used++);
    waiter.urgency = urgency;
    Word::Locked(word).insert(
        waiter, [](const Waiter& a, const Waiter& b) { return a.urgency < b.urgency; });
    return waiter;
  }
  std::vector<Waiter*> all() {
    std::vector<Waiter*> found;
    const Word::Locked locked(word);
    Waiter* next = locked.first();
    while (next != nullptr) {
      found.push_back(next);
      next = next->hook.next == locked.first() ? nullptr : next->hook.next;
    }
    return found;
  }

  std::array<Waiter, 5> waiters;
  std::size_t used = 0;
  Word word{3 * kUnit};
};

TEST_F(WaitWordTest, HasItsValueWhileNobodyWaits) {
  EXPECT_EQ(word.load(), 3 * kUnit);
  EXPECT_TRUE(word.try_replace(3 * kUnit, kUnit));
  EXPECT_FALSE(word.try_replace(3 * kUnit, 0));
  EXPECT_EQ(word.load(), kUnit);
}

TEST_F(WaitWordTest, IsReplacedByNobodyWhileSomebodyWaits) {
  Waiter& waiter = waits();
  EXPECT_NE(word.load() % kUnit, 0U);
  EXPECT_FALSE(word.try_replace(3 * kUnit, 0));
  EXPECT_EQ(Word::Locked(word).value(), 3 * kUnit);
  Word::Locked(word).set_value(5 * kUnit);
  Word::Locked(word).remove(waiter);
  EXPECT_EQ(word.load(), 5 * kUnit);
}

TEST_F(WaitWordTest, KeepsItsValueWhoeverIsTheFirst) {
  Waiter& first = waits();
  Waiter& second = waits();
  Word::Locked(word).remove(first);
  EXPECT_EQ(Word::Locked(word).value(), 3 * kUnit);
  Waiter& urgent = waits(-1);
  EXPECT_THAT(all(), testing::ElementsAre(&urgent, &second));
  EXPECT_EQ(Word::Locked(word).value(), 3 * kUnit);
}

TEST_F(WaitWordTest, PutsTheMoreUrgentFirstAndEqualsInTheOrderTheyCome) {
  Waiter& a = waits(5);
  Waiter& b = waits(5);
  Waiter& c = waits(3);
  Waiter& d = waits(4);
  Waiter& e = waits(3);
  EXPECT_THAT(all(), testing::ElementsAre(&c, &e, &d, &a, &b));
}

TEST_F(WaitWordTest, LosesWhoeverLeaves) {
  Waiter& a = waits();
  Waiter& b = waits();
  Waiter& c = waits();
  Word::Locked(word).remove(b);
  EXPECT_FALSE(Word::Locked::is_queued(b));
  EXPECT_THAT(all(), testing::ElementsAre(&a, &c));
  EXPECT_EQ(Word::Locked(word).last(), &c);
  Word::Locked(word).remove(c);
  Word::Locked(word).remove(a);
  EXPECT_THAT(all(), testing::IsEmpty());
}

TEST(WaitWordDeathTest, IsNotDestroyedWhileSomebodyWaits) {
  EXPECT_DEATH(
      {
        Waiter waiter;
        Word word(0);
        Word::Locked(word).insert(waiter, [](const Waiter&, const Waiter&) { return false; });
      },
      "nobody waits for a synchronisation object that is destroyed");
}

}  // namespace
}  // namespace tb
