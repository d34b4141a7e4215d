"""gdb stops in a thread of a hosted program and shows who called whom, by name."""

import os
import subprocess
import unittest

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]
PATIENCE = 200


def gdb(program, *commands):
    words = ["gdb", "--batch", "-nx", "-ex", "set debuginfod enabled off", "-ex",
             "handle SIGSEGV SIGSYS nostop noprint pass"]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run(
        [*words, "--args", f"{RUNFILES}/{program}", "--cpus", "2", "--memory", "256M"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=PATIENCE, check=False)
    return done.stdout


class Debugger(unittest.TestCase):
    def test_a_breakpoint_in_a_thread_shows_its_frames(self):
        said = gdb("apps/hello/hello.hosted", "break tb::this_thread::sleep_for", "run",
                   "backtrace")
        self.assertRegex(said, r"(?m)^#0 .*sleep_for", said)
        self.assertRegex(said, r"(?m)^#[1-9] .*start_context", said)

    def test_a_thread_that_is_losing_the_cpu_shows_where_it_was(self):
        # The hog never calls anything that would give the CPU away.
        said = gdb("apps/hello/hello.hosted", "break reschedule_this_thread", "run", "backtrace")
        self.assertRegex(said, r"(?m)^#[1-9].*serve_interrupts", said)
        self.assertRegex(said, r"(?m)^#[1-9] +<signal handler called>|serve_pending", said)
        self.assertRegex(said, r"(?m)^#[1-9] .*run_thread", said)
        self.assertRegex(said, r"(?m)^#[1-9].*start_context", said)

    def test_a_program_that_is_left_alone_ends(self):
        said = gdb("apps/wordcount/wordcount.hosted", "run")
        self.assertRegex(said, r"exited (normally|with code)", said)


if __name__ == "__main__":
    unittest.main()
