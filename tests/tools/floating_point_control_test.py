"""What counts as a change of the floating-point control in a disassembly."""

import unittest

import floating_point_control


class ChangesTest(unittest.TestCase):
    def test_instructions_that_load_a_control_word_are_found(self):
        for instruction in ("ldmxcsr", "vldmxcsr", "fldcw", "fldenv", "frstor", "fninit", "finit",
                            "fnsave", "fsave", "fnstenv", "fstenv", "fxrstor", "fxrstor64",
                            "xrstor", "xrstor64", "xrstors", "xrstors64"):
            line = f"  10385c:      \t{instruction}\t(%rax)\n"
            self.assertEqual(floating_point_control.changes(line), {0x10385c}, instruction)

    def test_those_that_only_look_are_not(self):
        for instruction in ("stmxcsr", "fnstcw", "fnstsw", "fxsave64", "xsavec64", "fldz",
                            "ldmxcsrx"):
            line = f"  10385c:      \t{instruction}\t(%rax)\n"
            self.assertEqual(floating_point_control.changes(line), set(), instruction)

    def test_names_of_functions_are_not(self):
        self.assertEqual(floating_point_control.changes("000000000010385c <ldmxcsr>:\n"), set())

    def test_those_of_functions_that_put_back_what_they_have_found_are_not(self):
        for function, counts in (("_dl_runtime_resolve_xsavec", False),
                                 ("_dl_runtime_resolve_fxsave", False),
                                 ("__sfp_handle_exceptions", False),
                                 ("_dl_runtime_resolve_xsavec_of_mine", True),
                                 ("fesetenv", True)):
            code = f"0000000000001000 <{function}>:\n    1000:      \txrstor\t(%rax)\n"
            self.assertEqual(floating_point_control.changes(code), {0x1000} if counts else set(),
                             function)

    def test_the_function_behind_such_a_one_counts(self):
        code = ("0000000000001000 <__sfp_handle_exceptions>:\n    1000:      \tfldenv\t(%rax)\n\n"
                "0000000000001008 <set>:\n    1008:      \tldmxcsr\t(%rax)\n")
        self.assertEqual(floating_point_control.changes(code), {0x1008})


if __name__ == "__main__":
    unittest.main()
