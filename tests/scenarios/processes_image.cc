// The scenarios of processes in an image; with an argument, the one of that name.
#include <string_view>

#include "tests/scenarios/processes.h"

int main(int argc, char** argv) {
  tb::test::Suite suite;
  for (const tb::test::Scenario& scenario : tb::test::process_scenarios()) {
    if (argc == 1 || scenario.name == argv[1]) {
      suite.test(scenario.sentence, scenario.run);
    }
  }
  return suite.status();
}
