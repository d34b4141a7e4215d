"""Writes a C++ source with the names of the system calls, from the kernel's header."""

import re
import sys

HEADER = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"


def main():
    with open(HEADER, encoding="ascii") as file:
        names = re.findall(r"#define __NR_(\w+) (\d+)", file.read())
    print('#include "runtime/linux/system_call_names.h"')
    print("namespace tb::linux_abi {")
    print("constinit const std::array<const char*, kNumbers> kNames = [] {")
    print("  std::array<const char*, kNumbers> names{};")
    for name, number in names:
        print(f'  names[{number}] = "{name}";')
    print("  return names;")
    print("}();")
    print("}")


if __name__ == "__main__":
    sys.exit(main())
