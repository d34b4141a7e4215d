// The memory model against the classic programs of the literature: which outcomes C++ allows, and
// which not. The names are theirs.
#include "tests/explorer/litmus.h"

#include <gtest/gtest.h>

namespace tb::explorer {
namespace {

template <std::memory_order kStore, std::memory_order kLoad>
struct MessagePassing : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kRelaxed);
              y.store(1, kStore);
            },
            [this] {
              r[0] = y.load(kLoad);
              r[1] = x.load(kRelaxed);
            }};
  }
  Outcome outcome() const { return {r[0], r[1]}; }
};

TEST(Litmus, AMessageIsSeenWithItsFlagIfReleasedAndAcquired) {
  const std::set<Outcome> good{{0, 0}, {0, 1}, {1, 1}};
  EXPECT_EQ((outcomes<MessagePassing<kRelease, kAcquire>>()), good);
  EXPECT_EQ((outcomes<MessagePassing<kSeqCst, kSeqCst>>()), good);
  EXPECT_TRUE((allows<MessagePassing<kRelaxed, kAcquire>>({1, 0})));
  EXPECT_TRUE((allows<MessagePassing<kRelease, kRelaxed>>({1, 0})));
  EXPECT_TRUE((allows<MessagePassing<kRelaxed, kSeqCst>>({1, 0})));
}

template <std::memory_order kStore, std::memory_order kLoad>
struct StoreBuffering : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kStore);
              r[0] = y.load(kLoad);
            },
            [this] {
              y.store(1, kStore);
              r[1] = x.load(kLoad);
            }};
  }
  Outcome outcome() const { return {r[0], r[1]}; }
};

TEST(Litmus, OnlySeqCstKeepsALoadBehindTheStoreBeforeIt) {
  EXPECT_EQ((outcomes<StoreBuffering<kSeqCst, kSeqCst>>()),
            (std::set<Outcome>{{0, 1}, {1, 0}, {1, 1}}));
  EXPECT_TRUE((allows<StoreBuffering<kRelease, kAcquire>>({0, 0})));
  EXPECT_TRUE((allows<StoreBuffering<kSeqCst, kAcquire>>({0, 0})));
  EXPECT_TRUE((allows<StoreBuffering<kRelease, kSeqCst>>({0, 0})));
}

// As with stores, for each location is exchanged by one thread only.
template <std::memory_order kOrder>
struct ExchangeBuffering : Litmus {
  Threads threads() {
    return {[this] {
              x.exchange(1, kOrder);
              r[0] = y.load(kOrder == kSeqCst ? kSeqCst : kAcquire);
            },
            [this] {
              y.exchange(1, kOrder);
              r[1] = x.load(kOrder == kSeqCst ? kSeqCst : kAcquire);
            }};
  }
  Outcome outcome() const { return {r[0], r[1]}; }
};

TEST(Litmus, AnExchangeIsNoFenceUnlessSeqCst) {
  EXPECT_TRUE(allows<ExchangeBuffering<kAcqRel>>({0, 0}));
  EXPECT_FALSE(allows<ExchangeBuffering<kSeqCst>>({0, 0}));
}

// Two writers, and two readers who read in opposite orders.
template <std::memory_order kStore, std::memory_order kLoad>
struct IndependentReads : Litmus {
  Threads threads() {
    return {[this] { x.store(1, kStore); }, [this] { y.store(1, kStore); },
            [this] {
              r[0] = x.load(kLoad);
              r[1] = y.load(kLoad);
            },
            [this] {
              r[2] = y.load(kLoad);
              r[3] = x.load(kLoad);
            }};
  }
  Outcome outcome() const { return {r.begin(), r.end()}; }
};

TEST(Litmus, OnlySeqCstMakesAllReadersSeeIndependentWritesInOneOrder) {
  EXPECT_TRUE((allows<IndependentReads<kRelease, kAcquire>>({1, 0, 1, 0})));
  EXPECT_TRUE((allows<IndependentReads<kSeqCst, kAcquire>>({1, 0, 1, 0})));
  EXPECT_FALSE((allows<IndependentReads<kSeqCst, kSeqCst>>({1, 0, 1, 0})));
  EXPECT_EQ((outcomes<IndependentReads<kSeqCst, kSeqCst>>()).size(), 15U);
}

struct TwoReadsOfTwoWrites : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kRelaxed);
              x.store(2, kRelaxed);
            },
            [this] {
              r[0] = x.load(kRelaxed);
              r[1] = x.load(kRelaxed);
            }};
  }
  Outcome outcome() const { return {r[0], r[1], x.load()}; }
};

TEST(Litmus, NobodySeesOneLocationGoBackInTime) {
  EXPECT_EQ(outcomes<TwoReadsOfTwoWrites>(),
            (std::set<Outcome>{{0, 0, 2}, {0, 1, 2}, {0, 2, 2}, {1, 1, 2}, {1, 2, 2}, {2, 2, 2}}));
}

