"""source_package: a source package of Debian's that ./tb has put below /usr/src/threadbare."""

# In the place of a package that is not there. What depends on it is left out of a build of
# everything, and a build of it alone fails with the name of the constraint.
_MISSING = """
constraint_setting(name = "source")

constraint_value(
    name = "run_tb_test_once_to_get_this_source",
    constraint_setting = ":source",
)

cc_library(
    name = "{library}",
    target_compatible_with = [":run_tb_test_once_to_get_this_source"],
    visibility = ["//visibility:public"],
)
"""

def _source_package(ctx):
    source = ctx.path("/usr/src/threadbare/" + ctx.attr.package)
    if not source.exists:
        ctx.file("BUILD.bazel", _MISSING.format(library = ctx.attr.library))
        return
    for entry in source.readdir():
        if entry.basename not in ("BUILD", "BUILD.bazel", "WORKSPACE"):
            ctx.symlink(entry, entry.basename)
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

source_package = repository_rule(
    implementation = _source_package,
    attrs = {
        "build_file": attr.label(allow_single_file = True, doc = "what its BUILD.bazel shall be"),
        "library": attr.string(doc = "the one target in there"),
        "package": attr.string(doc = "the name in tools/packages.txt, behind source:"),
    },
    local = True,
)
