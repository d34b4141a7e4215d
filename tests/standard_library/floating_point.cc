// The floating-point environment is a thread's own: a new thread begins with its maker's, and
// waiting does not change it.
#include <cfenv>
#include <chrono>
#include <iostream>
#include <thread>

#include "tests/standard_library/check.h"

namespace {

// The last digit tells how it was rounded.
bool rounds_up() {
  volatile double one = 1;
  volatile double three = 3;
  return one / three > 0.33333333333333331;
}

}  // namespace

int main() {
  std::fesetround(FE_UPWARD);
  bool in_child = false;
  bool after_sleep = false;
  std::thread([&] {
    in_child = rounds_up() && std::fegetround() == FE_UPWARD;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    after_sleep = rounds_up();
    std::fesetround(FE_TONEAREST);
  }).join();
  std::cout << "inherited: " << in_child << ", kept: " << after_sleep
            << ", the maker's own: " << rounds_up() << std::endl;
  return tb::test::finish();
}
