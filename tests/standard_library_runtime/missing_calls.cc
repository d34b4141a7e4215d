// Calls that nobody answers: an error for the caller, and one line for the person in front.
#include <sys/socket.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "tests/image/suite.h"
#include "tests/standard_library_runtime/raw_call.h"

namespace {

using tb::test::raw_call;
using tb::test::Suite;

constexpr long kNobodys = 400;      // between the older and the newer calls
constexpr long kBeyondAll = 5'000;  // and so is what is larger still

void fail(Suite& suite) {
  for (int times = 0; times < 3; ++times) {
    suite.equal(raw_call(SYS_fork), -ENOSYS, "another process");
    suite.equal(raw_call(SYS_epoll_create1, 0), -ENOSYS, "waiting for many files");
    suite.equal(raw_call(kNobodys), -ENOSYS, "a number without a call");
    suite.equal(raw_call(kBeyondAll), -ENOSYS, "a number beyond all calls");
    suite.equal(raw_call(-1), -ENOSYS, "the largest number");
    suite.equal(raw_call(SYS_socket, AF_INET, SOCK_STREAM, 0), -EAFNOSUPPORT, "a socket");
  }
}

void fail_at_once(Suite& suite) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&suite] { suite.check(raw_call(SYS_inotify_init) == -ENOSYS, "watching files"); });
  }
}

// Asked for by every C library, which does without.
void fail_in_silence(Suite& suite) {
  suite.equal(raw_call(SYS_rseq, nullptr, 0, 0, 0), -ENOSYS, "restartable sequences");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("what does not exist fails, every time", fail);
  suite.test("many threads may ask for the same", fail_at_once);
  suite.test("what is not missed fails in silence", fail_in_silence);
  return suite.status();
}
