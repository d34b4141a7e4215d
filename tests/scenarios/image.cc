// The scenarios in an image.
#include "runtime/thread.h"
#include "tests/scenarios/scenarios.h"

namespace tb::test {

void spend(Duration duration) {
  const Time end = after(now(), duration);
  while (now() < end) {
  }
}

}  // namespace tb::test

int main() {
  tb::test::Suite suite;
  for (const tb::test::Scenario& scenario : tb::test::scenarios()) {
    suite.test(scenario.sentence, scenario.run);
  }
  return suite.status();
}
