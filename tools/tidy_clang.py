"""Runs clang-format and clang-tidy over the C++ files and turns what they say into findings."""

import concurrent.futures
import os
import re
import subprocess

_MESSAGE = re.compile(r"^([^\s:][^:\n]*):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)
_HEADERS = r"(^|/)(base|sched|arch|runtime|apps|bench)/.*\.h$"
_FILES_AT_ONCE = 40


def _run(words, root):
    return subprocess.run(
        words, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, errors="replace", check=False)


def _findings(done, root, tool):
    found = {
        (os.path.relpath(os.path.join(root, path), root), int(line), sentence)
        for path, line, sentence in _MESSAGE.findall(done.stdout)
    }
    if done.returncode != 0 and not found:
        found.add((tool, 0, done.stdout.strip() or f"ended with status {done.returncode}"))
    return found


def check_format(root, paths):
    """Yields (path, line, sentence)."""
    for at in range(0, len(paths), _FILES_AT_ONCE):
        words = ["clang-format-19", "--dry-run", "-Werror", *paths[at:at + _FILES_AT_ONCE]]
        for path, line, _ in sorted(_findings(_run(words, root), root, "clang-format")):
            yield path, line, "clang-format-19 -i would change this"


def _include_folder(path):
    own = re.match(r"arch/[^/]+/", path)
    return f"{own[0] if own else 'arch/x86_64/'}include"


def _check_names_of(root, path):
    words = [
        "clang-tidy-19", "--quiet", f"--header-filter={_HEADERS}", path, "--",
        "-std=c++23", "-I.", f"-I{_include_folder(path)}", "-Iarch/x86_64/switch/include",
        "-Isched/counting/on",
        "-Iarch/x86_64/switch/unwatched",
    ]
    return _findings(_run(words, root), root, f"clang-tidy {path}")


def check_names(root, paths):
    """Yields (path, line, sentence); headers are seen through the sources that include them."""
    found = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda path: _check_names_of(root, path), paths):
            found |= findings
    yield from sorted(found)
