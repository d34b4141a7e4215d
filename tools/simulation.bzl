"""simulated_binary, simulated_test: C++ sources and the runtime as one program of this host.

The simulator of arch/sim is the machine there.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")

_FLAG = "//tools/toolchain:simulated"
_MODE = "//command_line_option:compilation_mode"

def _to_simulated(settings, attr):
    return {_FLAG: True, _MODE: attr.mode or settings[_MODE]}

_simulated_transition = transition(
    implementation = _to_simulated,
    inputs = [_MODE],
    outputs = [_FLAG, _MODE],
)

def _simulated(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    linked = ctx.attr.linked[0][DefaultInfo].files_to_run.executable
    ctx.actions.symlink(output = program, target_file = linked, is_executable = True)
    runfiles = ctx.runfiles(files = [linked])
    return DefaultInfo(executable = program, runfiles = runfiles)

_ATTRS = {
    "linked": attr.label(cfg = _simulated_transition),
    "mode": attr.string(),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

_simulated_binary = rule(implementation = _simulated, attrs = _ATTRS, executable = True)
_simulated_test = rule(implementation = _simulated, attrs = _ATTRS, test = True)

def _link(name, srcs, deps, linkopts):
    cc_binary(
        name = name + ".linked",
        testonly = True,
        srcs = srcs,
        # At fixed addresses, so that an address of a report means the same in every run.
        linkopts = ["-no-pie"] + linkopts,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = deps + ["//runtime", "//arch/sim"],
    )

def simulated_binary(name, srcs, deps = [], linkopts = [], mode = "", **kwargs):
    """A program that runs the runtime on simulated CPUs.

    Args:
      name: the program's name.
      srcs: its C++ sources, one of which defines the host's main().
      deps: its libraries, built for the simulator.
      linkopts: more flags for the linker.
      mode: the compilation mode; empty is the build's own.
      **kwargs: what every rule takes.
    """
    _link(name, srcs, deps, linkopts)
    _simulated_binary(
        name = name,
        testonly = True,
        linked = name + ".linked",
        mode = mode,
        **kwargs
    )

def simulated_test(name, srcs, deps = [], linkopts = [], mode = "", **kwargs):
    """The same as a test, with GoogleTest's own main()."""
    libraries = ["-lgtest_main", "-lgtest", "-lgmock", "-lpthread"]
    _link(name, srcs, deps, linkopts + libraries)
    _simulated_test(name = name, linked = name + ".linked", mode = mode, **kwargs)
