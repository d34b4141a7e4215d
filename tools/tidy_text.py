"""Rules about the text of one file. Each yields (line number, sentence)."""

import re

LINE_LIMIT = 100
FILE_LIMIT = 500

# In two parts, so that this file passes its own rule.
_BANNED_WORDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
_OUTSIDE_PATHS = re.compile(r"(?<![\w.])/wo" + r"rk/|\.\./sha" + r"red\b")
_PREPROCESSOR_IF = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b")
_FLOATING_POINT = re.compile(r"\b(float|double)\b")
_ORDER = re.compile(r"memory_order(?:_|::)(?!seq_cst)\w")
_ANY_ORDER = re.compile(r"memory_order(?:_|::)\w")
_COMMENT_OR_STRING = re.compile(
    r"//[^\n]*|/\*.*?\*/|R\"(\w*)\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"|(?<!\w)'(?:\\.|[^'\\\n])+'",
    re.DOTALL)

CODE_ENDINGS = (".h", ".cc", ".S", ".py", ".bzl", ".sh")
CPP_ENDINGS = (".h", ".cc", ".S")


def is_code(path):
    return path.endswith(CODE_ENDINGS) or path in ("tb", ".ci/run")


def without_comments_and_strings(text):
    """Blanks them out, keeping the lines where they are."""
    def blank(match):
        return '""' + "\n" * match[0].count("\n") if match[0][0] in "\"R'" else (
            "\n" * match[0].count("\n"))
    return _COMMENT_OR_STRING.sub(blank, text)


def check_layout(path, lines):
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab; use blanks"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if is_code(path) and len(line) > LINE_LIMIT:
            yield number, f"{len(line)} columns; at most {LINE_LIMIT}"
    if is_code(path) and len(lines) > FILE_LIMIT:
        yield len(lines), f"{len(lines)} lines in a file; at most {FILE_LIMIT}"


def check_words(lines):
    for number, line in enumerate(lines, 1):
        word = _BANNED_WORDS.search(line)
        if word:
            yield number, f"{word[0]}; do it or drop it"
        path = _OUTSIDE_PATHS.search(line)
        if path:
            yield number, f"{path[0]} is outside the project"


def check_first_comment(path, lines):
    starts = {".h": ("//", "/*"), ".cc": ("//", "/*"), ".S": ("//", "/*", "#"),
              ".py": ("#", '"""'), ".bzl": ("#", '"""'), ".sh": ("#",)}
    ending = path[path.rfind("."):]
    if ending not in starts:
        return
    at = 1 if lines and lines[0].startswith("#!") else 0
    if len(lines) <= at or not lines[at].startswith(starts[ending]):
        yield at + 1, "the file has to begin with a comment that says its purpose"


def check_preprocessor(path, lines):
    if not path.endswith(CPP_ENDINGS) or re.match(r"arch/[^/]+/", path):
        return
    for number, line in enumerate(lines, 1):
        if _PREPROCESSOR_IF.match(line):
            yield number, "conditional compilation is for arch/<implementation>/ only"
    if path.endswith(".h") and "#pragma once" not in lines:
        yield 1, "a header needs #pragma once"


def check_floating_point(path, text):
    if not re.match(r"(base|sched|runtime)/.*\.(h|cc|S)$", path):
        return
    for number, line in enumerate(without_comments_and_strings(text).split("\n"), 1):
        word = _FLOATING_POINT.search(line)
        if word:
            yield number, f"{word[0]}; base/, sched/ and runtime/ compute with integers"


def check_memory_orders(path, text, allowed):
    """`allowed` holds path beginnings. An order weaker than the strongest names its partner."""
    if not path.endswith(CPP_ENDINGS):
        return
    lines = text.split("\n")
    for number, line in enumerate(without_comments_and_strings(text).split("\n"), 1):
        if not _ANY_ORDER.search(line):
            continue
        if not path.startswith(tuple(allowed)):
            yield number, "memory orders are for the files that tools/tidy.py lists"
        elif _ORDER.search(line) and "pairs with" not in " ".join(lines[max(0, number - 4):number]):
            yield number, 'a weak memory order needs "pairs with ..." in the three lines above it'
