"""The core and the answers to system calls need nothing outside themselves, and no vector register.

They run while an application's vector registers are in use, the core inside interrupts too, and in
images with a C library whose memcpy is made of them.
"""

import os
import re
import subprocess
import unittest

RUNFILES = f"{os.environ['TEST_SRCDIR']}/{os.environ['TEST_WORKSPACE']}"
CORE = f"{RUNFILES}/runtime/libisolated.lo"
ANSWERS = f"{RUNFILES}/runtime/linux/liblinux.lo"
TOOLS = "/usr/lib/llvm-19/bin/"

# What the application, the language library, the linker script and the build define.
FROM_OUTSIDE = {
    "_ZN2tb11run_programEiPPc", "_ZN2tb12leave_threadEv",
    "_ZN2tb12thread_blockEv", "_ZN2tb13run_in_threadEPFvPvES0_",
    "_ZN2tb17make_thread_blockEPvjSt4spanISt4byteLm18446744073709551615EE",
    "_ZN2tb14wanted_optionsEv",
    "tb_on_system_call", "tb_application_name", "tb_symbol_table",
    "tb_floating_point_control_is_fixed",
    "tb_application_begin", "tb_application_end",
    "__image_begin", "__text_end", "__rodata_end", "__data_end", "__load_end", "__bss_end",
    "__image_end", "red_zone_step", "vector_state_parts",
    "__thread_local_begin", "__thread_local_end",
}

VECTOR = re.compile(r"%[xyz]?mm[0-9]|%k[0-7]\b|%st\b")


def output_of(tool, *words):
    return subprocess.run(
        [TOOLS + tool, *words], capture_output=True, text=True, check=True).stdout


def undefined_names(archive):
    return {line.split()[-1] for line in output_of("llvm-nm", "--undefined-only",
                                                   archive).splitlines() if line.startswith(" ")}


def defined_names(archive):
    return set(output_of("llvm-nm", "--defined-only", "--extern-only", "--format=just-symbols",
                         archive).split())


class Isolation(unittest.TestCase):
    def test_the_core_calls_nothing_outside_itself(self):
        names = undefined_names(CORE)
        self.assertIn("tb_application_name", names)
        self.assertEqual(names - FROM_OUTSIDE, set())

    def test_the_answers_to_system_calls_call_nothing_but_the_core(self):
        names = undefined_names(ANSWERS)
        self.assertIn("tb_core_memcpy", names)
        self.assertEqual(names - defined_names(CORE),
                         {"tb_application_name", "own_thread_variables"})

    def test_what_the_compiler_calls_is_the_cores_own(self):
        self.assertIn("tb_core_memcpy", defined_names(CORE))
        for archive in (CORE, ANSWERS):
            names = defined_names(archive)
            self.assertNotIn("memcpy", names)
            self.assertEqual([name for name in names if re.match("_Z[nd][wla]|_ZSt", name)], [])

    def test_nothing_is_weak(self):
        for archive in (CORE, ANSWERS):
            lines = output_of("llvm-nm", "--defined-only", archive).splitlines()
            self.assertEqual([line for line in lines if re.search(" [WV] ", line)], [])

    def test_no_instruction_names_a_vector_register(self):
        for archive in (CORE, ANSWERS):
            lines = output_of("llvm-objdump", "--disassemble", "--no-show-raw-insn",
                              archive).splitlines()
            self.assertGreater(len(lines), 5000)
            self.assertEqual([line for line in lines if VECTOR.search(line)], [])

    def test_the_pattern_finds_vector_registers(self):
        for line in ("movaps %xmm0, (%rsp)", "vpxor %ymm1, %ymm2, %ymm3", "fld %st(1)", "por %mm0"):
            self.assertTrue(VECTOR.search(line), line)


if __name__ == "__main__":
    unittest.main()
