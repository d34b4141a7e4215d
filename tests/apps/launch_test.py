"""Images started as a person would: `bazel run`'s script, its options, ends, and signals."""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]
PATIENCE = 200


def launcher(path):
    return f"{RUNFILES}/{path}"


def run(path, *words, **options):
    return subprocess.run(
        [launcher(path), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE, check=False, **options)


class Run(unittest.TestCase):
    def test_ends_with_the_exit_status_of_main(self):
        for status in (0, 1, 77, 200, 255):
            done = run("tests/runtime/image/program", "--", str(status))
            self.assertEqual(done.returncode, status, done.stderr)

    def test_says_that_the_time_is_up(self):
        done = run("tests/arch/x86_64/image/faults", "--timeout", "3", "--", "hang")
        self.assertEqual(done.returncode, 124)
        self.assertEqual(
            done.stderr, "faults: no end after 3 s; stopped (--timeout SECONDS allows more)\n")

    def test_answers_bad_options_with_one_sentence(self):
        for words in (["--cpus", "0"], ["--cpus", "300"], ["--memory", "much"],
                      ["--module", "/no/such/file"], ["--module", "/tmp"], ["--frobnicate"]):
            done = run("apps/hello/hello", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr, r"\Ahello: .+\n\Z", words)

    def test_boots_without_memory_to_spare(self):
        done = run("apps/hello/hello", "--memory", "32M", "--cpus", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_leaves_no_machine_behind_when_it_is_killed(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with subprocess.Popen(
                    [launcher("tests/arch/x86_64/image/faults"), "--", "hang"],
                    stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as started:
                started.stdout.readline()  # the machine is up
                children = subprocess.run(
                    ["pgrep", "-P", str(started.pid)], capture_output=True, text=True,
                    check=True).stdout.split()
                self.assertTrue(children)
                started.send_signal(number)
                started.wait(PATIENCE)
            until = time.monotonic() + PATIENCE
            while any(os.path.exists(f"/proc/{child}") for child in children):
                self.assertLess(time.monotonic(), until, "QEMU goes on")
                time.sleep(0.05)


class Wordcount(unittest.TestCase):
    def compare(self, path, *options):
        expected = subprocess.run(
            ["wc", "-w", path], capture_output=True, text=True, check=True,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]}).stdout.split()[0]
        done = run("apps/wordcount/wordcount", "--module", path, *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], f"{expected} {os.path.basename(path)}")
        self.assertGreater(int(expected), 0)

    def test_counts_what_wc_counts(self):
        self.compare(f"{RUNFILES}/LICENSE")
        self.compare(f"{RUNFILES}/LICENSE", "--cpus", "16")
        self.compare(f"{RUNFILES}/LICENSE", "--iso")

    def test_counts_a_large_text_with_odd_white_space(self):
        with open(f"{RUNFILES}/LICENSE", encoding="utf-8") as file:
            words = file.read().split()
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/large text,really.txt"
            with open(path, "w", encoding="utf-8") as file:
                for turn in range(400):
                    file.write(" \t\n\v\f\r"[turn % 6].join(words) + "\x01 \x7f\n")
            done = run("apps/wordcount/wordcount", "--module", path)
            self.assertEqual(done.stdout.splitlines()[-1].split()[0], str(400 * len(words)))

    def test_says_what_is_missing(self):
        done = run("apps/wordcount/wordcount")
        self.assertEqual(done.returncode, 2)
        self.assertIn("wordcount: there is no text to count; pass one or more with --module FILE\n",
                      done.stdout)


class Primes(unittest.TestCase):
    def test_finds_the_same_with_any_number_of_cpus(self):
        for cpus in ("1", "2", "4", "8"):
            done = run("apps/primes/primes", "--cpus", cpus, "--", "1000000")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            rows = re.findall(r"^ +(\d+) +(\d+) +\d+ us", done.stdout, re.MULTILINE)
            self.assertEqual([found for _, found in rows], ["78498"] * len(rows))
            self.assertEqual(rows[-1][0], cpus)

    def test_refuses_a_limit_that_is_none(self):
        for limit in ("many", "1", "-5", "2000000000", "10x"):
            done = run("apps/primes/primes", "--", limit)
            self.assertEqual(done.returncode, 2)
            self.assertIn("primes: the one argument is the limit, a number from 2 to ", done.stdout)


class Gdb(unittest.TestCase):
    def test_stops_in_main_and_names_it(self):
        with subprocess.Popen(
                [launcher("apps/hello/hello"), "--gdb", "--cpus", "1"], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
            try:
                line = started.stderr.readline()
                port = re.search(r"target remote 127.0.0.1:(\d+)", line)[1]
                image = line.split()[-1]
                done = subprocess.run(
                    ["gdb", "-batch", "-nx", "-ex", "set backtrace past-main on",
                     "-ex", f"target remote 127.0.0.1:{port}", "-ex", "hbreak main",
                     "-ex", "continue", "-ex", "backtrace", "-ex", "kill", image],
                    capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertRegex(done.stdout, r"#0 +main \(\) at apps/hello/hello.cc:\d+")
                self.assertRegex(done.stdout, r"tb::run_application \(\)")
            finally:
                started.kill()


if __name__ == "__main__":
    unittest.main()
