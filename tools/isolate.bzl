"""isolated_core: the core as one object whose names and inline functions are its own.

The compiler calls memcpy and friends on its own, and the C++ library's headers call its throwing
helpers. In an image with the C library these would be the library's, which use vector registers:
the core, which runs inside interrupts, must never reach them. Nor may an inline function that both
use resolve to the application's copy. So the core is linked into one object, in which those names
are replaced by names of its own, and everything that is only weakly defined becomes local.
"""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("//tools:core.bzl", "NEEDS_A_MACHINE", "core_library", "if_sanitized")

# Whatever the core has of these, called or defined, gets a name of its own: the functions that the
# compiler calls, new and delete, and all of namespace std.
_OWN_NAMES = "^(abort|bcmp|mem(chr|cmp|cpy|move|set)|strlen|_Z[nd][wla].*|_ZSt.*)$"

_SCRIPT = """
set -euo pipefail
tools=/usr/lib/llvm-19/bin
out="$1"; shift
work="$out.parts"
rm -rf "$work" && mkdir -p "$work"
$tools/ld.lld -r -o "$work/core.o" --whole-archive "$@"
$tools/llvm-nm --format=just-symbols "$work/core.o" | grep -E '%s' | sort -u |
  sed 's/.*/& tb_core_&/' >"$work/names"
$tools/llvm-nm --defined-only "$work/core.o" | sed -n 's/^[0-9a-f]* [WV] //p' >"$work/weak"
# Without their groups, the linker does not choose between our inline functions and others'.
$tools/llvm-objcopy --remove-section=.group --localize-symbols="$work/weak" "$work/core.o"
$tools/llvm-objcopy --redefine-syms="$work/names" "$work/core.o"
rm -f "$out"
$tools/llvm-ar rcs "$out" "$work/core.o"
rm -rf "$work"
""" % _OWN_NAMES

def _isolated_core(ctx):
    core = ctx.attr.core[CcInfo]
    elsewhere = []
    for beside in ctx.attr.beside:
        for linker_input in beside[CcInfo].linking_context.linker_inputs.to_list():
            elsewhere += [library.static_library for library in linker_input.libraries]
    libraries = []
    flags = []
    inputs = []
    for linker_input in core.linking_context.linker_inputs.to_list():
        if not elsewhere:
            flags += linker_input.user_link_flags
            inputs += linker_input.additional_inputs
        for library in linker_input.libraries:
            if library.static_library not in elsewhere:
                libraries.append(library.static_library)
    ending = "lo" if ctx.attr.alwayslink else "a"
    archive = ctx.actions.declare_file("lib%s.%s" % (ctx.label.name, ending))
    ctx.actions.run_shell(
        command = _SCRIPT,
        arguments = [archive.path] + [library.path for library in libraries],
        inputs = libraries,
        outputs = [archive],
        mnemonic = "IsolateCore",
        progress_message = "Isolating the core",
    )
    toolchain = find_cpp_toolchain(ctx)
    library = cc_common.create_library_to_link(
        actions = ctx.actions,
        feature_configuration = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain),
        cc_toolchain = toolchain,
        static_library = archive,
        alwayslink = ctx.attr.alwayslink,
    )
    linking = cc_common.create_linking_context(linker_inputs = depset([
        cc_common.create_linker_input(
            owner = ctx.label,
            libraries = depset([library]),
            user_link_flags = depset(flags),
            additional_inputs = depset(inputs),
        ),
    ]))
    return [
        CcInfo(compilation_context = core.compilation_context, linking_context = linking),
        DefaultInfo(files = depset([archive])),
    ]

isolated_core = rule(
    implementation = _isolated_core,
    attrs = {
        # What `core` shares with these, flags of the linker too, comes with their objects.
        "beside": attr.label_list(providers = [CcInfo]),
        "core": attr.label(providers = [CcInfo]),
        # Else it is linked where something of it is used.
        "alwayslink": attr.bool(default = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    incompatible_use_toolchain_transition = True,
    provides = [CcInfo],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def library_beside_core(name, deps = [], uses = [], linkopts = [], visibility = None, **kwargs):
    """What images link where they use it: isolated like the core, which does without.

    Args:
      name: the library's name, which is its folder's.
      deps: of its sources, besides the core.
      uses: the names of other such libraries, which its users get with it.
      linkopts: what images need that link it.
      visibility: of the library.
      **kwargs: what core_library takes.
    """
    used_objects = ["//runtime/%s:%s_objects" % (each, each) for each in uses]
    core_library(
        name = name + "_objects",
        target_compatible_with = NEEDS_A_MACHINE,
        visibility = ["//runtime:__subpackages__"],
        deps = [
            "//arch:contract",
            "//base",
            "//runtime:core",
            "//sched",
        ] + deps + used_objects,
        **kwargs
    )
    isolated_core(
        name = name + "_isolated",
        alwayslink = False,
        beside = ["//runtime:core"] + used_objects,
        core = name + "_objects",
        target_compatible_with = NEEDS_A_MACHINE,
    )

    # A sanitizer wants it as it is.
    native.alias(
        name = name + "_linked",
        actual = if_sanitized(name + "_objects", name + "_isolated"),
    )
    cc_library(
        name = name,
        linkopts = linkopts,
        visibility = visibility,
        deps = [name + "_linked"] + ["//runtime/" + each for each in uses],
    )
