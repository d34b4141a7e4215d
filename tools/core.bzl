"""The flags of the core: base/, sched/, runtime/ and arch/x86_64 as they stand in an image."""

load("@rules_cc//cc:defs.bzl", "cc_library")

# The core runs inside interrupts, on stacks of threads that own the vector registers and the bytes
# below their stack pointer, so it may touch neither.
NO_VECTOR_COPTS = [
    "-mno-sse",
    "-mno-mmx",
]

# Without the C++ library there is nobody to throw to, nor to find the frames on the way.
NO_EXCEPTION_COPTS = [
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-asynchronous-unwind-tables",
]

# For what may stand between a throw, or the cancellation of a thread, and its handler.
UNWINDABLE_COPTS = ["-fasynchronous-unwind-tables"]

CORE_COPTS = NO_VECTOR_COPTS + NO_EXCEPTION_COPTS + [
    "-ffreestanding",
    "-mno-red-zone",
]

# Features of what runs where a sanitizer is not to be called.
NOT_INSTRUMENTED = [
    "-address_instrumented",
    "-thread_instrumented",
]

# Whether a sanitizer watches: then the core calls its functions, on the host's C library.
def by_sanitizer(address, thread, none):
    return select({
        "//tools/toolchain:is_sanitized_by_address": address,
        "//tools/toolchain:is_sanitized_by_thread": thread,
        "//conditions:default": none,
    })

def if_sanitized(sanitized, otherwise):
    return by_sanitizer(sanitized, sanitized, otherwise)

# By which a function's static variables are made.
GUARD_FUNCTIONS = [
    "__cxa_guard_acquire",
    "__cxa_guard_release",
]

# Of what needs an implementation of arch/.
NEEDS_A_MACHINE = select({
    "//tools/toolchain:is_simulated": [],
    "//conditions:default": ["//tools/toolchain:bare_metal"],
})

def core_library(name, copts = [], **kwargs):
    cc_library(
        name = name,
        copts = select({
            "//tools/toolchain:is_machine": CORE_COPTS,
            "//tools/toolchain:is_simulated": CORE_COPTS,
            "//conditions:default": [],
        }) + copts,
        **kwargs
    )
