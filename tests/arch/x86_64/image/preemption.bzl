"""The images of this folder's tests in QEMU."""

load("//tools:image.bzl", "threadbare_binary", "threadbare_image_test")

_PREEMPTION = [
    "preemption.cc",
    "survive.S",
    "survive.h",
]

def preemption_tests():
    """The same check on the real image, which passes, and on two broken ones, which it catches."""
    threadbare_binary(
        name = "preemption",
        testonly = True,
        srcs = _PREEMPTION,
        standard_library = False,
        deps = ["//tests/image:suite"],
    )
    threadbare_binary(
        name = "preemption_without_red_zone_step",
        testonly = True,
        srcs = _PREEMPTION,
        standard_library = False,
        linkopts = ["-Wl,--defsym=red_zone_step=0"],
        deps = ["//tests/image:suite"],
    )
    threadbare_binary(
        name = "preemption_without_vector_save",
        testonly = True,
        srcs = _PREEMPTION,
        standard_library = False,
        linkopts = ["-Wl,--defsym=vector_state_parts=0"],
        deps = ["//tests/image:suite"],
    )
    options = ["--cpus", "2"]
    arguments = ["sched.quantum_us=1000"]
    for name, model, more, width in (
        ("avx", "max", [], "256"),
        ("sse", "max,-avx,-avx2", [], "128"),
        ("without_xsave", "max,-avx,-avx2", ["machine.xsave=off"], "128"),
    ):
        threadbare_image_test(
            name = "preemption_%s_test" % name,
            arguments = more + arguments,
            expect = ["^\\[ok\\] %s-bit vector registers" % width],
            hosted = True,
            image = "preemption.elf",
            options = options + ["--cpu", model],
            sanitized = name == "avx",
        )
    threadbare_image_test(
        name = "missing_red_zone_step_is_caught_test",
        arguments = arguments,
        expect = ["^\\[failed\\] the red zone"],
        hosted = True,
        image = "preemption_without_red_zone_step.elf",
        options = options,
        status = 1,
    )
    threadbare_image_test(
        name = "missing_vector_save_is_caught_test",
        arguments = arguments,
        expect = ["^\\[failed\\] 256-bit vector"],
        hosted = True,
        image = "preemption_without_vector_save.elf",
        options = options,
        status = 1,
    )
