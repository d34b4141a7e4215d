#!/usr/bin/python3
"""Counts the test cases of finished `bazel test` runs and prints `N passed, M failed`.

Each argument is EVENTS:STATUS, the build event file of one run and Bazel's exit status; or
+PASSED:FAILED, what another tool has counted.
"""

import dataclasses
import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree

_SUCCESS, _NO_TESTS = 0, 4


@dataclasses.dataclass
class Target:
    """What the events say about one test target."""

    built: bool = True
    summary: str = ""
    # The last attempt of each (run, shard): its number, status and test.xml.
    results: dict = dataclasses.field(default_factory=dict)


def _local_path(uri):
    parts = urllib.parse.urlsplit(uri)
    return urllib.parse.unquote(parts.path) if parts.scheme == "file" else ""


def _read_event(event, targets):
    kind, identity = next(iter(event["id"].items()))
    label = identity.get("label", "") if isinstance(identity, dict) else ""
    if kind == "targetConfigured" and event.get("configured", {}).get("testSize"):
        targets.setdefault(label, Target())
    target = targets.get(label)
    if target is None:
        return
    if kind == "targetCompleted":
        target.built = event.get("completed", {}).get("success", False)
    elif kind == "testSummary":
        target.summary = event.get("testSummary", {}).get("overallStatus", "")
    elif kind == "testResult":
        _read_result(identity, event.get("testResult", {}), target)


def _read_result(identity, result, target):
    place = (identity.get("run", 1), identity.get("shard", 1))
    attempt = identity.get("attempt", 1)
    if attempt < target.results.get(place, (0,))[0]:
        return
    outputs = {output["name"]: output.get("uri", "") for output in
               result.get("testActionOutput", [])}
    target.results[place] = (
        attempt, result.get("status", ""), _local_path(outputs.get("test.xml", "")))


def read_events(path):
    """Returns the test targets of one run by label."""
    targets = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    _read_event(json.loads(line), targets)
                except ValueError:
                    # Bazel was killed while it wrote this line; its exit status tells.
                    break
    return targets


def count_cases(path):
    """Returns (passed, failed) of a test.xml; a case that did not run has failed."""
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 0
    passed = failed = 0
    for case in root.iter("testcase"):
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        bad |= case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed")
        passed, failed = passed + (not bad), failed + bad
    return passed, failed


def count_target(target):
    # Also what Bazel has left out: a test that does not run has failed.
    if not target.built:
        return 0, 1
    passed = failed = 0
    for _, status, path in target.results.values():
        good, bad = count_cases(path)
        if status != "PASSED":
            bad = bad or 1
        elif not good + bad:
            good = 1
        passed, failed = passed + good, failed + bad
    if target.results and target.summary != "PASSED":
        failed = failed or 1
    return passed, failed


def count_run(path, status):
    counts = [count_target(target) for target in read_events(path).values()]
    passed, failed = (sum(count[at] for count in counts) for at in (0, 1))
    if status not in (_SUCCESS, _NO_TESTS) and not failed:
        failed = 1
    return passed, failed


def main(words):
    passed = failed = 0
    for word in words:
        path, _, status = word.rpartition(":")
        if path.startswith("+"):
            good, bad = int(path), int(status)
        else:
            good, bad = count_run(path, int(status))
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
