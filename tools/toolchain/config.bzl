"""One description of clang-19 for two targets: the host, and the machine without any system."""

load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
)
load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
]

_CPP = [
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.cpp_header_parsing,
]

_LINK = [
    ACTION_NAMES.cpp_link_executable,
    ACTION_NAMES.cpp_link_dynamic_library,
    ACTION_NAMES.cpp_link_nodeps_dynamic_library,
]

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wimplicit-fallthrough",
    "-Wunused-result",
    # libstdc++'s own std::stable_sort uses what it calls deprecated.
    "-Wno-deprecated-declarations",
]

# Frame pointers everywhere: a report walks them to print who called whom.
_COMMON = [
    "-no-canonical-prefixes",
    "-g",
    "-fno-omit-frame-pointer",
    "-mno-omit-leaf-frame-pointer",
]

_MACHINE_COMPILE = [
    "-fno-pic",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-stack-protector",
]

_MACHINE_LINK = [
    "-nostdlib",
    "-static",
    "-Wl,--gc-sections",
    "-Wl,--eh-frame-hdr",
    "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=4096",
    "-Wl,-z,norelro",
    "-Wl,-z,noexecstack",
]

# A hosted program under a sanitizer stands on the host's C library, as the sanitizer does.
_SANITIZED_LINK = [
    "--driver-mode=gcc",
    "-nostdlib",
    "-no-pie",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,-z,norelro",
    "-Wl,-z,noexecstack",
    "-lc",
    "-lm",
    "-lgcc_s",
]

_SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

def _flags(name, actions, flags, enabled = True):
    return feature(
        name = name,
        enabled = enabled,
        flag_sets = [flag_set(actions = actions, flag_groups = [flag_group(flags = flags)])],
    )

def _config(ctx):
    machine = ctx.attr.kind == "machine"
    features = [
        _flags("common", _COMPILE, _COMMON),
        _flags("dialect", _CPP, ["-std=c++23"] + _WARNINGS),
        _flags("linker", _LINK, ["-fuse-ld=lld", "-no-canonical-prefixes"]),
        feature(name = "opt", flag_sets = [
            flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = ["-O2"])]),
        ]),
        feature(name = "dbg", flag_sets = [
            flag_set(actions = _COMPILE, flag_groups = [flag_group(flags = ["-O1"])]),
        ]),
        feature(name = "supports_start_end_lib", enabled = True),
    ]
    if machine:
        features += [
            _flags("machine_compile", _COMPILE, _MACHINE_COMPILE),
            _flags("machine_link", _LINK, _MACHINE_LINK),
            _flags("sanitized_link", _LINK, _SANITIZED_LINK, enabled = False),
            # Of one thing that is not instrumented, in a sanitized program: -thread_instrumented.
            _flags("address", _LINK, ["-fsanitize=address"], enabled = False),
            _flags("address_instrumented", _COMPILE, [
                "-fsanitize=address",
                "-fsanitize-address-use-after-return=never",
            ], enabled = False),
            _flags("thread", _LINK, ["-fsanitize=thread"], enabled = False),
            _flags("thread_instrumented", _COMPILE, ["-fsanitize=thread"], enabled = False),
        ]
    else:
        features += [
            _flags("host_libraries", _LINK, ["-lstdc++", "-lm", "-pthread"]),
            _flags("sanitize", _COMPILE + _LINK, _SANITIZE, enabled = False),
        ]
    tools = {
        "ar": "llvm-ar",
        "cpp": "clang-cpp",
        "gcc": "clang++",
        "gcov": "llvm-cov",
        "ld": "ld.lld",
        "nm": "llvm-nm",
        "objcopy": "llvm-objcopy",
        "objdump": "llvm-objdump",
        "strip": "llvm-strip",
    }
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        features = features,
        toolchain_identifier = ctx.attr.kind,
        host_system_name = "linux",
        target_system_name = ctx.attr.kind,
        target_cpu = "x86_64",
        target_libc = "none" if machine else "glibc",
        compiler = "clang",
        abi_version = "unknown",
        abi_libc_version = "unknown",
        tool_paths = [
            tool_path(name = name, path = "/usr/lib/llvm-19/bin/" + path)
            for name, path in tools.items()
        ],
        cxx_builtin_include_directories = [
            "/usr/include",
            "/usr/lib/gcc",
            "/usr/lib/clang/19",
            "/usr/lib/llvm-19",
        ],
    )

clang_toolchain_config = rule(
    implementation = _config,
    attrs = {"kind": attr.string(values = ["host", "machine"])},
    provides = [CcToolchainConfigInfo],
)
