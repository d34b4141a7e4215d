"""What tools/bench_results.py and bench_table.py make of recorded lines."""

import unittest

import bench_results
import bench_table
from bench_results import Row

RECORDED = """threadbare: 2 CPUs, 509 MiB; something for people
{"program":"Threadbare","ticks_per_second":2600000000}
{"program":"Threadbare","stacks":"own","operation":"yield","threads":2,"cpus":1,"in_place":0,\
"unit":"ticks","samples":[80.25,82.00,79.50]}
yield                    2 threads  1 CPUs:           80.2 ticks
bench: done
"""


def result(program, median, operation="yield", threads=2, cpus=1, **more):
    row = Row(operation, threads, cpus)
    return bench_results.Result(program, row, "ticks", [median - 1, median, median + 1],
                                more.pop("has_stacks", True), **more)


def combined(*rounds):
    return bench_results.combine(rounds)


class Parsing(unittest.TestCase):
    def test_takes_the_lines_of_results_and_the_speed(self):
        results, speed = bench_results.parse(RECORDED)
        self.assertEqual(speed, 2_600_000_000)
        self.assertEqual([(result.program, result.row, result.samples) for result in results],
                         [("Threadbare", Row("yield", 2, 1), [80.25, 82.0, 79.5])])

    def test_of_a_peer_without_the_count_of_calls_in_place(self):
        line = RECORDED.replace('"in_place":0,', "").replace('"own"', '"none"')
        found, = bench_results.parse(line)[0]
        self.assertFalse(found.has_stacks)
        self.assertEqual(found.in_place, 0)

    def test_of_a_torn_line_says_which(self):
        with self.assertRaisesRegex(bench_results.ResultError, "no result: .*Threadbare"):
            bench_results.parse('{"program":"Threadbare","stac')

    def test_of_a_line_without_samples_says_so(self):
        with self.assertRaisesRegex(bench_results.ResultError, "no samples"):
            bench_results.parse(RECORDED.replace("80.25,82.00,79.50", ""))


class Rounds(unittest.TestCase):
    def test_count_by_the_median_of_their_medians(self):
        figures = combined([result("Go", 10)], [result("Go", 500)], [result("Go", 20)])
        figure = figures[Row("yield", 2, 1)]["Go"]
        self.assertEqual(figure.median, 20)
        self.assertEqual(min(figure.samples), 9)
        self.assertEqual(figure.percentile(99), 501)

    def test_come_in_the_order_of_the_operations(self):
        figures = combined([result("Go", 1, "skynet", 1000), result("Go", 1, "yield", 100),
                            result("Go", 1, "yield", 2), result("Go", 1, "switch")])
        self.assertEqual([(row.operation, row.threads) for row in figures],
                         [("switch", 2), ("yield", 2), ("yield", 100), ("skynet", 1000)])


class Comparing(unittest.TestCase):
    def test_is_with_the_fastest_peer_that_has_stacks(self):
        by_program = combined([
            result("Threadbare", 80), result("Go", 160), result("Boost.Fiber", 100),
            result("C++ coroutines", 13, has_stacks=False)])[Row("yield", 2, 1)]
        self.assertEqual(bench_results.best_peer(by_program).program, "Boost.Fiber")
        self.assertAlmostEqual(bench_results.ratio(by_program["Threadbare"], by_program), 0.8)
        self.assertIsNone(bench_results.ratio(by_program["Go"], by_program))

    def test_finds_nobody_behind_who_is_as_fast(self):
        figures = combined([result("Threadbare", 100), result("Go", 100),
                            result("C++ coroutines", 13, has_stacks=False)])
        self.assertEqual(list(bench_results.behind(figures)), [])

    def test_finds_who_is_behind(self):
        figures = combined([result("Threadbare", 101), result("Go", 100)])
        self.assertEqual(list(bench_results.behind(figures)),
                         ["yield (2 threads, 1 CPU): 101.0 ticks, Go 100.0"])

    def test_finds_nobody_behind_who_does_all_that_can_be_done(self):
        for ours, behind in ((4_352, 0), (4_608, 1)):
            figures = combined([result("Threadbare", ours, "memory_parked"),
                                result("Go", 2_700, "memory_parked")])
            self.assertEqual(len(list(bench_results.behind(figures))), behind)

    def test_goes_by_the_medians_of_the_rounds_and_not_by_one_bad_round(self):
        figures = combined(*[[result("Threadbare", ours), result("Go", 100)]
                             for ours in (90, 900, 95)])
        self.assertEqual(list(bench_results.behind(figures)), [])

    def test_finds_no_difference_where_the_rounds_do_not_agree(self):
        figures = combined(*[[result("Threadbare", ours), result("Go", go)]
                             for ours, go in ((102, 100), (99, 103), (104, 101))])
        self.assertEqual(list(bench_results.behind(figures)), [])

    def test_leaves_out_what_only_one_side_has(self):
        figures = combined([result("Threadbare", 500, "preempt"), result("Go", 1, "mutex_free")])
        self.assertEqual(list(bench_results.behind(figures)), [])

    def test_does_not_judge_the_image_with_the_library(self):
        figures = combined([result("Threadbare, library", 500), result("Go", 100)])
        self.assertEqual(list(bench_results.behind(figures)), [])

    def test_counts_as_behind_what_was_done_only_in_part(self):
        figures = combined([result("Threadbare", 10, "skynet", 1000000, in_place=7),
                            result("Go", 100, "skynet", 1000000)])
        self.assertEqual(
            list(bench_results.behind(figures)),
            ["skynet: a tree of threads, ten each (1,000,000 leaves, 1 CPU):"
             " 7 calls found no room for a thread"])


class Tables(unittest.TestCase):
    FIGURES = [result("Threadbare", 80), result("Go", 160),
               result("C++ coroutines", 13, has_stacks=False)]

    def test_show_ours_first_and_who_has_no_stacks_last(self):
        lines = bench_table.text(combined(self.FIGURES), 2_600_000_000).splitlines()[1:]
        self.assertRegex(lines[0], r"^yield \(2 threads, 1 CPU\) +Threadbare +80\.0 +30\.8 ns"
                                   r" +79\.0 +81\.0 +81\.0 +0\.50$")
        self.assertRegex(lines[1], r"^ +Go +160\.0 +61\.5 ns")
        self.assertRegex(lines[2], r"^ +C\+\+ coroutines \(no stacks\)")

    def test_show_no_time_of_what_was_counted(self):
        lines = bench_table.text(combined(self.FIGURES), None).splitlines()
        self.assertNotIn(" ns ", lines[1])

    def test_take_the_place_of_the_one_before(self):
        first = bench_table.markdown(combined(self.FIGURES), 1, ["The machine."])
        second = bench_table.markdown(combined(self.FIGURES[:1]), 1, ["Another one."])
        document = bench_table.put_into("# Figures\n", first) + "\nThe end.\n"
        document = bench_table.put_into(document, second)
        self.assertIn("Another one.", document)
        self.assertNotIn("The machine.", document)
        self.assertTrue(document.startswith("# Figures\n"))
        self.assertTrue(document.endswith("\nThe end.\n"))

    def test_give_times_the_unit_that_suits(self):
        for ticks, text in ((5, "5 ns"), (1234, "1.23 us"), (12_345_678, "12.3 ms"),
                            (2_500_000_000, "2.5 s")):
            self.assertEqual(bench_table.duration(ticks, 1_000_000_000), text)


if __name__ == "__main__":
    unittest.main()
