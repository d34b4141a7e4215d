"""What ./tb bench does with its options and with programs that fail."""

import contextlib
import io
import json
import os
import tempfile
import unittest
from unittest import mock

import bench
import bench_options
import bench_programs
import bench_results


def refusal(*words):
    try:
        bench_options.parse(list(words))
    except bench_options.OptionError as error:
        return str(error)
    return ""


class Options(unittest.TestCase):
    def test_have_three_rounds_beside_the_peers_and_one_alone(self):
        self.assertEqual(bench_options.parse(["--peers"]).rounds, 3)
        self.assertEqual(bench_options.parse([]).rounds, 1)
        self.assertEqual(bench_options.parse(["--peers", "--rounds=7"]).rounds, 7)

    def test_name_operations(self):
        self.assertEqual(bench_options.parse(["--only", "yield,skynet"]).only, ["yield", "skynet"])
        self.assertRegex(refusal("--only", "yeild"),
                         r'not "yeild"; there are: switch pick pick_fifo pick_deadline yield ')

    def test_that_are_wrong_get_one_sentence(self):
        for words, sentence in (
                (["--peer"], 'unknown option "--peer"; there are: --peers '),
                (["fast"], 'unknown option "fast"'),
                (["--short=yes"], 'unknown option "--short=yes"'),
                (["--rounds"], "--rounds needs a value after it"),
                (["--rounds", "0"], '--rounds takes a number from 1 to 1000, not "0"'),
                (["--rounds", "many"], 'not "many"'),
                (["--json", "/nowhere/at/all"], "in a folder that does not exist"),
                (["--image", "--peers"], "--peers does not go with it"),
                (["--counts", "--short"], "no other option goes with it"),
                (["-o", "file.iso"], "-o names the image that --image writes")):
            with self.subTest(words=words):
                self.assertIn(sentence, refusal(*words))
                self.assertNotIn("\n", refusal(*words))

    def test_ask_for_help(self):
        self.assertIsNone(bench_options.parse(["--peers", "--help"]))

    def test_leave_to_our_programs_what_they_have(self):
        self.assertEqual(bench_programs.arguments([], ["--short"]), ["--short"])
        self.assertEqual(bench_programs.arguments(["yield", "switch"], ["--short"]),
                         ["--short", "--only", "yield,switch"])


def line(program, median):
    return json.dumps({"program": program, "stacks": "own", "operation": "yield", "threads": 2,
                       "cpus": 1, "unit": "ticks", "samples": [median]})


class Runs(unittest.TestCase):
    def bench(self, *words, ours=80, go=100):
        """Runs ./tb bench --peers with programs that print these medians."""
        programs = {"bench": line("Threadbare", ours), "go": go and line("Go", go)}
        self.order = []

        def run(program, _cpus):
            self.order.append(program.name)
            if programs[program.name] is None:
                raise bench_programs.ProgramError(f"{program.name} ended with status 3")
            return bench_results.parse(programs[program.name])[0], 2_600_000_000

        here = [bench_programs.Program("bench", [])] if ours else []
        peers = [bench_programs.Program("go", [])]
        output, errors = io.StringIO(), io.StringIO()
        with mock.patch.object(bench_programs, "hosted", lambda *_: here), \
                mock.patch.object(bench_programs, "peers", lambda *_: peers), \
                mock.patch.object(bench_programs, "run", run), \
                contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = bench.main(["--peers", *words])
        return status, output.getvalue(), errors.getvalue()

    def test_take_turns(self):
        self.bench("--rounds", "2")
        self.assertEqual(self.order, ["bench", "go", "bench", "go"])

    def test_end_well_where_nobody_is_faster(self):
        status, output, _ = self.bench()
        self.assertEqual(status, 0)
        self.assertIn("1 of 1 rows are as fast as the best peer, or faster", output)

    def test_fail_where_a_peer_is_faster(self):
        status, output, _ = self.bench(ours=120)
        self.assertEqual(status, 1)
        self.assertIn("behind: yield (2 threads, 1 CPU): 120.0 ticks, Go 100.0", output)

    def test_fail_without_a_build_of_ours(self):
        status, output, errors = self.bench(ours=0)
        self.assertEqual(status, 1)
        self.assertIn("no build of ours", errors)
        self.assertIn("Go", output)

    def test_fail_where_a_peer_does_and_show_the_rest(self):
        status, output, errors = self.bench(go=None)
        self.assertEqual(status, 1)
        self.assertIn("bench: go ended with status 3", errors)
        self.assertIn("Threadbare", output)

    def test_fail_with_one_sentence_when_a_program_does(self):
        false = bench_programs.Program("go", ["/bin/false"])
        with self.assertRaisesRegex(bench_programs.ProgramError, "^go ended with status 1"):
            bench_programs.run(false, [])

    def test_write_what_was_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("all.json", "table.md")]
            self.bench("--json", paths[0], "--markdown", paths[1], "--rounds", "2")
            with open(paths[0], encoding="utf-8") as file:
                written = json.load(file)["peers"]
            with open(paths[1], encoding="utf-8") as file:
                table = file.read()
        self.assertEqual(written["ticks_per_second"], 2_600_000_000)
        self.assertEqual(written["command"][:3], ["./tb", "bench", "--peers"])
        self.assertEqual(len(written["rounds"]), 2)
        self.assertEqual(written["rounds"][0][0]["row"]["operation"], "yield")
        self.assertIn("processor", written["machine"])
        self.assertIn("| yield (2 threads, 1 CPU) | Threadbare | 80.0 |", table)


if __name__ == "__main__":
    unittest.main()
