"""Tests of single classes and functions, on the host and with GoogleTest."""

load("@rules_cc//cc:defs.bzl", "cc_test")

GOOGLETEST = [
    "-lgtest_main",
    "-lgtest",
    "-lgmock",
    "-lpthread",
]

def unit_test(name, deps, size = "small", **kwargs):
    """One of them.

    Args:
      name: of the test.
      deps: what it tests and what it needs for that.
      size: of the test, in Bazel's words.
      **kwargs: for cc_test.
    """
    cc_test(
        name = name,
        size = size,
        linkopts = GOOGLETEST,
        deps = deps + [
            "//base",
            "//base:assert_host",
        ],
        **kwargs
    )

def unit_tests(sources, deps, hdrs = [], size = "small"):
    """A test of each source, named like it.

    Args:
      sources: their files.
      deps: what they test and what they need for that.
      hdrs: headers of theirs.
      size: of all of them, in Bazel's words.
    """
    for source in sources:
        unit_test(
            name = source[:-len(".cc")],
            srcs = [source] + hdrs,
            size = size,
            deps = deps,
        )
