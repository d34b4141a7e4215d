"""Which folder may include which: one direction, from apps/ down to base/."""

import re

_INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')
_INSIDE_ARCH = re.compile(r"arch/([^/]+)/")

# Folder: what its files may include, besides <...>.
_LAYERS = {
    "base": ("base/",),
    "sched": ("base/", "sched/", "sched_impl/"),
    "arch": ("base/", "arch/", "arch_impl/"),
    "runtime": ("base/", "sched/", "arch/", "runtime/"),
    "apps": ("runtime/", "base/"),
    "bench": ("runtime/", "base/", "sched/", "arch/"),
}


def _sentence(path, included):
    top = path.split("/")[0]
    if top == "tests":
        return ""
    if included.startswith("tests/"):
        return "nothing includes tests/"
    if top not in _LAYERS:
        return ""
    own_folder = path.rsplit("/", 1)[0] + "/"
    if top in ("apps", "bench") and included.startswith(own_folder):
        return ""
    if not included.startswith(_LAYERS[top]):
        allowed = "".join(f"{folder} " for folder in _LAYERS[top])
        return f'"{included}": {top}/ includes only {allowed}and <...>'
    there = _INSIDE_ARCH.match(included)
    here = _INSIDE_ARCH.match(path)
    if there and (not here or here[1] != there[1]):
        return f'"{included}" is private to arch/{there[1]}/'
    return ""


def check_includes(path, lines):
    """Yields (line number, sentence)."""
    if not path.endswith((".h", ".cc", ".S")):
        return
    for number, line in enumerate(lines, 1):
        match = _INCLUDE.match(line)
        sentence = _sentence(path, match[1]) if match else ""
        if sentence:
            yield number, sentence
