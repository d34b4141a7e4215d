"""Whether an image's code changes the floating-point control: rounding modes, precision, masks."""

import re
import subprocess
import tempfile

_TOOLS = "/usr/lib/llvm-19/bin/"

# Of what the runtime itself does so, the list; see arch_impl/floating_point_control.h.
_OWN_LIST = ".own_floating_point_control"

# What the C library has in every image, and what puts back before it returns what it has found: the
# dynamic loader's way to a function, which saves the registers that arguments may lie in, and what
# sets the flags of 128 bit arithmetic. Nobody waits in between but the loader, in the same state.
_PUT_BACK = re.compile(r"_dl_runtime_resolve_f?xsavec?|__sfp_handle_exceptions")

_FUNCTION = re.compile(r"[0-9a-f]+ <(.*)>:")
_CHANGE = re.compile(
    r"\s*([0-9a-f]+):\s+(v?ldmxcsr|f?xrstors?(64)?|f(n?init|ldcw|ldenv|rstor|n?save|n?stenv))\b")


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
    function, addresses = "", set()
    for line in disassembly.splitlines():
        if begun := _FUNCTION.match(line):
            function = begun[1]
        elif (found := _CHANGE.match(line)) and not _PUT_BACK.fullmatch(function):
            addresses.add(int(found[1], 16))
    return addresses


def is_fixed(image):
    """Whether none but the runtime's own instructions do, in a linked image."""
    disassembly = subprocess.run(
        [_TOOLS + "llvm-objdump", "--disassemble", "--no-show-raw-insn", image],
        check=True, capture_output=True, text=True).stdout
    return changes(disassembly) <= _own_places(image)
