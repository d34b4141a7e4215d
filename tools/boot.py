#!/usr/bin/python3
"""Boots one image in QEMU, or runs a hosted program; shows its console live and ends with the
application's status."""

import ctypes
import dataclasses
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time

import boot_options
import grub_iso
import hosted
import qemu

STATUS_BAD_OPTION = 2
STATUS_TIMEOUT = 124
STATUS_NO_END = 125
STATUS_INTERRUPTED = 130
STATUS_NO_READER = 141

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_LAST_LINE = re.compile(rb"(?:\A|\n)exit status (\d{1,3})\n\Z")


@dataclasses.dataclass
class Result:
    """How a boot ended. `errors` is what QEMU itself had to say."""

    status: int
    console: bytes
    trace: bytes
    errors: str
    timed_out: bool


def boot(options, output=None):
    """Boots and waits for the end. `output` is a binary stream that gets the console live."""
    return _run_hosted(options, output) if options.hosted else _boot_in_qemu(options, output)


def _run_hosted(options, output):
    with tempfile.TemporaryDirectory(prefix="threadbare_") as folder:
        console, timed_out, code = _run(
            hosted.command(options), options.timeout, f"{folder}/errors", output)
        errors = _read(f"{folder}/errors").decode(errors="replace").strip()
    status = STATUS_TIMEOUT if timed_out else code if code >= 0 else STATUS_NO_END
    if code < 0 and not timed_out:
        errors = f"{errors}\nended by signal {-code}".strip()
    return Result(status, console, b"", errors, timed_out)


def _boot_in_qemu(options, output):
    # QEMU would take a blank or a comma in these paths for syntax.
    parent = tempfile.gettempdir()
    parent = "/tmp" if re.search(r"[\s,]", parent) else parent
    with tempfile.TemporaryDirectory(prefix="threadbare_", dir=parent) as folder:
        qemu.stage(options, folder)
        port = qemu.free_port() if options.gdb else 0
        words = qemu.command(options, folder, port)
        if options.gdb:
            print(
                f"gdb -ex 'target remote 127.0.0.1:{port}' -ex 'hbreak main'"
                f" {shlex.quote(options.image)}",
                file=sys.stderr, flush=True)
        console, timed_out, _ = _run(words, options.timeout, f"{folder}/errors", output)
        trace = _read(f"{folder}/trace")
        errors = _read(f"{folder}/errors").decode(errors="replace").strip()
    last = _LAST_LINE.search(trace)
    status = STATUS_NO_END
    if timed_out:
        status = STATUS_TIMEOUT
    elif last and int(last[1]) <= 255:
        status = int(last[1])
    return Result(status, console, trace, errors, timed_out)


def _read(path):
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def _run(words, timeout, errors_path, output):
    """Runs QEMU or a hosted program, which is gone afterwards.

    Returns its console, whether the time ran out, and the status of the process.
    """
    parent = os.getpid()

    def die_with_parent():
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    with open(errors_path, "wb") as errors:
        # A session of its own keeps the terminal's Ctrl-C for us. A terminal as its standard input
        # would be switched to raw mode.
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            start_new_session=True, preexec_fn=die_with_parent)
    try:
        console, timed_out = _follow(process.stdout, timeout, output)
        if not timed_out:
            process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return console, timed_out, process.returncode


def _follow(pipe, timeout, output):
    deadline = None if timeout is None else time.monotonic() + timeout
    console = bytearray()
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if left == 0.0 or not select.select([pipe], [], [], left)[0]:
            return bytes(console), True
        chunk = os.read(pipe.fileno(), 65536)
        if not chunk:
            return bytes(console), False
        chunk = chunk.replace(b"\r", b"")
        console += chunk
        if output:
            output.write(chunk)
            output.flush()


def complaint(options, result):
    """What there is to say about an end that the application did not choose; or nothing."""
    if result.timed_out:
        return (f"{options.name}: no end after {options.timeout:g} s; stopped"
                " (--timeout SECONDS allows more)")
    if options.hosted:
        return result.errors
    if result.status == STATUS_NO_END and not _LAST_LINE.search(result.trace):
        said = f"\n{result.errors}" if result.errors else ""
        return f"{options.name}: the machine stopped without an exit status{said}"
    # Someone who hands QEMU an argument of their own wants to see what it answers.
    return result.errors if options.qemu_arguments else ""


def _given_name(words):
    """The --name in a command line that has something else wrong with it."""
    for at, word in enumerate(words[:-1]):
        if word == "--name":
            return words[at + 1]
    return "boot"


def _stop(number, _frame):
    raise SystemExit(128 + number)


def main(words):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        options = boot_options.parse(words)
        if options is None:
            print(boot_options.HELP)
            return 0
        if options.hosted and options.gdb:
            hosted.become_gdb(options)
        result = boot(options, sys.stdout.buffer)
    except boot_options.OptionError as error:
        print(f"{_given_name(words)}: {error}", file=sys.stderr)
        return STATUS_BAD_OPTION
    except BrokenPipeError:
        return STATUS_NO_READER
    except (grub_iso.IsoError, OSError) as error:
        print(f"{_given_name(words)}: {error}", file=sys.stderr)
        return STATUS_NO_END
    except KeyboardInterrupt:
        return STATUS_INTERRUPTED
    said = complaint(options, result)
    if said:
        print(said, file=sys.stderr)
    return result.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
