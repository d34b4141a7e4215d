"""Whether an image's code changes the floating-point control: rounding modes, precision, masks."""

import re
import subprocess
import tempfile

_TOOLS = "/usr/lib/llvm-19/bin/"

# Of what the runtime itself does so, the list; see arch_impl/floating_point_control.h.
_OWN_LIST = ".own_floating_point_control"

_CHANGES = re.compile(
    r"^\s*([0-9a-f]+):\s+(v?ldmxcsr|f?xrstors?(64)?|xrstors?(64)?|f(n?init|ldcw|ldenv|rstor"
    r"|n?save|n?stenv))\b", re.MULTILINE)


def _own_places(image):
    with tempfile.TemporaryDirectory() as folder:
        dumped = f"{folder}/list"
        subprocess.run([_TOOLS + "llvm-objcopy", f"--dump-section={_OWN_LIST}={dumped}", image,
                        "/dev/null"], check=True, capture_output=True)
        with open(dumped, "rb") as file:
            words = file.read()
    return {int.from_bytes(words[i:i + 8], "little") for i in range(0, len(words), 8)}


def changes(disassembly):
    """The addresses of the instructions that do, in what llvm-objdump prints."""
    return {int(found[1], 16) for found in _CHANGES.finditer(disassembly)}


def is_fixed(image):
    """Whether none but the runtime's own instructions do, in a linked image."""
    disassembly = subprocess.run(
        [_TOOLS + "llvm-objdump", "--disassemble", "--no-show-raw-insn", image],
        check=True, capture_output=True, text=True).stdout
    return changes(disassembly) <= _own_places(image)
