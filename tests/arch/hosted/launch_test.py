"""Hosted programs started as a person would: options, ends, signals, and an idle machine."""

import os
import resource
import signal
import subprocess
import sys
import time
import unittest

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]
PATIENCE = 200
FAULTS = "tests/arch/x86_64/image/faults.hosted"
PROGRAM = "tests/runtime/image/program.hosted"


def run(path, *words):
    return subprocess.run(
        [f"{RUNFILES}/{path}", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE, check=False)


def boot(path, *words):
    return [sys.executable, f"{RUNFILES}/tools/boot.py", "--hosted", "--image",
            f"{RUNFILES}/{path}", *words]


class Run(unittest.TestCase):
    def test_ends_with_the_exit_status_of_main(self):
        for status in (0, 1, 77, 200, 255):
            self.assertEqual(run(PROGRAM, "--", str(status)).returncode, status)

    def test_answers_bad_options_with_one_sentence(self):
        for words in (["--cpus", "0"], ["--cpus", "2000"], ["--memory", "much"], ["word"],
                      ["--module", "/no/such/file"], ["--module", "/tmp"], ["--iso"]):
            done = run("apps/hello/hello.hosted", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr, r"\Ahello: .+\n\Z", words)
            self.assertEqual(done.stdout, "")

    def test_has_what_qemu_would_have(self):
        done = run("apps/hello/hello.hosted", "--memory", "32M", "--cpus", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"\Athreadbare: 2 CPUs, 31 MiB; hosted by Linux ")

    def test_a_reader_that_leaves_ends_it(self):
        with subprocess.Popen([f"{RUNFILES}/{PROGRAM}"], stdout=subprocess.PIPE) as started:
            started.stdout.close()
            self.assertEqual(started.wait(PATIENCE), -signal.SIGPIPE)

    def test_the_launcher_stops_what_takes_too_long(self):
        done = subprocess.run(
            boot(FAULTS, "--timeout", "1", "--", "hang"), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 124)
        self.assertIn("no end after 1 s", done.stderr)

    def test_a_launcher_that_is_killed_leaves_nothing_behind(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with subprocess.Popen(boot(FAULTS, "--", "hang"), stdout=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL) as started:
                started.stdout.readline()  # the machine is up
                children = subprocess.run(
                    ["pgrep", "-P", str(started.pid)], capture_output=True, text=True,
                    check=True).stdout.split()
                self.assertTrue(children)
                started.send_signal(number)
                started.wait(PATIENCE)
            until = time.monotonic() + PATIENCE
            while any(os.path.exists(f"/proc/{child}") for child in children):
                self.assertLess(time.monotonic(), until, "the program is gone")
                time.sleep(0.05)

    def test_cpus_without_work_take_no_time(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        done = run("tests/arch/hosted/asleep.hosted", "--cpus", "16")
        took = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(done.returncode, 0, done.stdout)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.assertLess(used, took / 4)


if __name__ == "__main__":
    unittest.main()
