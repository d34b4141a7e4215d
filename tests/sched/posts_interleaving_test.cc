// Posts to a thread in every order of their operations, and with every old value that their memory
// orders allow: nothing that is posted is lost, wherever the thread goes meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "sched/posts.h"
#include "tests/explorer/explore.h"
#include "tests/explorer/passes.h"
#include "tests/explorer/weaken.h"
#include "tests/sched/posted_machine.h"

namespace tb::sched {
namespace {

using explorer::ensure;
using explorer::ExploredAtomic;
using explorer::ExploredData;
using explorer::passes;
using testing::HasSubstr;

using Threads = std::vector<std::function<void()>>;

// Posters who each write something and then wake the thread, `kPosts` times. Whenever the thread
// knows of a wake it looks at what they have written.
template <template <template <class> class> class PostsType, std::size_t kPosters,
          std::size_t kPosts>
struct Posted : PostedMachine<PostsType> {
  Threads posters() {
    Threads threads;
    for (auto& each : sent) {
      threads.emplace_back([this, &each] {
        for (std::size_t count = 1; count <= kPosts; ++count) {
          each.store(count, kRelaxed);
          this->wake(Wakes(WakeKind::kOrdinary));
        }
      });
    }
    return threads;
  }

  void run() override {
    if (this->take_wakes()) {
      for (std::size_t i = 0; i < kPosters; ++i) {
        seen[i] = sent[i].load(kRelaxed);
      }
    }
  }

  void check() {
    this->drain_all();
    run();
    for (const std::size_t count : seen) {
      ensure(count == kPosts, "no wake is lost");
    }
    ensure(!this->posts.is_linked() && !this->posts.has_wakes(), "nothing is left");
  }

  std::array<ExploredAtomic<std::size_t>, kPosters> sent;
  std::array<std::size_t, kPosters> seen{};  // the owner's
};

// The thread stays on CPU 0, where it parks `kParks` times: it looks at its wakes, then the CPU at
// its inbox.
template <template <template <class> class> class PostsType, std::size_t kPosters,
          std::size_t kPosts, int kParks>
struct Parking : Posted<PostsType, kPosters, kPosts> {
  Threads threads() {
    Threads threads = this->posters();
    threads.emplace_back([this] {
      for (int park = 0; park < kParks; ++park) {
        this->run();
        this->drain(0);
      }
    });
    return threads;
  }
};

// CPU 0 gives the thread to CPU 1, which takes it in and has it park there.
template <template <template <class> class> class PostsType, std::size_t kPosters,
          std::size_t kPosts>
struct Moving : Posted<PostsType, kPosters, kPosts> {
  Threads threads() {
    Threads threads = this->posters();
    threads.emplace_back([this] {
      this->give_to(1);
      this->drain(0);
    });
    threads.emplace_back([this] { this->drain(1); });
    return threads;
  }
};

struct NotForwarded : Moving<Posts, 1, 1> {
  NotForwarded() { this->forwards = false; }
};

struct NotLeftForTheArrival : Moving<Posts, 1, 1> {
  NotLeftForTheArrival() { this->leaves_for_arrival = false; }
};

// There and back: CPU 1 gives it back as soon as it has it.
struct MovingTwice : Posted<Posts, 1, 1> {
  Threads threads() {
    Threads threads = this->posters();
    threads.emplace_back([this] {
      this->give_to(1);
      this->drain(0);
    });
    threads.emplace_back([this] {
      this->drain(1);
      if (this->is_owned_by(1)) {
        this->give_to(0);
      }
    });
    return threads;
  }
};

// The thread on CPU 0 has ended while a link was under way to there. CPU 1 gives the record to its
// next thread, whom somebody wakes as soon as he knows of it.
template <bool kIsPostedOften>
struct Reused : Posted<Posts, 1, 1> {
  Reused() {
    this->wake(Wakes(WakeKind::kOrdinary));
    this->owner.store(kUnderWay);
  }