struct TwoWritersTwoReaders : Litmus {
  Threads threads() {
    return {[this] { x.store(1, kRelaxed); }, [this] { x.store(2, kRelaxed); },
            [this] {
              r[0] = x.load(kRelaxed);
              r[1] = x.load(kRelaxed);
            },
            [this] {
              r[2] = x.load(kRelaxed);
              r[3] = x.load(kRelaxed);
            }};
  }
  Outcome outcome() const { return {r.begin(), r.end()}; }
};

TEST(Litmus, AllReadersSeeTheWritesToOneLocationInOneOrder) {
  const std::set<Outcome> seen = outcomes<TwoWritersTwoReaders>();
  EXPECT_TRUE(seen.contains({1, 2, 1, 2}));
  EXPECT_TRUE(seen.contains({2, 1, 2, 1}));
  EXPECT_FALSE(seen.contains({1, 2, 2, 1}));
}

struct WriteBehindARead : Litmus {
  Threads threads() {
    return {[this] {
              r[0] = x.load(kRelaxed);
              x.store(1, kRelaxed);
            },
            [this] { x.store(2, kRelaxed); }};
  }
  Outcome outcome() const { return {r[0], x.load()}; }
};

TEST(Litmus, AWriteComesBehindWhatItsThreadHasRead) {
  EXPECT_EQ(outcomes<WriteBehindARead>(), (std::set<Outcome>{{0, 1}, {0, 2}, {2, 1}}));
}

template <std::memory_order kOrder>
struct TwoPlusTwoWrites : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kOrder);
              y.store(2, kOrder);
            },
            [this] {
              y.store(1, kOrder);
              x.store(2, kOrder);
            }};
  }
  Outcome outcome() const { return {x.load(), y.load()}; }
};

TEST(Litmus, OnlySeqCstOrdersWritesToTwoLocations) {
  EXPECT_TRUE(allows<TwoPlusTwoWrites<kRelease>>({1, 1}));
  EXPECT_FALSE(allows<TwoPlusTwoWrites<kSeqCst>>({1, 1}));
}

struct LoadBuffering : Litmus {
  Threads threads() {
    return {[this] {
              r[0] = x.load(kRelaxed);
              y.store(1, kRelaxed);
            },
            [this] {
              r[1] = y.load(kRelaxed);
              x.store(1, kRelaxed);
            }};
  }
  Outcome outcome() const { return {r[0], r[1]}; }
};

// C++ allows it; no thread can read here what is written later.
TEST(Litmus, LoadBufferingIsBeyondTheModel) { EXPECT_FALSE(allows<LoadBuffering>({1, 1})); }

// The message goes through a third thread.
template <std::memory_order kSecondStore>
struct Relay : Litmus {
  Threads threads() {
    return {[this] { x.store(1, kRelease); },
            [this] {
              r[0] = x.load(kAcquire);
              y.store(1, kSecondStore);
            },
            [this] {
              r[1] = y.load(kAcquire);
              r[2] = x.load(kRelaxed);
            }};
  }
  Outcome outcome() const { return {r[0], r[1], r[2]}; }
};

TEST(Litmus, WhatAThreadHasAcquiredItPassesOnByARelease) {
  EXPECT_FALSE(allows<Relay<kRelease>>({1, 1, 0}));
  EXPECT_TRUE(allows<Relay<kRelaxed>>({1, 1, 0}));
}

// Behind a released 1 in y comes a 2, by another step; who reads the 2 looks for the message in x.
enum class Second {
  kUpdateOfAnother,
  kExchangeOfAnother,
  kReleaseOfAnother,
  kStoreOfTheSame,
  kStoreOfAnother
};

template <Second kSecond>
struct ReleaseSequence : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kRelaxed);
              y.store(1, kRelease);
              if (kSecond == Second::kStoreOfTheSame) {
                y.store(2, kRelaxed);
              }
            },
            [this] {
              int one = 1;
              if (kSecond == Second::kUpdateOfAnother) {
                y.compare_exchange_strong(one, 2, kRelaxed);
              } else if (kSecond == Second::kExchangeOfAnother) {
                r[2] = y.exchange(2, kRelaxed);
              } else if (kSecond == Second::kReleaseOfAnother) {
                r[2] = y.exchange(2, kRelease);
              } else if (kSecond == Second::kStoreOfAnother && y.load(kAcquire) == 1) {
                y.store(2, kRelaxed);
              }
            },
            [this] {
              r[0] = y.load(kAcquire);
              r[1] = x.load(kRelaxed);
            }};
  }
  Outcome outcome() const { return {r[0], r[1], r[2]}; }
};

TEST(Litmus, AReadModifyWriteContinuesAReleaseSequence) {
  EXPECT_FALSE((allows<ReleaseSequence<Second::kUpdateOfAnother>>({2, 0, 0})));
  EXPECT_FALSE((allows<ReleaseSequence<Second::kExchangeOfAnother>>({2, 0, 1})));
  EXPECT_FALSE((allows<ReleaseSequence<Second::kReleaseOfAnother>>({2, 0, 1})));
  EXPECT_TRUE((allows<ReleaseSequence<Second::kExchangeOfAnother>>({2, 0, 0}))) << "no release";
}

