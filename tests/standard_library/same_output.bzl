"""Programs that print the same on Linux, in an image and hosted."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//tools:image.bzl", "hosted_options", "threadbare_binary")

def program(name, source):
    """The same source twice: NAME_on_linux, and NAME.elf with NAME, which boots it.

    Args:
      name: the program's name.
      source: its one file, which may include the headers of this folder.
    """
    headers = native.glob(["*.h"])
    cc_binary(
        name = name + "_on_linux",
        testonly = True,
        srcs = [source] + headers,
    )
    threadbare_binary(
        name = name,
        testonly = True,
        srcs = [source] + headers,
    )

def same_output_test(name, program, arguments = [], options = [], **kwargs):
    """Runs a program on Linux and in QEMU, and hosted; compares every word and the exit status.

    Args:
      name: the test's name.
      program: of program() in this folder.
      arguments: of the program, both times.
      options: of the launcher.
      **kwargs: what every test takes.
    """
    for test, other in (
        (name, program),
        (name[:-len("test")] + "hosted_test", program + ".hosted"),
    ):
        if other != program and hosted_options(options) == None:
            continue
        native.sh_test(
            name = test,
            srcs = ["//tests/tools:run_python.sh"],
            args = [
                "$(location same_output_test.py)",
                "$(location :%s_on_linux)" % program,
                "$(location :%s)" % other,
            ] + (options if other == program else hosted_options(options)) + ["--"] + arguments,
            data = [
                "same_output_test.py",
                ":" + other,
                ":%s_on_linux" % program,
                "//tools:python",
            ],
            **kwargs
        )