  Threads threads() {
    return {[this] { this->drain(0); },
            [this] {
              static_cast<void>(this->posts.take_wakes());
              this->home.store(1);
              this->owner.store(1, std::memory_order_release);  // pairs with is_owned_by()
              is_known.store(true, std::memory_order_release);  // pairs with the waker's acquire
              run();
              this->drain(1);
            },
            [this] {
              if (kIsPostedOften) {
                this->post(Wakes());  // of whoever knew the thread before
              }
              if (is_known.load(std::memory_order_acquire)) {  // pairs with the release above
                this->sent[0].store(1, kRelaxed);
                this->wake(Wakes(WakeKind::kOrdinary));
              }
            }};
  }

  void check() {
    const bool is_sent = this->sent[0].load() == 1;
    this->drain_all();
    run();
    ensure(!is_sent || this->seen[0] == 1, "no wake of the new thread is lost");
    ensure(!this->posts.is_linked() && !this->posts.has_wakes(), "nothing is left");
  }

  ExploredAtomic<bool> is_known{false};
};

// A library's wait and the application's: each kind of wake is there for whom it is meant.
struct TwoKinds : PostedMachine<> {
  Threads threads() {
    return {[this] { wake(Wakes(WakeKind::kOrdinary)); },
            [this] { wake(Wakes(WakeKind::kLasting)); },
            [this] {
              take_wakes();
              drain(0);
              take_wakes();
            }};
  }

  void check() {
    drain_all();
    Wakes all = wakes.read();
    all.add(posts.take_wakes());
    ensure(all.take_lasting(), "no library's wait swallows a lasting wake");
    ensure(!all.take() && !all.take_lasting(), "a lasting wake is seen once");
  }
};

// What a waker has written before its wake, for a thread that looks as soon as it knows, by its
// own look or its CPU's.
struct Letter : PostedMachine<> {
  Threads threads() {
    return {[this] {
              letter.write(1);
              wake(Wakes(WakeKind::kOrdinary));
            },
            [this] {
              run();
              drain(0);
            }};
  }

  void run() override {
    if (take_wakes()) {
      ensure(letter.read() == 1, "the letter has come");
    }
  }
  void check() const {}

