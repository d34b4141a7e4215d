"""How large an image is: its bytes on disk once the symbols for the debugger are stripped."""

import os
import subprocess
import tempfile
import unittest

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]


class Size(unittest.TestCase):
    def test_of_hello_is_below_200_kb(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["llvm-strip-19", "-o", f"{folder}/hello", f"{RUNFILES}/apps/hello/hello.elf"],
                check=True)
            size = os.path.getsize(f"{folder}/hello")
        print(f"hello: {size} bytes")
        self.assertGreater(size, 10_000)
        self.assertLess(size, 200_000)


if __name__ == "__main__":
    unittest.main()
