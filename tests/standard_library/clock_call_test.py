"""Reading a clock makes no system call: neither clock_gettime() nor what it calls has the trap."""

import os
import re
import subprocess
import unittest

IMAGE = (f"{os.environ['TEST_SRCDIR']}/{os.environ['TEST_WORKSPACE']}"
         "/bench/library_counts/library_counts.elf")
DEPTH = 3


def instructions_of(symbol):
    shown = subprocess.run(
        ["/usr/lib/llvm-19/bin/llvm-objdump", "--no-show-raw-insn",
         f"--disassemble-symbols={symbol}", IMAGE], capture_output=True, text=True, check=True)
    return re.findall(r"^ *[0-9a-f]+: *\t(.*)$", shown.stdout, re.MULTILINE)


class ClockCall(unittest.TestCase):
    def test_no_trap_is_in_it_or_in_what_it_calls(self):
        seen = set()
        level = {"clock_gettime"}
        for _ in range(DEPTH):
            called = set()
            for symbol in level:
                instructions = instructions_of(symbol)
                self.assertTrue(instructions, symbol)
                self.assertEqual([line for line in instructions if "syscall" in line], [], symbol)
                called |= set(re.findall(r"(?:call|jmp)q?\t0x[0-9a-f]+ <([^>+]+)>",
                                         "\n".join(instructions)))
            seen |= level
            level = called - seen
        self.assertTrue(any("read_clock" in symbol for symbol in seen), seen)

    def test_the_trap_would_be_seen(self):
        self.assertTrue(any("syscall" in line for line in instructions_of("__nanosleep")
                            or instructions_of("__write")))


if __name__ == "__main__":
    unittest.main()
