"""Which images leave the floating-point control alone, as their builds found."""

import os
import subprocess
import tempfile
import unittest

RUNFILES = f"{os.environ['TEST_SRCDIR']}/{os.environ['TEST_WORKSPACE']}"
TOOLS = "/usr/lib/llvm-19/bin/"
SYMBOL = "tb_floating_point_control_is_fixed"


def is_fixed(image):
    """Of an image, from its runfiles."""
    path = f"{RUNFILES}/{image}"
    names = subprocess.run([TOOLS + "llvm-nm", "--defined-only", "--format=just-symbols", path],
                           capture_output=True, text=True, check=True).stdout
    assert SYMBOL in names.split()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([TOOLS + "llvm-objcopy", f"--dump-section=.symbol_table={folder}/table",
                        path, "/dev/null"], check=True)
        with open(f"{folder}/table", "rb") as file:
            return int.from_bytes(file.read()[-4:], "little") != 0  # it stands behind the table


class ControlIsFixed(unittest.TestCase):
    def test_in_an_application_that_does_not_change_it(self):
        self.assertIs(is_fixed("apps/hello/hello.elf"), True)

    def test_not_in_one_that_does(self):
        self.assertIs(is_fixed("tests/arch/x86_64/image/floating_point_control.elf"), False)

    def test_in_one_with_the_c_library_that_does_not_call_its_functions_for_that(self):
        self.assertIs(is_fixed("tests/standard_library/hello.elf"), True)

    def test_not_in_one_that_calls_them(self):
        self.assertIs(is_fixed("tests/standard_library/floating_point.elf"), False)


if __name__ == "__main__":
    unittest.main()
