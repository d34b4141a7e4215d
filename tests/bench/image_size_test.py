"""How large an image is: its bytes on disk once the symbols for the debugger are stripped."""

import os
import subprocess
import tempfile
import unittest

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]


def stripped_size(image):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["llvm-strip-19", "-o", f"{folder}/stripped", f"{RUNFILES}/{image}"],
                       check=True)
        return os.path.getsize(f"{folder}/stripped")


class Size(unittest.TestCase):
    def test_of_hello_without_the_library_is_below_200_kb(self):
        size = stripped_size("apps/hello/hello.elf")
        print(f"hello: {size} bytes")
        self.assertGreater(size, 10_000)
        self.assertLess(size, 200_000)

    def test_of_hello_with_iostream_and_a_thread_is_below_2_mb(self):
        size = stripped_size("tests/standard_library/hello.elf")
        print(f"hello with the library: {size} bytes")
        self.assertGreater(size, 500_000)
        self.assertLess(size, 2_000_000)


if __name__ == "__main__":
    unittest.main()
