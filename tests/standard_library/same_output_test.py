"""Runs one program on Linux and in QEMU: both print the same and end with the same status.

Arguments: the program for Linux, the launcher for QEMU and options of it, and after -- what both
programs are given.
"""

import difflib
import re
import subprocess
import sys

# What the runtime itself says first.
_BANNER = re.compile(r"\Athreadbare: [^\n]*\n")
_SECONDS = 400


def run(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=_SECONDS, check=False)
    return done.stdout.decode(errors="replace"), done.returncode


def main(words):
    middle = words.index("--")
    linux, launcher, *options = words[:middle]
    arguments = words[middle + 1:]
    wanted, wanted_status = run(["./" + linux, *arguments])
    console, status = run(["./" + launcher, *options, "--", *arguments])
    shown = _BANNER.sub("", console)
    print(console)
    if shown != wanted:
        sys.stdout.writelines(difflib.unified_diff(
            wanted.splitlines(True), shown.splitlines(True), "Linux", "image"))
        return 1
    if status != wanted_status:
        print(f"the status is {status}, on Linux {wanted_status}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
