// GoogleTest's death tests where there is no fork: the statement runs in the thread of the test
// itself, behind a copy of that thread's stack. When it dies, by a broken promise, abort() or
// exit(), the copy is written back, and the test goes on as the parent process would elsewhere.
//
// What else the statement has changed stays changed, and what it held is lost: memory, but locks
// too. A death in another thread ends the program.
#include <setjmp.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/dispatch.h"

namespace tb {
namespace {

using testing::internal::DeathTest;
using TextMatcher = testing::Matcher<const std::string&>;

enum class Outcome { kDied, kLived, kReturned, kThrew };

class DeathTestInPlace : public DeathTest {
 public:
  DeathTestInPlace(const char* statement, TextMatcher matcher)
      : statement_(statement), matcher_(std::move(matcher)) {}

  // Returns twice: first for the statement to be executed, then for what came of it to be judged.
  TestRole AssumeRole() override;

  // As a parent process would see it.
  int Wait() override { return status_; }

  bool Passed(bool exit_status_ok) override;

  void Abort(AbortReason reason) override {
    come_back(reason == TEST_DID_NOT_DIE       ? Outcome::kLived
              : reason == TEST_THREW_EXCEPTION ? Outcome::kThrew
                                               : Outcome::kReturned,
              0);
  }

  // Ends the statement that runs; `status` is of the kind that wait() reports.
  [[noreturn]] void come_back(Outcome outcome, int status);

 private:
  [[gnu::noinline]] void keep_stack();
  [[noreturn, gnu::noinline]] void write_stack_back();
  std::string report(const std::string& errors, bool exit_status_ok) const;

  const char* statement_;
  TextMatcher matcher_;
  Outcome outcome_ = Outcome::kLived;
  int status_ = 0;
  std::byte* stack_begin_ = nullptr;
  std::vector<std::byte> stack_;  // what was there when the statement began
  sigjmp_buf context_;
};

// The death test whose statement the thread executes, or null.
constinit thread_local DeathTestInPlace* running = nullptr;

// Without a death test to end it returns, and abort() ends the program.
void on_abort(int) {
  if (running != nullptr) {
    running->come_back(Outcome::kDied, SIGABRT);
  }
}

DeathTest::TestRole DeathTestInPlace::AssumeRole() {
  testing::internal::CaptureStderr();
  std::signal(SIGABRT, on_abort);
  constexpr int kWithSignalMask = 1;
  if (sigsetjmp(context_, kWithSignalMask) != 0) {
    return OVERSEE_TEST;
  }
  keep_stack();
  running = this;
  return EXECUTE_TEST;
}

// All frames from AssumeRole() upwards; those below are of no use to anybody when they return.
void DeathTestInPlace::keep_stack() {
  stack_begin_ = static_cast<std::byte*>(__builtin_frame_address(0));
  stack_.assign(stack_begin_, current_thread().stack.top());
}

void DeathTestInPlace::come_back(Outcome outcome, int status) {
  running = nullptr;
  outcome_ = outcome;
  status_ = status;
  // Who writes the stack back must stand below what is written.
  const auto* const here = static_cast<std::byte*>(__builtin_frame_address(0));
  if (here > stack_begin_) {
    auto* const gap = static_cast<volatile char*>(
        __builtin_alloca(static_cast<std::size_t>(here - stack_begin_)));
    *gap = 0;
  }
  write_stack_back();
}

void DeathTestInPlace::write_stack_back() {
  std::memcpy(stack_begin_, stack_.data(), stack_.size());
  siglongjmp(context_, 1);
}

bool DeathTestInPlace::Passed(bool exit_status_ok) {
  const std::string errors = testing::internal::GetCapturedStderr();
  set_last_death_test_message(std::string("Death test: ") + statement_ +
                              "\n    Result: " + report(errors, exit_status_ok) + errors);
  return outcome_ == Outcome::kDied && exit_status_ok && matcher_.Matches(errors);
}

// GoogleTest's own words.
std::string DeathTestInPlace::report(const std::string& errors, bool exit_status_ok) const {
  switch (outcome_) {
    case Outcome::kLived:
      return "failed to die.\n Error msg:\n";
    case Outcome::kThrew:
      return "threw an exception.\n Error msg:\n";
    case Outcome::kReturned:
      return "illegal return in test statement.\n Error msg:\n";
    case Outcome::kDied:
      break;
  }
  if (!exit_status_ok) {
    return "died but not with expected exit code:\nActual msg:\n";
  }
  if (matcher_.Matches(errors)) {
    return "died as expected.\n";
  }
  std::ostringstream expected;
  matcher_.DescribeTo(&expected);
  return "died but not with expected error.\n  Expected: " + expected.str() + "\nActual msg:\n";
}

}  // namespace
}  // namespace tb

// The linker puts these in the place of the functions whose names stand behind "__wrap_": the
// options in BUILD.bazel ask it to.

bool create_death_test(const char*, tb::TextMatcher, const char*, int, tb::DeathTest**) asm(
    "__wrap__ZN7testing8internal9DeathTest6CreateEPKcNS_7MatcherIRKNSt7__cxx1112basic_string"
    "IcSt11char_traitsIcESaIcEEEEES3_iPPS1_");

bool create_death_test(const char* statement, tb::TextMatcher matcher, const char*, int,
                       tb::DeathTest** test) {
  *test = new tb::DeathTestInPlace(statement, std::move(matcher));
  return true;
}

[[noreturn]] void real_assertion_failed(const char* what, std::source_location where) asm(
    "__real__ZN2tb16assertion_failedEPKcSt15source_location");
[[noreturn]] void death_of_assertion(const char* what, std::source_location where) asm(
    "__wrap__ZN2tb16assertion_failedEPKcSt15source_location");

// In a death test as base/assert_host.cc has it, else the panic.
void death_of_assertion(const char* what, std::source_location where) {
  if (tb::running == nullptr) {
    real_assertion_failed(what, where);
  }
  std::fprintf(stderr, "%s:%u: assertion failed: %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), what);
  std::abort();
}

extern "C" {
[[noreturn]] void __real_exit(int status);

[[noreturn]] void __wrap_exit(int status) {
  if (tb::running == nullptr) {
    __real_exit(status);
  }
  tb::running->come_back(tb::Outcome::kDied, W_EXITCODE(status & 0xff, 0));
}
}
