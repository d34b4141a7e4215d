"""The options of boot.py: what they are, how they are read, what is wrong with a bad one."""

import dataclasses
import os
import re

DEFAULT_TIMEOUT = 60.0
_SMALLEST_MEMORY_MIB = 32
_DEFAULT_CPUS = 4
_DEFAULT_MEMORY_MIB = 512


class OptionError(Exception):
    """One sentence that says what is wrong and what is possible."""


@dataclasses.dataclass
class Options:
    """One boot. A timeout of None lets the machine run for as long as it likes; no number of CPUs
    and no memory leave these to a hosted program."""

    image: str
    name: str = ""
    arguments: list = dataclasses.field(default_factory=list)
    modules: list = dataclasses.field(default_factory=list)
    qemu_arguments: list = dataclasses.field(default_factory=list)
    cpus: int | None = None
    memory_mib: int | None = None
    accel: str = "tcg"
    cpu: str = ""
    sanitizer: str = ""
    hosted: bool = False
    iso: bool = False
    gdb: bool = False
    icount: bool = False
    timeout: float | None = DEFAULT_TIMEOUT


def read_cpus(text):
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= 255:
        raise OptionError(f'--cpus takes a number from 1 to 255, not "{text}"')
    return int(text)


def read_memory(text):
    match = re.fullmatch(r"([0-9]{1,9})([MmGg]?)", text)
    if not match:
        raise OptionError(f'--memory takes a size such as 512M, 2G or 512 (MiB), not "{text}"')
    mebibytes = int(match[1]) * (1024 if match[2] in ("G", "g") else 1)
    if mebibytes < _SMALLEST_MEMORY_MIB:
        raise OptionError(f"--memory takes at least {_SMALLEST_MEMORY_MIB}M, not {text}")
    return mebibytes


def read_timeout(text):
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or float(text) <= 0:
        raise OptionError(f'--timeout takes a number of seconds above 0, not "{text}"')
    return float(text)


def read_accel(text):
    if text not in ("tcg", "kvm"):
        raise OptionError(f'--accel takes tcg or kvm, not "{text}"')
    if text == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise OptionError("--accel kvm needs a usable /dev/kvm; --accel tcg works everywhere")
    return text


def read_sanitizer(text):
    if text not in ("address", "thread"):
        raise OptionError(f'--sanitize takes address or thread, not "{text}"')
    return text


def check_file(path, what):
    """Returns the absolute path of a file that can be read."""
    # Below `bazel run` the current directory is Bazel's, not the one where the path was typed.
    typed_in = os.environ.get("BUILD_WORKING_DIRECTORY", "") if what == "module" else ""
    path = os.path.abspath(os.path.join(typed_in, path))
    if os.path.isdir(path):
        raise OptionError(f'the {what} "{path}" is a directory; it has to be a file')
    if not os.path.exists(path):
        raise OptionError(f'the {what} "{path}" does not exist; it has to be a file')
    if not os.access(path, os.R_OK):
        raise OptionError(f'the {what} "{path}" cannot be read; it has to be a readable file')
    return path


def read_image(text):
    return check_file(text, "image")


def read_module(text):
    return check_file(text, "module")


_FLAGS = ("hosted", "iso", "gdb", "icount")
# What a hosted program has no use for: field, option, why.
_NOT_HOSTED = (
    ("iso", "--iso", "is not booted"),
    ("icount", "--icount", "runs on the real processor, by real time"),
    ("cpu", "--cpu", "runs on the real processor"),
    ("qemu_arguments", "--qemu-arg", "runs without QEMU"),
)
# Option: field, reader of its value, whether it may be given several times.
_VALUES = {
    "image": ("image", read_image, False),
    "name": ("name", str, False),
    "cpus": ("cpus", read_cpus, False),
    "memory": ("memory_mib", read_memory, False),
    "module": ("modules", read_module, True),
    "accel": ("accel", read_accel, False),
    "cpu": ("cpu", str, False),
    "sanitize": ("sanitizer", read_sanitizer, False),
    "timeout": ("timeout", read_timeout, False),
    "qemu-arg": ("qemu_arguments", str, True),
}

HELP = """boot.py --image FILE [options] [-- application arguments]
  --name NAME       what messages call it (default: the image's file name)
  --cpus N          1 to 255 CPUs (default 4)
  --memory SIZE     such as 512M or 2G, at least 32M (default 512M)
  --module FILE     hands the application a file; may be repeated
  --hosted          runs it as a process of Linux instead of booting it; then --cpus and --memory
                    are the host's unless given
  --sanitize WHICH  with --hosted: the program that address or thread, a sanitizer of clang's,
                    watches; tb run chooses it
  --iso             boots by GRUB from a CD image instead of directly
  --gdb             waits for gdb before the first instruction; no time limit
  --icount          time advances by executed instructions (deterministic)
  --accel tcg|kvm   emulation (default) or /dev/kvm
  --cpu MODEL       QEMU's CPU model (default max, with kvm host)
  --timeout SECONDS stops the machine after this time (default 60)
  --qemu-arg ARG    one more argument for QEMU; may be repeated"""


def _check_together(options):
    if not options.image:
        raise OptionError("--image FILE is missing; it names the image to boot")
    if options.icount and options.accel == "kvm":
        raise OptionError("--icount counts emulated instructions; it goes with --accel tcg only")
    if options.gdb:
        options.timeout = None
    if options.hosted:
        for field, option, why in _NOT_HOSTED:
            if getattr(options, field):
                raise OptionError(f"{option} is for QEMU; a hosted program {why}")
        if options.accel != "tcg":
            raise OptionError("--accel is for QEMU; a hosted program runs on the real processor")
    else:
        if options.sanitizer:
            raise OptionError("--sanitize is for hosted programs; it goes with --hosted")
        options.cpus = options.cpus or _DEFAULT_CPUS
        options.memory_mib = options.memory_mib or _DEFAULT_MEMORY_MIB


def parse(words):
    """Reads a command line; raises OptionError. Returns None when help is asked for."""
    options = Options(image="")
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            options.arguments = rest
            break
        if word in ("-h", "--help"):
            return None
        _parse_option(options, word, rest)
    _check_together(options)
    options.name = options.name or os.path.splitext(os.path.basename(options.image))[0]
    return options


def _parse_option(options, word, rest):
    name, equals, value = word[2:].partition("=") if word.startswith("--") else ("", "", "")
    if name in _FLAGS:
        if equals:
            raise OptionError(f'--{name} takes no value, but "{value}" was given')
        setattr(options, name, True)
        return
    if name not in _VALUES:
        known = " ".join("--" + known for known in (*_VALUES, *_FLAGS) if known != "image")
        what = "option" if word.startswith("-") else "word before --"
        raise OptionError(f'unknown {what} "{word}"; there are: {known}, and -- ARGUMENTS')
    field, read, repeated = _VALUES[name]
    if not equals:
        if not rest or (rest[0] == "--" and name != "qemu-arg"):
            raise OptionError(f"--{name} needs a value after it")
        value = rest.pop(0)
    if repeated:
        getattr(options, field).append(read(value))
    else:
        setattr(options, field, read(value))
