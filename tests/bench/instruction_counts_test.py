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


def count():
    done = subprocess.run(
        [f"{RUNFILES}/bench/counts/counts", "--icount", "--cpus", "1"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=200, check=True)
    return {operation: int(ticks) for operation, ticks in
            re.findall(r"^(.+): (\d+) ticks$", done.stdout, re.MULTILINE)}


class Counts(unittest.TestCase):
    def test_are_the_committed_ones(self):
        with open(f"{RUNFILES}/bench/instruction_counts.json", encoding="utf-8") as file:
            committed = json.load(file)
        counted = count()
        print(json.dumps(counted, indent=2))
        self.assertEqual(set(counted), set(committed))
        for operation, wanted in committed.items():
            with self.subTest(operation):
                self.assertLessEqual(abs(counted[operation] - wanted), TOLERANCE * wanted)

    def test_are_reproducible(self):
        self.assertEqual(count(), count())


if __name__ == "__main__":
    unittest.main()
