"""The same options are the same run: byte for byte, however the compiler has optimised."""

import os
import subprocess
import unittest

FOLDER = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"] + "/tests/simulator"


def trace(program, *words):
    done = subprocess.run(
        [f"{FOLDER}/{program}", "--trace", "--console", "--events", "30000", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stdout[-3000:].decode(errors="replace"))
    return done.stdout


class SameRun(unittest.TestCase):
    def test_twice_is_the_same(self):
        for words in ([], ["--faults", "all"], ["--mwait", "--cpus", "3"]):
            first = trace("sim", *words)
            self.assertGreater(first.count(b"\n"), 5000)
            self.assertEqual(first, trace("sim", *words))

    def test_another_seed_is_another_run(self):
        self.assertNotEqual(trace("sim"), trace("sim", "--seed", "2"))

    def test_without_optimisation_is_the_same(self):
        for words in ([], ["--faults", "all", "--seed", "7"], ["--mwait", "--cpus", "16"],
                      ["--cpus", "1"]):
            self.assertEqual(trace("sim", *words), trace("sim_unoptimised", *words))


    def test_the_figure_of_the_idle_rule_is_the_same(self):
        file = os.environ["TEST_TMPDIR"] + "/idle_rule.svg"
        figures = []
        for program in ("sim", "sim", "sim_unoptimised"):
            subprocess.run(
                [f"{FOLDER}/{program}", "--scenario", "bursts", "--seed", "3", "--events", "30000",
                 "--idle-rule", file], stdout=subprocess.DEVNULL, check=True)
            with open(file, encoding="utf-8") as svg:
                figures.append(svg.read())
        self.assertIn("the rule: 50 us at most", figures[0])
        self.assertTrue(figures[0].endswith("</svg>\n"))
        self.assertEqual(figures[0], figures[1])
        self.assertEqual(figures[0], figures[2])

    def test_a_figure_changes_nothing(self):
        figure = os.environ["TEST_TMPDIR"] + "/other.svg"
        words = ["--scenario", "bursts", "--cpus", "3"]
        self.assertEqual(trace("sim", *words), trace("sim", *words, "--idle-rule", figure))


if __name__ == "__main__":
    unittest.main()
