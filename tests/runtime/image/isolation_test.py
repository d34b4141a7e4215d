"""The core calls nothing outside itself and touches no vector register.

It runs inside interrupts, on threads whose vector registers are in use, and in images with a C
library whose memcpy is made of them.
"""

import os
import re
import subprocess
import unittest

CORE = f"{os.environ['TEST_SRCDIR']}/{os.environ['TEST_WORKSPACE']}/runtime/libruntime.lo"
TOOLS = "/usr/lib/llvm-19/bin/"

# What the application, the language library, the linker script and the build define.
FROM_OUTSIDE = {
    "_ZN2tb11run_programEiPPc", "_ZN2tb12thread_blockEv", "_ZN2tb13run_in_threadEPFvPvES0_",
    "_ZN2tb17make_thread_blockEPvjSt4spanISt4byteLm18446744073709551615EE",
    "tb_on_system_call", "tb_application_name", "tb_symbol_table",
    "__image_begin", "__text_end", "__rodata_end", "__data_end", "__load_end", "__bss_end",
    "__image_end", "red_zone_step", "vector_state_parts",
}

VECTOR = re.compile(r"%[xyz]?mm[0-9]|%k[0-7]\b|%st\b")


def output_of(tool, *words):
    return subprocess.run(
        [TOOLS + tool, *words, CORE], capture_output=True, text=True, check=True).stdout


class Isolation(unittest.TestCase):
    def test_the_core_calls_nothing_outside_itself(self):
        names = {line.split()[-1] for line in output_of("llvm-nm", "--undefined-only").splitlines()
                 if line.startswith(" ")}
        self.assertIn("tb_application_name", names)
        self.assertEqual(names - FROM_OUTSIDE, set())

    def test_what_the_compiler_calls_is_the_cores_own(self):
        names = output_of("llvm-nm", "--defined-only", "--format=just-symbols").split()
        self.assertIn("tb_core_memcpy", names)
        self.assertNotIn("memcpy", names)
        self.assertEqual([name for name in names if re.match("_Z[nd][wla]|_ZSt", name)], [])

    def test_nothing_of_the_core_is_weak(self):
        lines = output_of("llvm-nm", "--defined-only").splitlines()
        self.assertEqual([line for line in lines if re.search(" [WV] ", line)], [])

    def test_no_instruction_names_a_vector_register(self):
        lines = output_of("llvm-objdump", "--disassemble", "--no-show-raw-insn").splitlines()
        self.assertGreater(len(lines), 5000)
        self.assertEqual([line for line in lines if VECTOR.search(line)], [])

    def test_the_pattern_finds_vector_registers(self):
        for line in ("movaps %xmm0, (%rsp)", "vpxor %ymm1, %ymm2, %ymm3", "fld %st(1)", "por %mm0"):
            self.assertTrue(VECTOR.search(line), line)


if __name__ == "__main__":
    unittest.main()