// Since C++20, even if it is the releasing thread's own.
TEST(Litmus, AStoreEndsAReleaseSequence) {
  EXPECT_TRUE((allows<ReleaseSequence<Second::kStoreOfTheSame>>({2, 0, 0})));
  EXPECT_TRUE((allows<ReleaseSequence<Second::kStoreOfAnother>>({2, 0, 0})));
}

struct TwoAdders : Litmus {
  Threads threads() {
    return {[this] { r[0] = x.fetch_add(1, kRelaxed); },
            [this] { r[1] = x.fetch_add(1, kRelaxed); }, [this] { x.store(10, kRelaxed); }};
  }
  Outcome outcome() const { return {r[0], r[1], x.load()}; }
};

TEST(Litmus, NoTwoReadModifyWritesReadTheSameWrite) {
  EXPECT_EQ(outcomes<TwoAdders>(), (std::set<Outcome>{{0, 1, 10},
                                                      {1, 0, 10},  //
                                                      {0, 10, 11},
                                                      {10, 0, 11},  //
                                                      {10, 11, 12},
                                                      {11, 10, 12}}));
}

struct TwoExchanges : Litmus {
  Threads threads() {
    const auto exchange = [this](int& done, int desired) {
      int zero = 0;
      done = x.compare_exchange_strong(zero, desired, kRelaxed) ? 1 : 0;
    };
    return {[this, exchange] { exchange(r[0], 1); }, [this, exchange] { exchange(r[1], 2); },
            [this] { r[2] = x.fetch_add(0, kRelaxed); }};
  }
  Outcome outcome() const { return {r[0], r[1], x.load()}; }
};

TEST(Litmus, OneOfTwoCompareExchangesSucceeds) {
  EXPECT_EQ(outcomes<TwoExchanges>(), (std::set<Outcome>{{0, 1, 2}, {1, 0, 1}}));
}

// Store buffering again, with loads that are failures.
template <std::memory_order kFailure>
struct FailureBuffering : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kSeqCst);
              r[0] = 5;
              y.compare_exchange_strong(r[0], 6, kSeqCst, kFailure);
            },
            [this] {
              y.store(1, kSeqCst);
              r[1] = 5;
              x.compare_exchange_strong(r[1], 6, kSeqCst, kFailure);
            }};
  }
  Outcome outcome() const { return {r[0], r[1]}; }
};

TEST(Litmus, AFailedCompareExchangeIsALoadWithAnOrderOfItsOwn) {
  EXPECT_TRUE(allows<FailureBuffering<kAcquire>>({0, 0}));
  EXPECT_FALSE(allows<FailureBuffering<kSeqCst>>({0, 0}));
}

struct OldFailure : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kRelaxed);
              y.store(1, kRelaxed);
            },
            [this] {
              r[0] = y.load(kRelaxed);
              r[1] = 5;
              r[2] = x.compare_exchange_strong(r[1], 6, kRelaxed) ? 1 : 0;
            }};
  }
  Outcome outcome() const { return {r[0], r[1], r[2]}; }
};

TEST(Litmus, ACompareExchangeMayFailBecauseOfAnOldWrite) {
  EXPECT_TRUE(allows<OldFailure>({1, 0, 0}));
  EXPECT_FALSE(allows<OldFailure>({1, 5, 0}));
}

// A seq_cst read behind a relaxed one of the same thread does not make up for it.
struct MixedStrictness : Litmus {
  Threads threads() {
    return {[this] {
              x.store(1, kRelaxed);
              r[0] = y.load(kSeqCst);
            },
            [this] {
              y.store(1, kSeqCst);
              r[1] = x.load(kSeqCst);
            }};
  }
  Outcome outcome() const { return {r[0], r[1]}; }
};

TEST(Litmus, SeqCstOrdersSeqCstOperationsOnly) { EXPECT_TRUE(allows<MixedStrictness>({0, 0})); }

// The write itself is relaxed; one thread reads it before it looks at y, the other behind writing
// y.
template <std::memory_order kLoad>
struct ReadersOfARelaxedWrite : Litmus {
  Threads threads() {
    return {[this] { x.store(1, kRelaxed); },
            [this] {
              r[0] = x.load(kLoad);
              r[1] = y.load(kSeqCst);
            },
            [this] {
              y.store(1, kSeqCst);
              r[2] = x.load(kSeqCst);
            }};
  }
  Outcome outcome() const { return {r[0], r[1], r[2]}; }
};

TEST(Litmus, SeqCstLoadsSeeOneOrderOfAnyWrites) {
  EXPECT_FALSE(allows<ReadersOfARelaxedWrite<kSeqCst>>({1, 0, 0}));
  EXPECT_TRUE(allows<ReadersOfARelaxedWrite<kAcquire>>({1, 0, 0}));
}

TEST(Litmus, InterleavingsAloneShowNoOldWrites) {
  const Options interleavings{.order_rule = make_seq_cst};
  EXPECT_FALSE((outcomes<StoreBuffering<kRelaxed, kRelaxed>>(interleavings).contains({0, 0})));
  EXPECT_FALSE((outcomes<TwoPlusTwoWrites<kRelaxed>>(interleavings).contains({1, 1})));
}

}  // namespace
}  // namespace tb::explorer
