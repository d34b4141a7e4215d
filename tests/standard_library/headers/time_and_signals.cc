// Clocks and calendars, signals that a program raises itself, long jumps, errno and the
// environment.
#include <cerrno>
#include <chrono>
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include "tests/standard_library/check.h"

namespace {

using namespace std::chrono_literals;
using tb::test::check;

void use_clocks() {
  const auto steady = std::chrono::steady_clock::now();
  const auto system = std::chrono::system_clock::now();
  const auto precise = std::chrono::high_resolution_clock::now();
  std::this_thread::sleep_for(20ms);
  check(std::chrono::steady_clock::now() - steady >= 20ms, "the steady clock goes on");
  check(std::chrono::system_clock::now() - system >= 10ms, "the system's clock goes on");
  check(std::chrono::high_resolution_clock::now() > precise, "the precise one as well");
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(system));
  check(today.year() > std::chrono::year(2020) && today.year() < std::chrono::year(2200),
        "it is after 2020");
  const std::time_t seconds = std::time(nullptr);
  check(std::chrono::system_clock::from_time_t(seconds) >= system - 1s, "C has the same time");
  std::timespec precise_time{};
  check(std::timespec_get(&precise_time, TIME_UTC) == TIME_UTC && precise_time.tv_sec >= seconds,
        "and the same with nanoseconds");
  const std::clock_t before = std::clock();
  volatile long sum = 0;
  for (int i = 0; i < 30'000'000; ++i) {
    sum = sum + i;
  }
  check(before != -1 && std::clock() > before, "the time that the program has had of the CPUs");
}

void use_calendar() {
  const std::time_t time = 1'927'857'906;
  std::tm utc{};
  check(gmtime_r(&time, &utc) == &utc, "a date in UTC");
  char text[100];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %A %j %U %p %e %B", &utc);
  std::cout << text << '\n' << std::put_time(&utc, "%F %T") << '\n';
  std::tm local{};
  check(localtime_r(&time, &local) != nullptr && std::asctime(&utc) != nullptr, "a date");
  utc.tm_mday += 400;
  check(timegm(&utc) == time + 400 * 86'400, "a date that is to be normalised");
  std::tm read{};
  std::istringstream("2024-02-29 12:34:56") >> std::get_time(&read, "%Y-%m-%d %H:%M:%S");
  check(read.tm_year == 124 && read.tm_mon == 1 && read.tm_mday == 29 && read.tm_sec == 56,
        "a date that is read");
  const auto leap = std::chrono::sys_days(2024y / std::chrono::February / std::chrono::last);
  const std::chrono::hh_mm_ss clock(3h + 25min + 45s);
  std::cout << unsigned{std::chrono::year_month_day(leap).day()} << ' '
            << std::chrono::weekday(leap).c_encoding() << ' ' << clock.minutes().count() << ' '
            << std::chrono::duration_cast<std::chrono::minutes>(2h + 59s).count() << ' '
            << std::chrono::round<std::chrono::seconds>(1500ms).count() << '\n';
  check(std::difftime(time + 5, time) == 5, "a difference");
}

volatile std::sig_atomic_t received = 0;

void note(int number) { received = received + number; }

void use_signals() {
  check(std::signal(SIGUSR1, note) == SIG_DFL, "nobody had asked for it");
  check(std::raise(SIGUSR1) == 0 && received == SIGUSR1, "the handler has run");
  check(std::raise(SIGUSR1) == 0 && received == 2 * SIGUSR1, "and again");
  check(std::signal(SIGUSR1, SIG_IGN) == note, "the handler is known");
  check(std::raise(SIGUSR1) == 0 && received == 2 * SIGUSR1, "a signal that is ignored");
  check(std::signal(SIGUSR1, SIG_DFL) == SIG_IGN, "as before");
  check(std::signal(9999, note) == SIG_ERR && errno == EINVAL, "no such signal");
}

std::jmp_buf place;

[[noreturn]] void jump_from(int depth) {
  if (depth == 0) {
    std::longjmp(place, 5);
  }
  jump_from(depth - 1);
}

void use_long_jumps() {
  volatile int turns = 0;
  const int value = setjmp(place);
  turns = turns + 1;
  if (turns < 3) {
    jump_from(turns * 50);
  }
  check(value == 5 && turns == 3, "twice back, and on");
}

void use_errors_and_environment() {
  errno = 0;
  check(std::strtol("99999999999999999999", nullptr, 10) > 0 && errno == ERANGE, "out of range");
  int other = -1;
  std::thread([&other] { other = errno; }).join();
  check(other == 0 && errno == ERANGE, "each thread has its own errno");
  std::cout << std::strerror(ENOENT) << "; " << std::generic_category().message(EINVAL) << "; "
            << std::make_error_code(std::errc::timed_out).message() << '\n';
  const std::error_code code(ENOMEM, std::system_category());
  check(code == std::errc::not_enough_memory, "an error of the system");
  check(std::getenv("NOBODY_HAS_THIS_NAME") == nullptr, "no such variable");
  check(setenv("A_NAME", "a value", 1) == 0 && std::string(std::getenv("A_NAME")) == "a value",
        "a variable of the environment");
  check(unsetenv("A_NAME") == 0 && std::getenv("A_NAME") == nullptr, "it can be taken away");
}

}  // namespace

int main() {
  use_clocks();
  use_calendar();
  use_signals();
  use_long_jumps();
  use_errors_and_environment();
  return tb::test::finish();
}
