// The scenarios in an image.
#include "tests/scenarios/scenarios.h"

int main() {
  tb::test::Suite suite;
  for (const tb::test::Scenario& scenario : tb::test::scenarios()) {
    suite.test(scenario.sentence, scenario.run);
  }
  return suite.status();
}
