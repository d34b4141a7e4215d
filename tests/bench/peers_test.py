"""Every peer builds, runs and prints results that the table knows."""

import os
import unittest

os.environ["XDG_CACHE_HOME"] = os.environ["TEST_TMPDIR"]

import bench_programs
import bench_results

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]


class Peers(unittest.TestCase):
    def rows_of(self, path):
        program = bench_programs.Program(path, [path, "--short"])
        results, speed = bench_programs.run(program, sorted(os.sched_getaffinity(0))[:2])
        self.assertGreater(speed, 0)
        for result in results:
            self.assertIn(result.row.operation, bench_results.OPERATIONS)
        return {result.row.operation for result in results}

    def test_print_results(self):
        for name, operation in (
                ("posix_threads", "block_wake"), ("boost_context", "switch"),
                ("boost_fiber", "skynet"), ("ucontext", "switch"), ("gnu_pth", "yield"),
                ("coroutines", "yield"), ("one_tbb", "fibonacci")):
            with self.subTest(peer=name):
                self.assertIn(operation, self.rows_of(f"{RUNFILES}/bench/peers/{name}"))

    def test_written_in_go_print_results(self):
        self.assertIn("channel_64", self.rows_of(bench_programs.build_go()))


if __name__ == "__main__":
    unittest.main()
