"""Counts instructions in QEMU and compares them with the committed figures.

A figure that is off by more than the tolerance, in either direction, wants a look, and the new one
committed to bench/instruction_counts.json.
"""

import json
import os
import re
import subprocess
import unittest

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]
TOLERANCE = 0.02


def count_boot():
    done = subprocess.run(
        [f"{RUNFILES}/bench/boot/boot", "--icount", "--cpus", "1"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=200, check=True)
    return int(re.search(r"^boot to main: (\d+) ticks$", done.stdout, re.MULTILINE)[1])


class Counts(unittest.TestCase):
    def setUp(self):
        with open(f"{RUNFILES}/bench/instruction_counts.json", encoding="utf-8") as file:
            self.committed = json.load(file)

    def test_of_booting_are_the_committed_ones(self):
        counted = count_boot()
        committed = self.committed["boot to main, 1 CPU"]
        print(f"boot to main: {counted} instructions, committed {committed}")
        self.assertLess(abs(counted - committed), TOLERANCE * committed)

    def test_of_booting_are_reproducible(self):
        self.assertEqual(count_boot(), count_boot())


if __name__ == "__main__":
    unittest.main()
