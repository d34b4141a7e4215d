"""The length of functions in C++ (by counting braces) and in Python (by its own parser)."""

import ast
import re

import tidy_text

FUNCTION_LIMIT = 60

_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern|concept)\b(?![^(]*\()")


def _cpp_functions(text):
    """Yields (first line, last line) of outermost bodies that follow a parameter list."""
    text = tidy_text.without_comments_and_strings(text)
    text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", lambda directive: "\n" * directive[0].count("\n"),
                  text, flags=re.MULTILINE)
    depth = 0
    function_depth = None
    start = line = 1
    header = ""
    for at, character in enumerate(text):
        if character == "{":
            if function_depth is None and "(" in header and not _SCOPE.search(header):
                function_depth = depth
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == function_depth:
                function_depth = None
                # The braces of `: first_{1}, second_{2} {` belong to one header.
                if re.match(r"\s*[,{]", text[at + 1:]):
                    continue
                yield start, line
        if function_depth is None:
            if character in ";}" or (character == "{" and depth):
                header = ""
            elif header or not character.isspace():
                start = start if header else line
                header += character
        line += character == "\n"


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def check_functions(path, text):
    """Yields (line number, sentence)."""
    if path.endswith((".h", ".cc")):
        functions = _cpp_functions(text)
    elif path.endswith(".py"):
        functions = _python_functions(text)
    else:
        return
    for first, last in functions:
        if last - first + 1 > FUNCTION_LIMIT:
            yield first, f"{last - first + 1} lines in a function; at most {FUNCTION_LIMIT}"
