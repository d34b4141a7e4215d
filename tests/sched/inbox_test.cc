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
  std::uintptr_t link = 0;
  int sender = 0;
  int number = 0;
};

using Letters = Inbox<Letter, &Letter::link>;

std::vector<int> numbers_of(const Letters::Contents& contents) {
  std::vector<int> numbers;
  for (const Letter* letter = contents.first; letter != nullptr; letter = Letters::after(*letter)) {
    numbers.push_back(letter->number);
  }
  return numbers;
}

TEST(Inbox, IsEmptyAtFirst) {
  Letters inbox;
  EXPECT_TRUE(inbox.empty());
  EXPECT_TRUE(numbers_of(inbox.take_all()).empty());
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
  EXPECT_TRUE(numbers_of(inbox.take_all()).empty());
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

TEST(Inbox, TakesANoteWhileItIsEmpty) {
  Letters inbox;
  std::array<Letter, 2> letters;
  for (std::uint32_t note = 1; note <= 3; ++note) {
    EXPECT_EQ(inbox.push_note(letters[1], note), Tell::kOwner);
    EXPECT_FALSE(inbox.empty());
    EXPECT_EQ(inbox.push_note(letters[0], 1), std::nullopt) << "it is not empty any more";
    const Letters::Contents contents = inbox.take_all();
    EXPECT_EQ(contents.noted, &letters[1]);
    EXPECT_EQ(contents.note, note);
    EXPECT_EQ(contents.first, nullptr);
  }
  inbox.watch();
  EXPECT_EQ(inbox.push_note(letters[1], 1), Tell::kNobody) << "the owner looks by itself";
}

TEST(Inbox, KeepsANoteBelowWhatComesLater) {
  Letters inbox;
  std::array<Letter, 3> letters;
  letters[0].number = 1;
  letters[1].number = 2;
  inbox.push_note(letters[2], 3);
  EXPECT_EQ(inbox.push(letters[0]), Tell::kNobody);
  EXPECT_EQ(inbox.push(letters[1]), Tell::kNobody);
  const Letters::Contents contents = inbox.take_all();
  EXPECT_EQ(contents.noted, &letters[2]);
  EXPECT_EQ(contents.note, 3U);
  EXPECT_EQ(numbers_of(contents), (std::vector{1, 2}));
}

TEST(Inbox, TakesANoteAboutALetterThatStandsInAnother) {
  Letters one;
  Letters other;
  std::array<Letter, 2> letters;
  one.push(letters[0]);
  one.push(letters[1]);
  other.push_note(letters[0], 1);
  EXPECT_EQ(other.take_all().noted, &letters[0]);
  EXPECT_EQ(numbers_of(one.take_all()).size(), 2U);
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
      if (const auto told = inbox.push_note(letter, 2)) {
        ++notes;
        announced += *told == Tell::kOwner ? 1 : 0;
      }
      if (number % 64 == 0) {
        std::this_thread::yield();
      }
    }
  }

  // Takes until all have come, or for a long time nothing does.
  void take_until_all_came() {
    std::vector<int> next(letters.size(), 0);
    const int total = kLettersEach * static_cast<int>(letters.size());
    for (int in_vain = 0; (taken < total || !inbox.empty()) && in_vain < 10'000'000; ++in_vain) {
      const Letters::Contents contents = inbox.take_all();
      batches += contents.first != nullptr || contents.noted != nullptr ? 1 : 0;
      if (contents.noted != nullptr) {
        ++notes_taken;
      }
      for (const Letter* letter = contents.first; letter != nullptr;
           letter = Letters::after(*letter)) {
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
  std::atomic<int> notes = 0;
  int batches = 0;
  int taken = 0;
  int notes_taken = 0;
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
  const Letters::Contents rest = post.inbox.take_all();
  post.batches += rest.noted != nullptr ? 1 : 0;
  post.notes_taken += rest.noted != nullptr ? 1 : 0;
  EXPECT_EQ(rest.first, nullptr);
  EXPECT_EQ(post.taken, pushers * Post::kLettersEach);
  EXPECT_EQ(post.out_of_order, 0);
  EXPECT_EQ(post.notes_taken, post.notes);
  EXPECT_EQ(post.announced, post.batches) << "each batch is announced once";
  EXPECT_TRUE(post.inbox.empty());
}

TEST(Inbox, DeliversEverythingOfOnePusher) { everything_arrives_once(1); }
TEST(Inbox, DeliversEverythingOfTwoPushers) { everything_arrives_once(2); }
TEST(Inbox, DeliversEverythingOfFourPushers) { everything_arrives_once(4); }

}  // namespace
}  // namespace tb::sched
