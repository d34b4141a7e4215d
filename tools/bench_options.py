"""The options of ./tb bench: what they are, how they are read, what is wrong with a bad one."""

import dataclasses
import os

import bench_results

HELP = """tb bench [options]            our operations: as a program of Linux where there is such a
                              build, and in QEMU, counted in instructions
tb bench --peers [options]    the same as a program of Linux beside the peers, in turns; ends with
                              status 1 where a peer with stacks is faster
tb bench --image [-o FILE]    writes a CD or USB image that measures on a PC (bench.iso)
tb bench --counts             counts instructions anew and writes bench/instruction_counts.json,
                              with which ./tb test compares

  --rounds N          how often each program runs (default 3 with --peers, else 1)
  --only NAME,NAME    these operations alone
  --short             only to see that it works; the figures mean nothing
  --json FILE         everything: machine, command, samples
  --markdown FILE     the table, put into FILE in the place of the one it has
  --plots FOLDER      each figure beside the peers', and by the number of threads, as SVG"""


class OptionError(Exception):
    """One sentence that says what is wrong and what is possible."""


@dataclasses.dataclass
class Options:
    """What one call of ./tb bench is to do."""

    peers: bool = False
    image: bool = False
    counts: bool = False
    short: bool = False
    rounds: int = 0
    only: list = dataclasses.field(default_factory=list)
    output: str = "bench.iso"
    json: str = ""
    markdown: str = ""
    plots: str = ""


def _read_rounds(text):
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise OptionError(f'--rounds takes a number from 1 to 1000, not "{text}"')
    return int(text)


def _read_only(text):
    names = text.split(",")
    for name in names:
        if name not in bench_results.OPERATIONS:
            known = " ".join(bench_results.OPERATIONS)
            raise OptionError(f'--only takes operations, not "{name}"; there are: {known}')
    return names


def _read_path(text):
    folder = os.path.dirname(os.path.abspath(text))
    if not os.path.isdir(folder):
        raise OptionError(f'"{text}" is in a folder that does not exist')
    return text


_FLAGS = {"--peers": "peers", "--image": "image", "--counts": "counts",
          "--short": "short"}
_VALUES = {
    "--rounds": ("rounds", _read_rounds),
    "--only": ("only", _read_only),
    "-o": ("output", _read_path),
    "--json": ("json", _read_path),
    "--markdown": ("markdown", _read_path),
    "--plots": ("plots", _read_path),
}


def parse(words):
    """Reads a command line; raises OptionError. Returns None when help is asked for."""
    options, rest, given = Options(), list(words), set()
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        if word in ("-h", "--help"):
            return None
        given.add(word)
        if word in _FLAGS and not equals:
            setattr(options, _FLAGS[word], True)
            continue
        if word not in _VALUES:
            known = " ".join([*_FLAGS, *_VALUES])
            raise OptionError(f'unknown option "{word}{equals}{value}"; there are: {known}')
        if not equals:
            if not rest:
                raise OptionError(f"{word} needs a value after it")
            value = rest.pop(0)
        field, read = _VALUES[word]
        setattr(options, field, read(value))
    _check_together(options, given)
    options.rounds = options.rounds or (3 if options.peers else 1)
    return options


def _check_together(options, given):
    if options.counts and given != {"--counts"}:
        raise OptionError("--counts counts everything; no other option goes with it")
    if options.image:
        useless = given - {"--image", "-o", "--only", "--short"}
        if useless:
            raise OptionError(f"--image only writes the image; {min(useless)} does not go with it")
    elif "-o" in given:
        raise OptionError("-o names the image that --image writes")