  ExploredData<int> letter{0};
};

template <class Scenario>
void expect_nothing_lost(std::size_t at_least) {
  const explorer::Report report = explorer::explore<Scenario>();
  EXPECT_TRUE(passes(report));
  EXPECT_EQ(report.coverage, explorer::Coverage::kEverything);
  EXPECT_GT(report.runs, at_least);
}

template <class Scenario>
void expect_found(std::string_view what) {
  const explorer::Report report = explorer::explore<Scenario>();
  ASSERT_FALSE(passes(report));
  EXPECT_THAT(report.failure->what, HasSubstr(what));
}

TEST(PostsInterleaving, BringWhatWasWrittenBeforeAWake) { expect_nothing_lost<Letter>(3); }

TEST(PostsInterleaving, LoseNothingOfOnePoster) {
  expect_nothing_lost<Parking<Posts, 1, 1, 1>>(3);
  expect_nothing_lost<Parking<Posts, 1, 2, 2>>(100);
  expect_nothing_lost<Parking<Posts, 1, 3, 2>>(1'000);
}

TEST(PostsInterleaving, LoseNothingOfTwoPosters) {
  expect_nothing_lost<Parking<Posts, 2, 1, 1>>(100);
  expect_nothing_lost<Parking<Posts, 2, 1, 2>>(500);
  expect_nothing_lost<Parking<Posts, 2, 2, 1>>(5'000);
}

TEST(PostsInterleaving, KeepALastingWakeOverALibrarysWait) { expect_nothing_lost<TwoKinds>(50); }

TEST(PostsInterleaving, FollowAThreadThatMoves) {
  expect_nothing_lost<Moving<Posts, 1, 1>>(100);
  expect_nothing_lost<Moving<Posts, 1, 2>>(1'000);
  expect_nothing_lost<Moving<Posts, 2, 1>>(5'000);
}

TEST(PostsInterleaving, FollowAThreadThatComesBack) { expect_nothing_lost<MovingTwice>(100); }

TEST(PostsInterleaving, OfThreadsThatHaveEndedAreHarmless) {
  expect_nothing_lost<Reused<false>>(100);
  expect_nothing_lost<Reused<true>>(10'000);
}

TEST(PostsInterleaving, ByNotesBringWhatWasWrittenBeforeAWake) {
  expect_nothing_lost<Noted<Letter>>(3);
}

TEST(PostsInterleaving, ByNotesLoseNothing) {
  expect_nothing_lost<Noted<Parking<Posts, 1, 1, 1>>>(3);
  expect_nothing_lost<Noted<Parking<Posts, 1, 2, 2>>>(100);
  expect_nothing_lost<Noted<Parking<Posts, 2, 1, 1>>>(100);
}

TEST(PostsInterleaving, ByNotesKeepALastingWakeOverALibrarysWait) {
  expect_nothing_lost<Noted<TwoKinds>>(50);
}

TEST(PostsInterleaving, ByNotesFollowAThread) {
  expect_nothing_lost<Noted<Moving<Posts, 1, 1>>>(50);
  expect_nothing_lost<Noted<Moving<Posts, 1, 2>>>(500);
  expect_nothing_lost<Noted<MovingTwice>>(50);
}

TEST(PostsInterleaving, ByNotesOfThreadsThatHaveEndedAreHarmless) {
  expect_nothing_lost<Noted<Reused<false>>>(50);
}

TEST(PostsInterleaving, FindTheWakeThatIsLostIfTheOldHomeKeepsIt) {
  expect_found<NotForwarded>("no wake is lost");
}

TEST(PostsInterleaving, FindTheWakeThatIsLostIfItDoesNotWaitForTheArrival) {
  expect_found<NotLeftForTheArrival>("no wake is lost");
}

TEST(PostsInterleaving, FindTheSameOfNotes) {
  expect_found<Noted<NotForwarded>>("no wake is lost");
  expect_found<Noted<NotLeftForTheArrival>>("no wake is lost");
}

// As one might write it: looked at, then set to nothing.
template <template <class> class AtomicType>
struct TakenByAStore : Posts<AtomicType> {
  Wakes take() {
    const Wakes wakes = this->take_wakes();
    static_cast<void>(Posts<AtomicType>::take());
    return wakes;
  }
};

TEST(PostsInterleaving, FindTheWakeThatComesBetweenALookAndAStore) {
  using Lossy = Parking<TakenByAStore, 1, 2, 1>;
  expect_found<Lossy>("no wake is lost");
}

// The owner looks at its wakes, and forgets that the link is under way: the next poster pushes it
// again.
template <template <class> class AtomicType>
struct TakenWithTheLink : Posts<AtomicType> {
  Wakes take_wakes() { return this->take(); }
};

TEST(PostsInterleaving, FindTheLinkThatTwoHave) {
  using Twice = Parking<TakenWithTheLink, 1, 2, 1>;
  expect_found<Twice>("data race");
}

TEST(PostsInterleaving, ManyByLot) {
  for (const auto search : {explorer::Search::kRandom, explorer::Search::kPriorities}) {
    const explorer::Options options{.search = search, .runs = 20'000};
    const auto try_one = [&]<class Scenario>() {
      EXPECT_TRUE(passes(explorer::explore<Scenario>(options)));
    };
    try_one.operator()<Parking<Posts, 3, 3, 3>>();
    try_one.operator()<Moving<Posts, 2, 2>>();
    try_one.operator()<Moving<Posts, 3, 3>>();
    try_one.operator()<Noted<Parking<Posts, 3, 3, 3>>>();
    try_one.operator()<Noted<Moving<Posts, 3, 3>>>();
    try_one.operator()<Noted<Reused<true>>>();
  }
}

TEST(PostsInterleaving, NeedTheirMemoryOrders) {
  const auto weakenings =
      explorer::try_weakenings<Letter, Parking<Posts, 1, 2, 2>, Parking<Posts, 2, 1, 1>,
                               Moving<Posts, 1, 1>, Reused<false>>("sched/posts.h");
  EXPECT_THAT(weakenings.noticed,
              testing::ElementsAre("post: acq_rel to acquire", "post: acq_rel to release",
                                   "take: acq_rel to acquire", "take: acq_rel to release",
                                   "take_wakes: acquire to relaxed"));
  // Who leaves the wakes is who finds them, or no thread's any more.
  EXPECT_THAT(weakenings.unnoticed, testing::ElementsAre("leave_for_arrival: release to relaxed"));
}

}  // namespace
}  // namespace tb::sched
