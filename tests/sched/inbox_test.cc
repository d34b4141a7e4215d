// The inbox one call after the other, then with several pushers: everything arrives once, in each
// pusher's order, and every batch was announced once.
#include "sched/inbox.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace tb::sched {
namespace {

struct Letter {
  Letter* link = nullptr;
  int sender = 0;
  int number = 0;
};

using Letters = Inbox<Letter, &Letter::link>;

std::vector<int> numbers_of(const Letter* letter) {
  std::vector<int> numbers;
  for (; letter != nullptr; letter = letter->link) {
    numbers.push_back(letter->number);
  }
  return numbers;
}

TEST(Inbox, IsEmptyAtFirst) {
  Letters inbox;
  EXPECT_TRUE(inbox.empty());
  EXPECT_EQ(inbox.take_all(), nullptr);
}

TEST(Inbox, GivesAllInTheOrderOfPushing) {
  Letters inbox;
  std::array<Letter, 4> letters;
  for (int number = 0; number < 4; ++number) {
    letters[static_cast<std::size_t>(number)].number = number;
    inbox.push(letters[static_cast<std::size_t>(number)]);
    EXPECT_FALSE(inbox.empty());
  }
  EXPECT_EQ(numbers_of(inbox.take_all()), (std::vector{0, 1, 2, 3}));
  EXPECT_TRUE(inbox.empty());
  EXPECT_EQ(inbox.take_all(), nullptr);
}

TEST(Inbox, HasOnlyTheFirstPusherTellTheOwner) {
  Letters inbox;
  std::array<Letter, 3> letters;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(inbox.push(letters[0]), Tell::kOwner);
    EXPECT_EQ(inbox.push(letters[1]), Tell::kNobody);
    EXPECT_EQ(inbox.push(letters[2]), Tell::kNobody);
    inbox.take_all();
  }
}

TEST(Inbox, HasNobodyTellAnOwnerWhoWatches) {
  Letters inbox;
  std::array<Letter, 2> letters;
  inbox.watch();
  inbox.watch();
  EXPECT_EQ(inbox.push(letters[0]), Tell::kNobody);
  inbox.take_all();
  EXPECT_EQ(inbox.push(letters[1]), Tell::kNobody) << "it still watches";
}

TEST(Inbox, HasTheOwnerToldAgainWhenItWatchesNoMore) {
  Letters inbox;
  std::array<Letter, 3> letters;
  inbox.watch();
  EXPECT_EQ(inbox.push(letters[0]), Tell::kNobody);
  inbox.stop_watching();
  EXPECT_EQ(inbox.push(letters[1]), Tell::kNobody) << "the owner looks as it stops";
  EXPECT_FALSE(inbox.empty());
  inbox.take_all();
  EXPECT_EQ(inbox.push(letters[2]), Tell::kOwner);
}

TEST(Inbox, ShowsAWordThatIsZeroWhileItIsEmpty) {
  Letters inbox;
  Letter letter;
  const auto word = [&] { return *static_cast<const std::uintptr_t*>(inbox.word()); };
  EXPECT_EQ(word(), 0U);
  inbox.push(letter);
  EXPECT_NE(word(), 0U);
  inbox.take_all();
  EXPECT_EQ(word(), 0U);
}

TEST(Inbox, TakesALetterAgainWhateverItsLinkWas) {
  Letters inbox;
  std::array<Letter, 2> letters;
  letters[0].number = 1;
  letters[1].number = 2;
  inbox.push(letters[0]);
  inbox.push(letters[1]);
  inbox.take_all();
  inbox.push(letters[1]);
  inbox.push(letters[0]);
  EXPECT_EQ(numbers_of(inbox.take_all()), (std::vector{2, 1}));
}

struct Post {
  static constexpr int kLettersEach = 30'000;

  explicit Post(int pushers) : letters(static_cast<std::size_t>(pushers)) {
    for (auto& pile : letters) {
      pile.resize(kLettersEach);
    }
  }

  void push_all(int sender) {
    for (int number = 0; number < kLettersEach; ++number) {
      Letter& letter = letters[static_cast<std::size_t>(sender)][static_cast<std::size_t>(number)];
      letter.sender = sender;
      letter.number = number;
      announced += inbox.push(letter) == Tell::kOwner ? 1 : 0;
      if (number % 64 == 0) {
        std::this_thread::yield();
      }
    }
  }

  // Takes until all have come, or for a long time nothing does.
  void take_until_all_came() {
    std::vector<int> next(letters.size(), 0);
    const int total = kLettersEach * static_cast<int>(letters.size());
    for (int in_vain = 0; taken < total && in_vain < 10'000'000; ++in_vain) {
      const Letter* letter = inbox.take_all();
      batches += letter != nullptr ? 1 : 0;
      for (; letter != nullptr; letter = letter->link) {
        out_of_order += next[static_cast<std::size_t>(letter->sender)]++ != letter->number ? 1 : 0;
        ++taken;
        in_vain = 0;
      }
      std::this_thread::yield();
    }
  }

  Letters inbox;
  std::vector<std::vector<Letter>> letters;
  std::atomic<int> announced = 0;
  int batches = 0;
  int taken = 0;
  int out_of_order = 0;
};

void everything_arrives_once(int pushers) {
  Post post(pushers);
  {
    std::vector<std::jthread> threads;
    for (int sender = 0; sender < pushers; ++sender) {
      threads.emplace_back([&post, sender] { post.push_all(sender); });
    }
    post.take_until_all_came();
  }
  EXPECT_EQ(post.taken, pushers * Post::kLettersEach);
  EXPECT_EQ(post.out_of_order, 0);
  EXPECT_EQ(post.announced, post.batches) << "each batch is announced once";
  EXPECT_TRUE(post.inbox.empty());
}

TEST(Inbox, DeliversEverythingOfOnePusher) { everything_arrives_once(1); }
TEST(Inbox, DeliversEverythingOfTwoPushers) { everything_arrives_once(2); }
TEST(Inbox, DeliversEverythingOfFourPushers) { everything_arrives_once(4); }

}  // namespace
}  // namespace tb::sched
