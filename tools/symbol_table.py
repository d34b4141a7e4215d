#!/usr/bin/python3
"""Writes assembly for an image: the table of its functions' names, or its own name."""

import subprocess
import sys

NM = "/usr/lib/llvm-19/bin/llvm-nm"


def functions(image):
    """Address and demangled name of every function, in order, with a last entry for the end."""
    lines = subprocess.run(
        [NM, "--defined-only", "--demangle", "--numeric-sort", image],
        check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    end = 0
    for line in lines:
        address, kind, name = line.split(" ", 2)
        if kind in "tTwW":
            found.setdefault(int(address, 16), name)
        if name == "__text_end":
            end = int(address, 16)
    return sorted(found.items()) + [(end, "")]


def quoted(name):
    return name.replace("\\", "\\\\").replace('"', '\\"')


def table(image):
    entries = functions(image)
    offset = 4 + 8 * len(entries)
    offsets = []
    for _, name in entries:
        offsets.append(offset)
        offset += len(name.encode()) + 1
    return "\n".join(
        ['        .section .symbol_table, "a"', "        .balign 4",
         "        .global tb_symbol_table", "tb_symbol_table:", f"        .long {len(entries)}"]
        + [f"        .long {address:#x}" for address, _ in entries]
        + [f"        .long {number}" for number in offsets]
        + [f'        .asciz "{quoted(name)}"' for _, name in entries]) + "\n"


def name_of_application(name):
    return ('        .section .rodata.application_name, "a"\n'
            "        .global tb_application_name\n"
            f'tb_application_name:\n        .asciz "{quoted(name)}"\n')


if __name__ == "__main__":
    print({"table": table, "name": name_of_application}[sys.argv[1]](sys.argv[2]), end="")
