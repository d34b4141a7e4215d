"""Counts instructions of the benchmarks' images in QEMU; writes bench/instruction_counts.json.

./tb bench --counts calls it; tests/bench/instruction_counts_test.py compares with what is written.
"""

import json
import re
import statistics
import subprocess

import bench_results

# Image: its Bazel target, and what its main() is told, boot by boot. Those of bench/operations
# print samples, of which the median counts: how far a loop has come when it is interrupted varies.
_STEPS = [
    "--short", "--only",
    "switch,pick,pick_fifo,pick_deadline,yield,wake,park,spawn,begin_end,join,timer_interrupt,"
    "mutex_free,semaphore,condition_variable,barrier,channel_64,channel_handover"]
_PREEMPTIONS = ["--moderate", "--only", "preempt"]
IMAGES = {
    "counts": ("//bench/counts:counts", []),
    "counts_with_library": ("//bench/counts:counts_with_library", []),
    "library_counts": ("//bench/library_counts:library_counts", []),
    "operations": ("//bench/operations:bench", [_STEPS, _PREEMPTIONS]),
    "operations_with_library": ("//bench/operations:bench_with_library", [_STEPS, _PREEMPTIONS]),
}


def _boot(launcher, words):
    done = subprocess.run([*launcher, "--icount", "--cpus", "1", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    return done.stdout


def read(console):
    """The counts by name that an image has printed, one way or the other."""
    counts = {name: int(ticks) for name, ticks in
              re.findall(r"^(.+): (\d+) ticks$", console, re.MULTILINE)}
    for result in bench_results.parse(console)[0]:
        name = f"{result.row.operation}, {bench_results.extent(result.row)}"
        counts[name] = round(statistics.median(result.samples), 1)
    return counts


def count(image, launcher):
    """The counts of one image; `launcher` are the first words of the command that boots it."""
    counts = {}
    for words in IMAGES[image][1] or [[]]:
        counts.update(read(_boot(launcher, ["--", *words] if words else [])))
    return counts


def write(path, launchers):
    """Counts all images and writes the table anew; launchers are by image."""
    table = {image: count(image, launcher) for image, launcher in launchers.items()}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(table, file, indent=2)
        file.write("\n")
