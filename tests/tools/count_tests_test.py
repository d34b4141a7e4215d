"""The closing line of a test run counts what ran, and everything that did not go well as failed."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import count_tests


class CountTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.events = []

    def add_target(self, label, completed=None, aborted=None):
        self.events.append({"id": {"targetConfigured": {"label": label}},
                            "configured": {"testSize": "SMALL"}})
        event = {"id": {"targetCompleted": {"label": label}}}
        event.update({"completed": completed} if completed else {})
        event.update({"aborted": aborted} if aborted else {})
        self.events.append(event)

    def add_result(self, label, status, cases, attempt=1, shard=1, summary=None):
        path = os.path.join(self.folder.name, f"{len(self.events)} test.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(cases)
        uri = "file://" + path.replace(" ", "%20")
        self.events.append({
            "id": {"testResult": {"label": label, "run": 1, "shard": shard, "attempt": attempt}},
            "testResult": {"status": status, "testActionOutput": [{"name": "test.xml",
                                                                   "uri": uri}]}})
        self.events.append({"id": {"testSummary": {"label": label}},
                            "testSummary": {"overallStatus": summary or status}})

    def add_test(self, label, status, *cases):
        self.add_target(label, {"success": True})
        body = "".join(f"<testcase name='a' {case}</testcase>" for case in cases)
        self.add_result(label, status, f"<testsuites><testsuite>{body}</testsuite></testsuites>")

    def count(self, status=0):
        path = os.path.join(self.folder.name, "events.json")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event) + "\n" for event in self.events)
        return count_tests.count_run(path, status)

    def test_cases_of_one_target(self):
        self.add_test("//:a", "FAILED", ">", "><failure/>", "><error/>", "><skipped/>",
                      "status='notrun'>", "result='skipped'>", "status='run' result='completed'>")
        self.assertEqual(self.count(3), (2, 5))

    def test_a_target_without_cases_counts_by_its_outcome(self):
        self.add_test("//:a", "PASSED")
        self.add_test("//:b", "FAILED")
        self.add_test("//:c", "TIMEOUT", ">")
        self.add_target("//:d", {"success": True})
        self.add_result("//:d", "PASSED", "not XML")
        self.assertEqual(self.count(3), (3, 2))

    def test_targets_that_did_not_build(self):
        self.add_target("//:a", {"failureDetail": {}})
        self.add_target("//:b", aborted={"reason": "ANALYSIS_FAILURE"})
        self.add_target("//:c", aborted={"reason": "SKIPPED"})
        self.assertEqual(self.count(1), (0, 3))

    def test_flaky_counts_as_failed(self):
        self.add_target("//:a", {"success": True})
        good = "<testsuites><testcase name='a'/></testsuites>"
        self.add_result("//:a", "FAILED", "", attempt=1)
        self.add_result("//:a", "PASSED", good, attempt=2, summary="FLAKY")
        self.assertEqual(self.count(), (1, 1))

    def test_shards_add_up(self):
        self.add_target("//:a", {"success": True})
        good = "<testsuites><testcase name='a'/></testsuites>"
        self.add_result("//:a", "PASSED", good, shard=1)
        self.add_result("//:a", "PASSED", good, shard=2)
        self.assertEqual(self.count(), (2, 0))

    def test_a_failure_without_a_failed_test_is_one(self):
        self.add_test("//:a", "PASSED", ">")
        self.assertEqual(self.count(0), (1, 0))
        self.assertEqual(self.count(1), (1, 1))
        self.assertEqual(count_tests.count_run("/nowhere", 37), (0, 1))

    def test_the_closing_line(self):
        self.add_test("//:a", "PASSED", ">")
        self.count()
        path = os.path.join(self.folder.name, "events.json")
        for words, line, status in (
                ([f"{path}:0"], "1 passed, 0 failed\n", 0),
                ([f"{path}:0", f"{path}:3"], "2 passed, 1 failed\n", 1),
                ([f"{path}:0", "+25:0"], "26 passed, 0 failed\n", 0),
                ([f"{path}:0", "+20:5"], "21 passed, 5 failed\n", 1),
                (["/nowhere:4"], "0 passed, 0 failed\n", 1)):
            with contextlib.redirect_stdout(io.StringIO()) as output:
                self.assertEqual(count_tests.main(words), status)
            self.assertEqual(output.getvalue(), line)


if __name__ == "__main__":
    unittest.main()
