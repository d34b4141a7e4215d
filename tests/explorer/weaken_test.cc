// Weakening by steps: what a scenario needs is told from what it does not.
#include "tests/explorer/weaken.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/explorer/litmus.h"

namespace tb::explorer {
namespace {

using testing::ElementsAre;

// Stricter than a letter needs.
struct Mailbox {
  void post() {
    letter.write(1);
    full.store(true, kSeqCst);
  }

  void look() {
    bool yes = true;
    if (full.compare_exchange_strong(yes, false, kAcqRel, kAcquire)) {
      letter.read();
    }
  }

  ExploredAtomic<bool> full{false};
  ExploredData<int> letter{0};
};

struct Posting {
  Threads threads() {
    return {[this] { box.post(); }, [this] { box.look(); }};
  }
  void check() {}

  Mailbox box;
};

TEST(Weakening, TellsNeededOrdersFromOthers) {
  const Weakenings weakenings = try_weakenings<Posting>("explorer/weaken_test.cc");
  EXPECT_THAT(weakenings.noticed, ElementsAre("look: acq_rel to release"));
  EXPECT_THAT(weakenings.unnoticed,
              ElementsAre("post: seq_cst to release", "look: acq_rel to acquire",
                          "look: acquire to relaxed on failure"));
}

TEST(Weakening, LooksAtOneFileOnly) {
  const Weakenings weakenings = try_weakenings<Posting>("explorer/other.cc");
  EXPECT_THAT(weakenings.noticed, ElementsAre());
  EXPECT_THAT(weakenings.unnoticed, ElementsAre());
}

}  // namespace
}  // namespace tb::explorer
