#!/usr/bin/python3
"""Checks the project's style and prints `file:line: sentence` for each breach.

tidy.py [--root FOLDER] [text] [format] [names]: all three kinds of checks, or those named.
"""

import os
import sys
import time

import tidy_clang
import tidy_functions
import tidy_layers
import tidy_text

# The files and folders where atomics may have an explicit memory order.
MEMORY_ORDER_FILES = [
    "base/",
    "sched/arrivals.cc",
    "sched/cpu_scheduler.h",
    "sched/entity.h",
    "sched/quick_turns.h",
    "sched/cpu_scheduler.cc",
    "sched/inbox.h",
    "sched/posts.h",
    "sched/real_time_placement.cc",
    "sched/serving.cc",
    "sched/placement.cc",
    "sched/request.h",
    "sched/thread_state.h",
    "runtime/admission.cc",
    "runtime/ask.cc",
    "runtime/dispatch.cc",
    "runtime/life_word.h",
    "runtime/memory/heap_ranges.h",
    "runtime/memory/unit_buddy.h",
    "runtime/spare_threads.cc",
    "runtime/spare_threads.h",
    "runtime/interrupt_guard.h",
    "runtime/spin_lock.h",
    "runtime/sync/channel.cc",
    "runtime/sync/channel_core.h",
    "runtime/sync/ring_end.h",
    "runtime/sync/taking.h",
    "runtime/sync/wait.h",
    "runtime/process/process_table.h",
    "runtime/sync/wait_word.h",
    "runtime/linux/futex.cc",
    "runtime/thread_table.cc",
    "runtime/thread_table.h",
    "arch/",
    "bench/operations/wakes.cc",
]

_TEXT_ENDINGS = tidy_text.CODE_ENDINGS + (".bazel", ".bazelrc", ".ld", ".md", ".txt", ".html")
_TEXT_NAMES = ("tb", "run", "WORKSPACE", ".clang-format", ".clang-tidy", ".gitignore")
KINDS = ("text", "format", "names")


def check_text(path, text):
    """All rules that need nothing but one file; yields (path, line, sentence)."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    findings = [
        *tidy_text.check_layout(path, lines),
        *tidy_text.check_words(lines),
        *tidy_text.check_first_comment(path, lines),
        *tidy_text.check_preprocessor(path, lines),
        *tidy_text.check_floating_point(path, text),
        *([] if path.startswith("tests/")
          else tidy_text.check_memory_orders(path, text, MEMORY_ORDER_FILES)),
        *tidy_layers.check_includes(path, lines),
        *tidy_functions.check_functions(path, text),
    ]
    for line, sentence in sorted(findings):
        yield path, line, sentence


def source_files(root):
    """Paths from the root of the project's own text files."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders
            if not name.startswith("bazel-") and name not in (".git", "__pycache__"))
        for name in sorted(names):
            if name.endswith(_TEXT_ENDINGS) or name in _TEXT_NAMES:
                yield os.path.relpath(os.path.join(folder, name), root)


def check_tree(root, kinds):
    paths = list(source_files(root))
    if "text" in kinds:
        for path in paths:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                yield from check_text(path, file.read())
    if "format" in kinds:
        yield from tidy_clang.check_format(
            root, [path for path in paths if path.endswith((".h", ".cc"))])
    if "names" in kinds:
        # Not the tests: GoogleTest's fixtures have names of their own, and it takes a minute more.
        # Nor the peers, whose headers come with packages that few have.
        yield from tidy_clang.check_names(
            root,
            [path for path in paths
             if path.endswith(".cc") and not path.startswith(("tests/", "bench/peers/"))])


def main(words):
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if words[:1] == ["--root"] and len(words) > 1:
        root, words = words[1], words[2:]
    if not os.path.isdir(root) or any(word not in KINDS for word in words):
        print(f"tidy: --root FOLDER, then any of {' '.join(KINDS)}", file=sys.stderr)
        return 2
    start = time.monotonic()
    count = 0
    for path, line, sentence in check_tree(root, words or KINDS):
        print(f"{path}:{line}: {sentence}", flush=True)
        count += 1
    print(f"{count} breaches of style, {time.monotonic() - start:.1f} s", file=sys.stderr)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
