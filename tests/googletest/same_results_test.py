"""GoogleTest says the same of the same tests in an image, booted or hosted, as on the host.

Arguments: the image, then the programs of the host that have the same tests. Every test is a case
of its own in the XML that Bazel collects.
"""

import os
import re
import subprocess
import sys

import boot
import boot_options
import image_test

PATIENCE = 240
_RESULT = re.compile(r"^\[ +(OK|FAILED) +\] (\S+?)(?:, where .*)? \([0-9]+ ms\)$", re.MULTILINE)
_RAN = re.compile(r"^\[=+\] ([0-9]+) tests? from .* ran\. ", re.MULTILINE)
_REASON = re.compile(r"^    Result: .*$", re.MULTILINE)


def on_host(program):
    """Status and output; without Bazel's own variables, which GoogleTest reads too."""
    done = subprocess.run(
        [program], env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout


def in_image(path):
    """An image in QEMU; or hosted, by the file's name."""
    way = ["--hosted"] if path.endswith(".hosted") else []
    options = boot_options.parse([*way, "--image", path, "--timeout", str(PATIENCE)])
    result = boot.boot(options)
    return result.status, result.console.decode(errors="replace") + result.errors


def judge(host, image):
    """The cases and the problems, from status and output of either side."""
    results = [{name: result for _, output in runs for result, name in _RESULT.findall(output)}
               for runs in (host, [image])]
    cases, problems = [], []
    for name in sorted(results[0].keys() | results[1].keys()):
        there, here = (side.get(name, "missing") for side in results)
        cases.append(("ok" if there == here else "failed", name))
        if there != here:
            problems.append(f"{name}: {there} on the host, {here} in the image")
    for what, pattern in (("number of tests", _RAN), ("reasons of failures", _REASON)):
        there, here = (sorted(found for _, output in runs for found in pattern.findall(output))
                       for runs in (host, [image]))
        if pattern is _RAN:
            there, here = (sum(int(number) for number in side) for side in (there, here))
        if there != here:
            problems.append(f"{what}: {there} on the host, {here} in the image")
    status = max(status for status, _ in host)
    if image[0] != status:
        problems.append(f"the status is {status} on the host, {image[0]} in the image")
    if not cases:
        problems.append("no tests were run")
    return cases, problems


def main(words):
    image = in_image(words[0])
    host = [on_host(program) for program in words[1:]]
    cases, problems = judge(host, image)
    print(image[1])
    for problem in problems:
        print(problem)
    if "XML_OUTPUT_FILE" in os.environ:
        image_test.write_xml(os.environ["XML_OUTPUT_FILE"], words[0], cases, problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
