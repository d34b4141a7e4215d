#!/bin/bash
# A thousand million events in one run, and as many in many: on few and many CPUs, with faults and
# without.
set -euo pipefail
sim="$TEST_SRCDIR/$TEST_WORKSPACE/tests/simulator/sim"
"$sim" --scenario bursts --events 1000000000
for faults in none all; do
  for cpus in 2 3 4 8 16; do
    "$sim" --cpus "$cpus" --faults "$faults" --seeds 10 --events 1000000
    "$sim" --cpus "$cpus" --faults "$faults" --seeds 10 --events 1000000 --mwait
  done
  for scenario in bursts wake-storm timeouts; do
    "$sim" --cpus 64 --threads 500 --faults "$faults" --seeds 10 --scenario "$scenario"
  done
done
