#!/usr/bin/python3
"""Boots an image as a test: its status, its console and its cases have to be as expected.

Every line "[ok] SENTENCE" or "[failed] SENTENCE" of the console is a case of its own in the XML
that Bazel collects; an expectation that is not met is one more.
"""

import argparse
import os
import re
import sys
import xml.etree.ElementTree as xml

import boot
import boot_options


def parse(words):
    """What is expected stands before the word "::", what boot.py is given behind it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--status", type=int, action="append", default=[],
                        help="an exit status that is right")
    parser.add_argument("--expect", action="append", default=[], help="a pattern the console has")
    parser.add_argument("--reject", action="append", default=[], help="one that it has not")
    middle = words.index("::")
    wanted = parser.parse_args(words[:middle])
    wanted.status = wanted.status or [0]
    return wanted, words[middle + 1:]


def unmet(wanted, result, console):
    """A sentence for each expectation that is not met."""
    if result.timed_out:
        yield "the machine did not end in time"
    if result.status not in wanted.status:
        right = " or ".join(str(status) for status in wanted.status)
        yield f"the exit status is {result.status}, not {right}"
    for pattern in wanted.expect:
        if not re.search(pattern, console, re.MULTILINE):
            yield f"the console shows nothing like {pattern!r}"
    for pattern in wanted.reject:
        if re.search(pattern, console, re.MULTILINE):
            yield f"the console shows {pattern!r}"


def cases_in(console):
    return re.findall(r"^\[(ok|failed)\] (.*)$", console, re.MULTILINE)


def write_xml(path, name, cases, problems):
    suite = xml.Element("testsuite", name=name)
    for outcome, sentence in cases:
        case = xml.SubElement(suite, "testcase", name=sentence, classname=name)
        if outcome == "failed":
            xml.SubElement(case, "failure", message="see the console")
    whole = xml.SubElement(suite, "testcase", name="the machine ends as expected", classname=name)
    for problem in problems:
        xml.SubElement(whole, "failure", message=problem)
    suite.set("tests", str(len(cases) + 1))
    suite.set("failures", str(len(suite.findall(".//failure"))))
    suites = xml.Element("testsuites")
    suites.append(suite)
    xml.ElementTree(suites).write(path, encoding="unicode")


def main(words):
    wanted, rest = parse(words)
    options = boot_options.parse(rest)
    result = boot.boot(options)
    console = result.console.decode(errors="replace")
    cases = cases_in(console)
    # A sanitizer's report is not on the console.
    problems = list(unmet(wanted, result, f"{console}\n{result.errors}"))
    # A negative test may expect failed cases; then they are what is expected, not failures.
    if 0 not in wanted.status:
        cases = []
    elif any(outcome == "failed" for outcome, _ in cases):
        problems.append("a case failed")
    print(console)
    print(result.errors)
    for problem in problems:
        print(f"{options.name}: {problem}")
    if "XML_OUTPUT_FILE" in os.environ:
        write_xml(os.environ["XML_OUTPUT_FILE"], options.name, cases, problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
