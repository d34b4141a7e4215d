// There is one policy: it can be asked for, no other is had, and nothing impossible is accepted.
#include <cerrno>

#include <linux/sched.h>

#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::raw_call;
using tb::test::Suite;

long set_policy(int policy, int priority) {
  return raw_call(SYS_sched_setscheduler, 0, policy, &priority);
}

}  // namespace

int main() {
  Suite suite;
  suite.test("the ordinary policy can be asked for", [](Suite& s) {
    s.equal(set_policy(SCHED_NORMAL, 0), 0l, "the answer");
    s.equal(raw_call(SYS_sched_getscheduler, 0), long{SCHED_NORMAL}, "the policy");
  });
  suite.test("no other policy is accepted and then ignored", [](Suite& s) {
    s.equal(set_policy(SCHED_BATCH, 0), long{-EPERM}, "batch");
    s.equal(set_policy(SCHED_IDLE, 0), long{-EPERM}, "idle");
    s.equal(set_policy(SCHED_FIFO, 50), long{-EPERM}, "first in, first out");
    s.equal(set_policy(SCHED_RR, 1), long{-EPERM}, "round robin");
  });
  suite.test("what no machine has is invalid", [](Suite& s) {
    s.equal(set_policy(SCHED_NORMAL, 1), long{-EINVAL}, "a priority of an ordinary thread");
    s.equal(set_policy(SCHED_FIFO, 0), long{-EINVAL}, "a priority too low");
    s.equal(set_policy(SCHED_RR, 100), long{-EINVAL}, "a priority too high");
    s.equal(set_policy(77, 0), long{-EINVAL}, "a policy");
  });
  return suite.status();
}
