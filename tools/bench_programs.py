"""The programs of the benchmark: ours in their ways to run, and the peers."""

import dataclasses
import os
import shutil
import subprocess

import bench_results

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_OURS = "//bench/operations"
LAUNCHER = ["/usr/bin/python3", f"{ROOT}/tools/boot.py"]
IMAGES = ("bench", "bench_with_library", "bench_without_counters")
_COUNTED = ("yield", "block_wake", "spawn_join")  # what the image without counters is for
PEERS = ("posix_threads", "boost_context", "boost_fiber", "ucontext", "gnu_pth", "coroutines",
         "one_tbb")
_MEMORY = "8G"
_LONGEST_RUN = 1200  # seconds, against hangs
_CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                      "threadbare_bench")


class ProgramError(Exception):
    """One sentence that says what could not be built or run."""


@dataclasses.dataclass
class Program:
    """A command that prints results."""

    name: str
    command: list


def _run(words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          **options)


def _bazel(*words):
    done = subprocess.run(["bazel", *words], cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout, done.stderr


def build(targets):
    """Builds Bazel targets and returns their files' paths."""
    status, _, said = _bazel("build", "--color=no", "--curses=no", *targets)
    if status != 0:
        raise ProgramError(f"bazel build {' '.join(targets)} failed:\n{said}")
    _, folder, _ = _bazel("info", "bazel-bin")
    return [f"{folder.strip()}/{target[2:].replace(':', '/')}" for target in targets]


def arguments(only, extra):
    """What our programs are told."""
    return [*extra, "--only", ",".join(only)] if only else list(extra)


def _arguments_of(image, only, extra):
    """The same of one image; of several CPUs the one without counters has nothing to say."""
    if image != "bench_without_counters":
        return arguments(only, extra)
    names = [name for name in _COUNTED if not only or name in only]
    return arguments(names, extra) if names and "--parallel" not in extra else None


def images(only, extra):
    """In QEMU, time advancing by instructions: counts that repeat to the digit."""
    words = {name: _arguments_of(name, only, ["--moderate", *extra]) for name in IMAGES}
    names = [name for name in IMAGES if words[name] is not None]
    paths = build([f"{_OURS}:{name}.elf" for name in names]) if names else []
    return [Program(name, [*LAUNCHER, "--image", path, "--icount", "--cpus", "1", "--memory", "2G",
                           "--timeout", str(_LONGEST_RUN), "--", *words[name]])
            for name, path in zip(names, paths)]


def hosted(cpus, only, extra):
    """As programs of Linux, on one CPU and then, for what takes several, on all; none where there
    is no such build."""
    targets = {name: f"{_OURS}:{name}.hosted" for name in IMAGES}
    if _bazel("query", f"set({' '.join(targets.values())})")[0] != 0:
        return []
    programs = []
    for name, target in targets.items():
        for count in sorted({1, cpus}):
            words = _arguments_of(name, only, ["--parallel", *extra] if count > 1 else extra)
            if words is not None:
                path, = build([target])
                programs.append(Program(
                    f"{name} on {count} CPU{'s' if count > 1 else ''}",
                    [path, "--memory", _MEMORY, "--cpus", str(count), "--", *words]))
    return programs


def build_go():
    os.makedirs(_CACHE, exist_ok=True)
    path = os.path.join(_CACHE, "go_peer")
    environment = dict(os.environ, GOCACHE=os.path.join(_CACHE, "go"), GOFLAGS="-mod=mod",
                       GOPROXY="off", GOTOOLCHAIN="local")
    try:
        done = _run(["go", "build", "-o", path, "."], cwd=f"{ROOT}/bench/peers/go", env=environment)
    except OSError as error:
        raise ProgramError(f"go cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        raise ProgramError(f"go build failed:\n{done.stdout}")
    return path


def peers(only, extra):
    paths = build([f"//bench/peers:{name}" for name in PEERS])
    words = [*extra, *(["--only", ",".join(only)] if only else [])]
    programs = [Program(name, [path, *words]) for name, path in zip(PEERS, paths)]
    return [*programs, Program("go", [build_go(), *words])]


def run(program, cpus):
    """Runs a program on those CPUs of the host; returns its results and the TSC's speed."""
    words = program.command
    if cpus and shutil.which("taskset"):
        words = ["taskset", "-c", ",".join(str(cpu) for cpu in cpus), *words]
    try:
        done = _run(words, timeout=_LONGEST_RUN)
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{program.name} did not end in {_LONGEST_RUN} s") from error
    if done.returncode != 0:
        raise ProgramError(f"{program.name} ended with status {done.returncode}:\n"
                           + "\n".join(done.stdout.splitlines()[-10:]))
    return bench_results.parse(done.stdout)
