"""threadbare_binary: from C++ sources to an image that boots, and can be run and tested."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//tools:core.bzl", "NO_EXCEPTION_COPTS", "NO_VECTOR_COPTS")

# Each makes one more program of an application; see docs/hosted.md.
SANITIZERS = ["address", "thread"]

_MACHINE = ["//tools/toolchain:bare_metal"]

_PLATFORMS = "//command_line_option:platforms"
_HOSTED = "//tools/toolchain:hosted"

_FEATURES = "//command_line_option:features"
_SANITIZER = "//tools/toolchain:sanitizer"
_COUNTERS = "//tools/toolchain:counters"
_SETTINGS = [_COUNTERS, _FEATURES, _HOSTED, _PLATFORMS, _SANITIZER]

def _settings_of(kind, attr):
    sanitized = kind not in ("machine", "hosted")
    return {
        _COUNTERS: getattr(attr, "counters", True),
        _FEATURES: [
            kind,
            kind + "_instrumented",
            "sanitized_link",
            "-machine_link",
        ] if sanitized else [],
        _HOSTED: kind != "machine",
        _PLATFORMS: "//tools/toolchain:machine",
        _SANITIZER: kind if sanitized else "none",
    }

def _to_machine(_settings, attr):
    return _settings_of("machine", attr)

_machine_transition = transition(
    implementation = _to_machine,
    inputs = [],
    outputs = _SETTINGS,
)

def _to_hosted(_settings, attr):
    return _settings_of("hosted", attr)

_hosted_transition = transition(
    implementation = _to_hosted,
    inputs = [],
    outputs = _SETTINGS,
)

def _to_sanitized(_settings, attr):
    return _settings_of(attr.sanitizer, attr)

_sanitized_transition = transition(
    implementation = _to_sanitized,
    inputs = [],
    outputs = _SETTINGS,
)

def _image(ctx):
    image = ctx.actions.declare_file(ctx.label.name)
    linked = ctx.attr.linked[0][DefaultInfo].files_to_run.executable
    ctx.actions.symlink(output = image, target_file = linked)
    return DefaultInfo(files = depset([image]), runfiles = ctx.runfiles([image]))

# The image, built for the machine whatever the rest of the build is for.
_threadbare_image = rule(
    implementation = _image,
    attrs = {
        "counters": attr.bool(default = True),
        "linked": attr.label(cfg = _machine_transition),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

def _hosted_program(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    linked = ctx.attr.linked[0][DefaultInfo].files_to_run.executable
    ctx.actions.symlink(output = program, target_file = linked, is_executable = True)
    return DefaultInfo(
        executable = program,
        files = depset([program]),
        runfiles = ctx.runfiles([program]),
    )

# The same for Linux.
_threadbare_hosted = rule(
    implementation = _hosted_program,
    attrs = {
        "counters": attr.bool(default = True),
        "linked": attr.label(cfg = _hosted_transition),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

_NOT_SANITIZED = """#!/bin/bash
echo "%s: it has the standard library, whose threads keep their variables where a sanitizer has \
its own; only applications with standard_library = False run under one" >&2
exit 2
"""

def _sanitized_program(ctx):
    if ctx.attr.linked:
        return _hosted_program(ctx)
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(program, _NOT_SANITIZED % ctx.attr.application, is_executable = True)
    return DefaultInfo(executable = program)

# The same under a sanitizer.
_threadbare_sanitized = rule(
    implementation = _sanitized_program,
    attrs = {
        "application": attr.string(),
        # Without it there is only a sentence that says why.
        "linked": attr.label(cfg = _sanitized_transition),
        "sanitizer": attr.string(values = SANITIZERS),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

def _machine_files(ctx):
    files = ctx.attr.target[0][DefaultInfo].files
    return DefaultInfo(files = files, runfiles = ctx.runfiles(ctx.files.target))

# What a target makes for the machine, for tests that look at files.
machine_files = rule(
    implementation = _machine_files,
    attrs = {
        "target": attr.label(cfg = _machine_transition),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

# The same for the hosted machine.
hosted_files = rule(
    implementation = _machine_files,
    attrs = {
        "target": attr.label(cfg = _hosted_transition),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

def _in_runfiles(file):
    return '"$runfiles/%s"' % file.short_path

def _quote(word):
    return "'" + word.replace("'", "'\\''") + "'"

def _write_script(ctx, tool, words, files):
    script = ctx.actions.declare_file(ctx.label.name)
    main = [f for f in ctx.files._tools if f.basename == tool][0]
    ctx.actions.write(script, "\n".join([
        "#!/bin/bash",
        'runfiles="${RUNFILES_DIR:-$0.runfiles}/%s"' % ctx.workspace_name,
        'exec /usr/bin/python3 %s %s "$@"' % (_in_runfiles(main), " ".join(words)),
        "",
    ]), is_executable = True)
    runfiles = ctx.runfiles(files = files + ctx.files._tools)
    return DefaultInfo(executable = script, runfiles = runfiles)

def _launcher(ctx):
    image = ctx.file.image
    words = ["--image", _in_runfiles(image), "--name", ctx.attr.application]
    return _write_script(ctx, "boot.py", words, [image])

# `bazel run` boots the image in QEMU.
_threadbare_launcher = rule(
    implementation = _launcher,
    attrs = {
        "application": attr.string(),
        "image": attr.label(allow_single_file = True),
        "_tools": attr.label(default = "//tools:python"),
    },
    executable = True,
)

def _image_test(ctx):
    image = ctx.file.image
    words = []
    for status in [ctx.attr.status] + ctx.attr.other_statuses:
        words += ["--status", str(status)]
    for pattern in ctx.attr.expect:
        words += ["--expect", _quote(pattern)]
    for pattern in ctx.attr.reject:
        words += ["--reject", _quote(pattern)]
    words += ["::", "--image", _in_runfiles(image), "--name", ctx.label.name]
    for module in ctx.files.modules:
        words += ["--module", _in_runfiles(module)]
    words += [_quote(word) for word in ctx.attr.options]
    if ctx.attr.arguments:
        words += ["--"] + [_quote(word) for word in ctx.attr.arguments]
    return _write_script(ctx, "image_test.py", words, [image] + ctx.files.modules)

_threadbare_image_test = rule(
    implementation = _image_test,
    attrs = {
        "arguments": attr.string_list(),
        "expect": attr.string_list(),
        "image": attr.label(allow_single_file = True),
        "modules": attr.label_list(allow_files = True),
        "options": attr.string_list(),
        "other_statuses": attr.int_list(),
        "reject": attr.string_list(),
        "status": attr.int(),
        "_tools": attr.label(default = "//tools:python"),
    },
    test = True,
)

def hosted_options(options):
    """What a hosted program is given where QEMU is given `options`; None if it has no such."""
    kept = []
    for i, option in enumerate(options):
        if option in ("--iso", "--icount", "--accel", "--qemu-arg"):
            return None
        if option == "--cpu" and options[i + 1] != "max":
            return None
        if option != "--cpu" and (i == 0 or options[i - 1] != "--cpu"):
            kept.append(option)
    for option, value in (("--cpus", "4"), ("--memory", "512M")):
        if option not in kept:
            kept += [option, value]
    return kept

def threadbare_image_test(
        name,
        image,
        options = [],
        tags = [],
        hosted = False,
        sanitized = False,
        sanitized_tags = [],
        **kwargs):
    """A test that boots an image in QEMU and looks at its console and its exit status.

    Args:
      name: the test's name.
      image: the NAME.elf of a threadbare_binary.
      options: of tools/boot.py; a time limit against hangs is added.
      tags: tags of the test.
      hosted: whether there is a second test, whose name has `hosted` before its last word, that
        looks at the same as a process of Linux; unless it wants what only QEMU has.
      sanitized: whether there are two more like that, with `address` and `thread` before the last
        word, for the same under these sanitizers.
      sanitized_tags: more tags for these.
      **kwargs: `arguments` for main(), `modules` (files), `expect` and `reject` (patterns of lines
        of the console), `status` (the exit status that is right) and `other_statuses` (that are
        right too, for what may end in several ways), and what every test takes.
    """
    _threadbare_image_test(
        name = name,
        image = image,
        options = ["--timeout", "240"] + options,
        tags = tags,
        **kwargs
    )
    if hosted and hosted_options(options) != None:
        threadbare_hosted_test(
            name = name[:-len("test")] + "hosted_test",
            image = image[:-len("elf")] + "hosted",
            options = hosted_options(options),
            tags = tags,
            **kwargs
        )
    if sanitized and hosted_options(options) != None:
        for sanitizer in SANITIZERS:
            threadbare_hosted_test(
                name = name[:-len("test")] + sanitizer + "_test",
                image = image[:-len("elf")] + sanitizer,
                options = hosted_options(options),
                tags = tags + sanitized_tags,
                **kwargs
            )

def threadbare_hosted_test(name, image, options = [], **kwargs):
    """The same for a threadbare_binary as a process of Linux.

    Args:
      name: the test's name.
      image: its NAME.hosted, NAME.address or NAME.thread.
      options: as of threadbare_image_test; without --cpus and --memory it is what the host has.
      **kwargs: as of threadbare_image_test.
    """
    _threadbare_image_test(
        name = name,
        image = image,
        options = ["--hosted", "--timeout", "240"] + options,
        **kwargs
    )

def threadbare_binary(
        name,
        srcs,
        deps = [],
        copts = [],
        linkopts = [],
        standard_library = True,
        counters = True,
        tags = [],
        testonly = False,
        visibility = None):
    """An application and the runtime as one image.

    Makes NAME.elf, the image for QEMU and GRUB, NAME, which boots it in QEMU, and NAME.hosted, a
    program of Linux; without the standard library also NAME.address and NAME.thread, the same under
    AddressSanitizer and ThreadSanitizer.

    Args:
      name: the application's name, which main() finds in argv[0].
      srcs: its C++ sources; one of them defines main().
      deps: its libraries, built for the machine.
      copts: more flags for the compiler.
      linkopts: more flags for the linker.
      standard_library: whether the image has the C and C++ standard libraries. Without them it has
        the runtime alone, of the C++ library what headers can give, and no exceptions.
      counters: whether the scheduler counts what it does; without, all its counters are zero.
      tags: tags of NAME.elf, NAME and NAME.hosted.
      testonly: whether only tests may use it.
      visibility: of these.
    """
    hidden = {
        "target_compatible_with": _MACHINE,
        "tags": ["manual"],
        "testonly": testonly,
        "visibility": ["//visibility:private"],
    }
    cc_library(
        name = name + ".application",
        srcs = srcs,
        copts = copts + ([] if standard_library else NO_EXCEPTION_COPTS) + select({
            "//arch/x86_64:interpreted": NO_VECTOR_COPTS,
            "//conditions:default": [],
        }),
        deps = deps + [
            "//runtime",
            "//runtime/control",
            "//runtime/sync",
        ],
        alwayslink = True,
        **hidden
    )
    parts = [
        ":" + name + ".application",
        "//runtime/standard_library" if standard_library else "//runtime/core_only",
    ]

    # Linked twice: the first time to learn where every function is, and what the code does, the
    # second time with the table that lets a report name them. It lies behind all code, so no
    # function moves.
    for step, table in (("first", "//runtime:first_link"), ("linked", ":" + name + ".symbols")):
        cc_binary(
            name = name + "." + step,
            deps = parts + [table, ":" + name + ".name"],
            linkopts = linkopts,
            **hidden
        )
    native.genrule(
        name = name + ".name_source",
        outs = [name + "_name.S"],
        cmd = "/usr/bin/python3 $(location //tools:symbol_table.py) name %s > $@" % name,
        tools = [
            "//tools:floating_point_control.py",
            "//tools:symbol_table.py",
        ],
        **hidden
    )
    native.genrule(
        name = name + ".symbols_source",
        srcs = [name + ".first"],
        outs = [name + "_symbols.S"],
        cmd = "/usr/bin/python3 $(location //tools:symbol_table.py) image $(SRCS) > $@",
        tools = [
            "//tools:floating_point_control.py",
            "//tools:symbol_table.py",
        ],
        **hidden
    )
    for part in ("name", "symbols"):
        cc_library(
            name = name + "." + part,
            srcs = [name + "_" + part + ".S"],
            alwayslink = True,
            **hidden
        )
    _threadbare_image(
        name = name + ".elf",
        counters = counters,
        linked = name + ".linked",
        tags = tags,
        testonly = testonly,
        visibility = visibility,
    )
    _threadbare_hosted(
        name = name + ".hosted",
        counters = counters,
        linked = name + ".linked",
        # Of some programs only the image is wanted: they look at the machine itself.
        tags = tags + ["manual"],
        testonly = testonly,
        visibility = visibility,
    )
    for sanitizer in SANITIZERS:
        _threadbare_sanitized(
            name = name + "." + sanitizer,
            application = name,
            linked = None if standard_library else name + ".linked",
            sanitizer = sanitizer,
            tags = tags + ["manual"],
            testonly = testonly,
            visibility = visibility,
        )
    _threadbare_launcher(
        name = name,
        application = name,
        image = name + ".elf",
        tags = tags,
        testonly = testonly,
        visibility = visibility,
    )
