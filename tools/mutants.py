"""Plants each bug of tests/mutants in a copy of the tree, and shows by what it is found.

    mutants.py [NAME...]     all, or those named

The simulator comes first; what it lets pass, the unit tests and the explorer have to find, or a
hosted program. Without a bug nothing may be found.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path.home() / ".cache" / "threadbare-mutants"
TREE = CACHE / "tree"
RUNS = (
    "--seeds 4 --cpus 4",
    "--seeds 3 --cpus 8 --faults all",
    "--seeds 3 --cpus 3 --mwait",
    "--seeds 3 --cpus 8 --faults lost-ipis --scenario ping-pong",
    "--seeds 1 --cpus 64 --scenario steal",
)
TESTS = ("//tests/sched:all", "//tests/runtime:all", "//tests/runtime/sync:all",
         "//tests/runtime/process:quota_test", "//tests/runtime/process:process_life_test",
         "//tests/runtime/image:ended_computing_with_2_cpus_hosted_test")
TIME_LIMIT = 300  # seconds; a run that hangs is found, too


def bazel(*words):
    return subprocess.run(
        ["bazel", f"--output_base={CACHE / 'bazel'}", *words], cwd=TREE, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def copy_tree():
    """The files as they are now, committed or not."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                            text=True, stdout=subprocess.PIPE).stdout.splitlines()
    wanted = {name for name in listed if (ROOT / name).is_file()}
    TREE.mkdir(parents=True, exist_ok=True)
    for path in TREE.rglob("*"):
        name = str(path.relative_to(TREE))
        if path.is_file() and not name.startswith("bazel-") and name not in wanted:
            path.unlink()
    for name in wanted:
        target = TREE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # An unchanged file keeps its time, and what was built from it.
        if not target.exists() or target.read_bytes() != (ROOT / name).read_bytes():
            shutil.copy2(ROOT / name, target)


def patch(name, *options):
    with open(ROOT / "tests" / "mutants" / f"{name}.patch", encoding="utf-8") as text:
        done = subprocess.run(["patch", "-p1", "--quiet", *options], cwd=TREE, stdin=text,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"mutants: {name}.patch does not fit the tree any more:\n{done.stdout}")


def reason_of(output):
    """The simulator's own words."""
    for pattern in (r"^panic: (.*)", r"^\s*(\S+: does not hold: .*)", r"^\s+(\S+:\d+: .*)",
                    r"^failed at point [^:]*: (.*)"):
        if found := re.search(pattern, output, re.MULTILINE):
            return found[1][:110]
    return "it ended without a word"


def found_by_simulator():
    built = bazel("build", "//tests/simulator:sim")
    if built.returncode != 0:
        sys.exit(f"mutants: the simulator does not build:\n{built.stdout}")
    for run in RUNS:
        words = [TREE / "bazel-bin" / "tests" / "simulator" / "sim", *run.split()]
        try:
            done = subprocess.run(words, text=True, errors="replace", timeout=TIME_LIMIT,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return f"simulator ({run}): it hangs"
        if done.returncode != 0:
            return f"simulator ({run}): {reason_of(done.stdout)}"
    return None


def found_by_tests():
    done = bazel("test", "--keep_going", "--test_output=summary", *TESTS)
    failed = re.findall(r"^//tests/(\S+) .*(?:FAILED|TIMEOUT)", done.stdout, re.MULTILINE)
    if failed:
        return "tests: " + ", ".join(dict.fromkeys(failed))
    if done.returncode != 0:
        sys.exit(f"mutants: the tests do not build:\n{done.stdout}")
    return None


def found_by():
    return found_by_simulator() or found_by_tests()


def main():
    known = sorted(path.stem for path in (ROOT / "tests" / "mutants").glob("*.patch"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args().names or known
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"mutants: no mutant \"{unknown[0]}\"; there are: {' '.join(known)}")
    copy_tree()
    if (found := found_by()) is not None:
        sys.exit(f"mutants: without a bug, something is found by {found}")
    missed = 0
    for name in names:
        patch(name)
        try:
            found = found_by()
        finally:
            patch(name, "--reverse")
        missed += found is None
        print(f"{'missed' if found is None else 'found '}  {name:32} {found or ''}", flush=True)
    print(f"{len(names) - missed} passed, {missed} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
