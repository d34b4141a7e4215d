// Using the CPU, where time is the machine's.
#include "runtime/thread.h"
#include "tests/scenarios/scenarios.h"

namespace tb::test {

void spend(Duration duration) {
  const Time end = after(now(), duration);
  while (now() < end) {
  }
}

}  // namespace tb::test
