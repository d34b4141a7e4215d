#!/usr/bin/python3
"""Writes assembly for an image: what is known of it once it is linked, or its own name.

That is the table of its functions' names, and whether its code leaves the floating-point control
alone, so that a switch need not keep it.
"""

import re
import subprocess
import sys

import floating_point_control

NM = "/usr/lib/llvm-19/bin/llvm-nm"

# What the compiler makes of names that everybody knows; and who wants more has the debugger.
KNOWN_AS = [
    (re.compile(r"std::chrono::time_point<tb::Timeline, "
                r"std::chrono::duration<long, std::ratio<1l, 1000000000l> ?> ?>"), "tb::Time"),
    (re.compile(r"std::chrono::duration<long, std::ratio<1l, 1000000000l> ?>"), "tb::Duration"),
    (re.compile(r"std::basic_string_view<char, std::char_traits<char> ?>"), "std::string_view"),
    (re.compile(r"std::variant<tb::OutOfMemory, [^<>]*>"), "tb::Error"),
    (re.compile(r", 18446744073709551615ul>"), ">"),
    (re.compile(r"std::__detail::__variant::__gen_vtable_impl<.*"), "std::visit"),
]
LONGEST = 140


def readable(name):
    for pattern, known in KNOWN_AS:
        name = pattern.sub(known, name)
    return name if len(name) <= LONGEST else name[:LONGEST - 3] + "..."


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
            found.setdefault(int(address, 16), readable(name))
        if name == "__text_end":
            end = int(address, 16)
    return sorted(found.items()) + [(end, "")]


def quoted(name):
    return name.replace("\\", "\\\\").replace('"', '\\"')


def table(image):
    entries = functions(image)
    offset = 4 + 8 * len(entries)
    offsets = {}
    for _, name in entries:
        if name not in offsets:
            offsets[name] = offset
            offset += len(name.encode()) + 1
    return "\n".join(
        ['        .section .symbol_table, "a"', "        .balign 4",
         "        .global tb_symbol_table", "tb_symbol_table:", f"        .long {len(entries)}"]
        + [f"        .long {address:#x}" for address, _ in entries]
        + [f"        .long {offsets[name]}" for _, name in entries]
        + [f'        .asciz "{quoted(name)}"' for name in offsets]) + "\n"


def name_of_application(name):
    return ('        .section .rodata.application_name, "a"\n'
            "        .global tb_application_name\n"
            f'tb_application_name:\n        .asciz "{quoted(name)}"\n')


def control(image):
    return ('        .section .symbol_table, "a"\n        .balign 4\n'
            "        .global tb_floating_point_control_is_fixed\n"
            "tb_floating_point_control_is_fixed:\n"
            f"        .long {int(floating_point_control.is_fixed(image))}\n")


def facts(image):
    """What the second link wants to know of the first."""
    return table(image) + control(image)


if __name__ == "__main__":
    print({"image": facts, "name": name_of_application}[sys.argv[1]](sys.argv[2]), end="")
