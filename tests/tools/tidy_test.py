"""Every rule of the style checks can fail, and leaves good text alone."""

import unittest

import tidy
import tidy_functions


def sentences(path, *lines):
    return [f"{line}: {sentence}" for _, line, sentence in
            tidy.check_text(path, "".join(f"{line}\n" for line in lines))]


def header(*lines):
    return ("// A purpose.", "#pragma once", *lines)


class TidyTest(unittest.TestCase):
    def expect_breach(self, part, path, *lines):
        found = sentences(path, *lines)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def expect_good(self, path, *lines):
        self.assertEqual(sentences(path, *lines), [])


class TextTest(TidyTest):
    def test_good_text(self):
        self.expect_good("base/a.h", *header("int one();"))
        self.expect_good("base/a.cc", "// A purpose.", '#include "base/a.h"', "", "int one();")
        self.expect_good("tools/a.py", "#!/usr/bin/python3", '"""A purpose."""')
        self.expect_good("README.md", "x" * 300)

    def test_line_length(self):
        self.expect_good("base/a.cc", "// A purpose.", "//" + "x" * 98)
        self.expect_breach("2: 101 columns", "base/a.cc", "// A purpose.", "//" + "x" * 99)
        self.expect_breach("101 columns", "tb", "x" * 101)

    def test_file_length(self):
        self.expect_good("base/a.cc", *["// A line."] * 500)
        self.expect_breach("501 lines", "base/a.cc", *["// A line."] * 501)

    def test_tabs_and_trailing_blanks(self):
        self.expect_breach("2: a tab", "base/a.cc", "// A purpose.", "\tint a;")
        self.expect_breach("2: blanks at the end", "base/a.cc", "// A purpose.", "int a; ")

    def test_first_comment(self):
        for path in ("tests/a.cc", "tests/a.S", "tools/a.py", "tools/a.bzl"):
            self.expect_breach("begin with a comment", path, "a = 1")
        self.expect_breach("begin with a comment", "tools/a.py", "#!/usr/bin/python3", "a = 1")

    def test_conditional_compilation(self):
        for word in ("if A", "ifdef A", "ifndef A", " if A", "else"):
            self.expect_breach("conditional", "arch/a.cc", "// A purpose.", f"#{word}")
            self.expect_good("arch/hosted/a.cc", "// A purpose.", f"#{word}")
        self.expect_breach("#pragma once", "base/a.h", "// A purpose.")

    def test_banned_words(self):
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"):
            self.expect_breach(word, "README.md", f"a {word}: b")
        self.expect_good("README.md", "SHACKLE")

    def test_paths_outside_the_project(self):
        self.expect_breach("outside", "README.md", "see /wo" + "rk/main")
        self.expect_breach("outside", "docs/a.md", "see ../sha" + "red/a.md")
        self.expect_good("README.md", "net" + "work/" + "a")

    def test_floating_point(self):
        for folder in ("base", "sched", "runtime/sync"):
            self.expect_breach("integers", f"{folder}/a.cc", "// A purpose.", "double a;")
        self.expect_breach("integers", "base/a.cc", "// A purpose.", "float a;")
        self.expect_good("base/a.cc", "// A double.", 'auto a = "double"; /* float */')
        self.expect_good("apps/a/a.cc", "// A purpose.", "double a;")

    def test_memory_orders(self):
        weak = "a.load(std::memory_order_acquire);"
        self.expect_breach("tools/tidy.py lists", "sched/a.cc", "// A purpose.", weak)
        self.expect_breach("pairs with", "arch/a.cc", "// A purpose.", weak)
        self.expect_breach("pairs with", "arch/a.cc", "// pairs with b", "", "", "", weak)
        self.expect_good("arch/a.cc", "// A purpose.", "// pairs with b", "", "", weak)
        self.expect_good("arch/a.cc", "// A purpose.", "a.load(std::memory_order_seq_cst);")


class LayersTest(TidyTest):
    def include(self, path, included):
        return sentences(path, "// A purpose.", f'#include "{included}"')

    def test_allowed(self):
        for path, included in (
                ("base/a.cc", "base/a.h"), ("sched/a.cc", "base/a.h"), ("arch/a.cc", "base/a.h"),
                ("arch/a.cc", "arch_impl/a.h"), ("arch/x86_64/a.cc", "arch/x86_64/a.h"),
                ("arch/x86_64/a.cc", "arch/a.h"), ("runtime/a.cc", "arch/a.h"),
                ("runtime/sync/a.cc", "sched/a.h"), ("apps/a/a.cc", "apps/a/a.h"),
                ("apps/a/a.cc", "runtime/a.h"), ("bench/a.cc", "bench/a.h"),
                ("bench/a.cc", "arch/a.h"),
                ("tests/a.cc", "arch/x86_64/a.h"), ("tests/a.cc", "tests/a.h")):
            self.assertEqual(self.include(path, included), [], (path, included))
        self.expect_good("base/a.cc", "// A purpose.", "#include <sched/a.h>")

    def test_forbidden(self):
        for path, included in (
                ("base/a.cc", "sched/a.h"), ("base/a.cc", "a.h"), ("sched/a.cc", "arch/a.h"),
                ("arch/a.cc", "sched/a.h"), ("arch/a.cc", "arch/x86_64/a.h"),
                ("arch/hosted/a.cc", "arch/x86_64/a.h"), ("arch/x86_64/a.cc", "runtime/a.h"),
                ("runtime/a.cc", "arch_impl/a.h"), ("runtime/a.cc", "arch/x86_64/a.h"),
                ("runtime/a.cc", "apps/a/a.h"), ("apps/a/a.cc", "apps/b/b.h"),
                ("apps/a/a.cc", "sched/a.h"), ("bench/a.cc", "arch/x86_64/a.h"),
                ("runtime/a.cc", "tests/a.h"), ("tools/a.cc", "tests/a.h")):
            self.assertEqual(len(self.include(path, included)), 1, (path, included))


class FunctionsTest(unittest.TestCase):
    def lengths_found(self, path, text):
        return list(tidy_functions.check_functions(path, text))

    def body(self, lines):
        return "  if (a) { b(); }\n" * lines

    def test_cpp(self):
        for before, after in (
                ("int f() {\n", "}\n"),
                ("namespace a {\nclass B : C<int> {\n public:\nint f() const {\n", "}\n};\n}\n"),
                ("A::A(int b) : b_{b}, c_{b} {\n", "}\n"),
                ("struct A {\nint a = 1;\nbool operator()(int b) {\n", "}\n};\n"),
                ('#define A(b) {\nauto a = "{";\ntemplate <class B>\nint f() {\n', "}\n")):
            self.assertEqual(self.lengths_found("a.cc", before + self.body(50) + after), [])
            found = self.lengths_found("a.cc", before + self.body(59) + after)
            self.assertEqual(len(found), 1, before)
        found = self.lengths_found("a.cc", "int g() {\n}\n\n\nint f() {\n" + self.body(59) + "}\n")
        self.assertEqual(found, [(5, "61 lines in a function; at most 60")])

    def test_classes_may_be_longer(self):
        text = "class A {\n" + "  int f() { return 1; }\n" * 99 + "};\n"
        self.assertEqual(self.lengths_found("a.h", text), [])

    def test_python(self):
        text = "class A:\n  def f():\n" + "    a = 1\n" * 59
        self.assertEqual(self.lengths_found("a.py", text), [])
        self.assertEqual(len(self.lengths_found("a.py", text + "    a = 1\n")), 1)


if __name__ == "__main__":
    unittest.main()
