"""The command line of a hosted program, alone or below gdb."""

import os

# Both are at home in a hosted program: pages that are touched for the first time, system calls of
# the standard library. The application's own faults are reported in words.
_GDB = ["gdb", "-ex", "handle SIGSEGV SIGSYS nostop noprint pass", "-ex", "break main"]


def command(options):
    """The options are checked, so the program has no reason to refuse them."""
    words = [options.image]
    if options.cpus is not None:
        words += ["--cpus", str(options.cpus)]
    if options.memory_mib is not None:
        words += ["--memory", f"{options.memory_mib}M"]
    for module in options.modules:
        words += ["--module", module]
    return words + ["--", *options.arguments]


def become_gdb(options):
    """Does not return: the terminal is gdb's."""
    os.execvp("gdb", [*_GDB, "--args", *command(options)])
