"""Searches the model of the scheduler's protocol with Spin: whole, it has no error and as many
states as docs/scheduler.md says; with a step broken, it is found wrong."""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(FOLDER, "park_wake_idle.pml")
FIGURES = os.path.join(FOLDER, "../../docs/scheduler.md")

# What is searched, by the names in docs/scheduler.md.
MODELS = {
    "two threads": ["THREADS=2", "WAKES=1"],
    "two threads, MWAIT": ["THREADS=2", "WAKES=1", "MWAIT"],
    "three threads": ["READY_AT_FIRST=1", "WAKES=2", "TICKS=1"],
    "three threads, one pinned": [
        "READY_AT_FIRST=3", "WAKES=1", "TICKS=0", "MOVABLE=3", "HOME_OF_LAST=1"],
    "three threads, one pinned, MWAIT": [
        "READY_AT_FIRST=3", "WAKES=1", "TICKS=0", "MOVABLE=3", "HOME_OF_LAST=1", "MWAIT"],
    "three threads, one moves": [
        "READY_AT_FIRST=5", "WAKES=3", "TICKS=0", "MOVABLE=2", "HOME_OF_LAST=1", "WOKEN=2"],
    "three CPUs": ["CPUS=3", "THREADS=2", "READY_AT_FIRST=1", "WAKES=1", "TICKS=0"],
}

# Every run of this model ends; as the search for errors shows, with every woken thread run. With
# timer interrupts without end a run need not end.
ENDING = MODELS["three threads, one moves"]
ENDLESS = ["READY_AT_FIRST=1", "WAKES=2"]

# A part of the assertion that fails.
TWO_PLACES = "stack["
TWO_INBOXES = "inbox["
REST = "owed==0"
FORGOTTEN = "forgotten"
BESIDE_WORK = "sleeper"

BROKEN = {
    "NO_RECHECK_BEFORE_SLEEP": ("two threads", REST),
    "ENABLE_THEN_SLEEP": ("two threads", REST),
    "PARK_DOES_NOT_LOOK_AGAIN": ("two threads", REST),
    "TAKEN_BY_A_STORE": ("three threads, one moves", REST),
    "TAKEN_WITH_THE_LINK": ("three threads, one moves", TWO_INBOXES),
    "NOT_FORWARDED": ("three threads, one moves", REST),
    "NOT_LEFT_FOR_ARRIVAL": ("two threads", REST),
    "SHARED_BEFORE_STACK_LEFT": ("two threads", TWO_PLACES),
    "CLEAR_WATCHING_AFTER_LOOK": ("two threads", FORGOTTEN),
    "READ_WATCHING_BEFORE_PUSH": ("two threads", FORGOTTEN),
    "TIMER_LEAVES_WATCHING": ("three threads", FORGOTTEN),
    "STILL_WATCHING_AFTER_IDLE": ("three threads, one pinned", FORGOTTEN),
    "LOOK_AT_IDLE_BEFORE_LOADED": ("two threads", BESIDE_WORK),
    "LOOK_AT_LOADED_BEFORE_ANNOUNCE": ("two threads", BESIDE_WORK),
}

ERRORS = ["-DSAFETY", "-O1"]
# What is found early takes longer to optimize than to find.
EARLY_ERRORS = ["-DSAFETY", "-O0"]
CYCLES = ["-DNP", "-DNOFAIR", "-O1"]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def search(macros, kind):
    """Returns what the search of the model with these macros has to say."""
    with tempfile.TemporaryDirectory(prefix="model_") as folder:
        run(["spin", "-Pclang-19 -E -x c", "-a", *[f"-D{macro}" for macro in macros], MODEL],
            folder)
        run(["clang-19", "-w", "-DMEMLIM=900", *kind, "-o", "pan", "pan.c"],
            folder)
        mode = ["-l"] if kind is CYCLES else []
        return run(["./pan", *mode, "-m200000", "-w23"], folder)


def states(report):
    return int(re.search(r"^ *(\d+) states, stored", report, re.MULTILINE)[1])


def recorded_figures():
    with open(FIGURES, encoding="utf-8") as file:
        section = file.read().partition("\n## The model\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \|.*\| ([\d,]+) \|$", section, re.MULTILINE)
    return {name: int(figure.replace(",", "")) for name, figure in rows}


class ModelTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(2)
        # The long ones first.
        cls.whole = {name: cls.pool.submit(search, macros, ERRORS)
                     for name, macros in sorted(MODELS.items(), reverse=True)}
        cls.ending = cls.pool.submit(search, ENDING, CYCLES)
        cls.endless = cls.pool.submit(search, ENDLESS, CYCLES)
        cls.broken = {step: cls.pool.submit(search, MODELS[name] + [step], EARLY_ERRORS)
                      for step, (name, _) in BROKEN.items()}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown()

    def expect_complete_without_error(self, report):
        self.assertIn("errors: 0\n", report)
        self.assertNotIn("not completed", report)
        self.assertNotIn("search depth too small", report)

    def test_the_protocol_has_no_error(self):
        for name, search_result in self.whole.items():
            with self.subTest(name):
                report = search_result.result()
                self.expect_complete_without_error(report)
                self.assertRegex(report, r"assertion violations\s+\+")
                self.assertRegex(report, r"invalid end states\s+\+")

    def test_the_documentation_has_the_figures_of_the_search(self):
        found = {name: states(result.result()) for name, result in self.whole.items()}
        self.assertEqual(found, recorded_figures())

    def test_every_run_ends_if_the_timer_does(self):
        report = self.ending.result()
        self.expect_complete_without_error(report)
        self.assertRegex(report, r"non-progress cycles\s+\+")

    def test_a_run_without_end_is_found(self):
        self.assertIn("non-progress cycle", self.endless.result().splitlines()[0])

    def test_every_broken_step_is_found(self):
        for step, (_, assertion) in BROKEN.items():
            with self.subTest(step):
                report = self.broken[step].result()
                self.assertIn("errors: 1\n", report)
                self.assertIn(assertion, re.search(r"assertion violated.*", report)[0])


if __name__ == "__main__":
    sys.exit(unittest.main())
