"""Counts instructions in QEMU and compares them with the committed figures.

A figure that is off by more than the tolerance, in either direction, wants a look, and the new one
committed to bench/instruction_counts.json, which ./tb bench --counts writes.
"""

import functools
import json
import math
import os
import unittest

import instruction_counts

RUNFILES = os.environ["TEST_SRCDIR"] + "/" + os.environ["TEST_WORKSPACE"]
TOLERANCE = 0.02


def count(image):
    target = instruction_counts.IMAGES[image][0]
    return instruction_counts.count(image, [f"{RUNFILES}/{target[2:].replace(':', '/')}"])


@functools.cache
def counts():
    return {image: count(image) for image in instruction_counts.IMAGES}


class Counts(unittest.TestCase):
    def test_are_the_committed_ones(self):
        with open(f"{RUNFILES}/bench/instruction_counts.json", encoding="utf-8") as file:
            committed = json.load(file)
        print(json.dumps(counts(), indent=2))
        self.assertEqual(set(counts()), set(committed))
        for image, operations in committed.items():
            self.assertEqual(set(counts()[image]), set(operations))
            for operation, wanted in operations.items():
                with self.subTest(image=image, operation=operation):
                    difference = abs(counts()[image][operation] - wanted)
                    self.assertLessEqual(difference, TOLERANCE * wanted)

    def test_are_reproducible(self):
        for image in ("counts", "operations"):
            with self.subTest(image=image):
                self.assertEqual(count(image), counts()[image])

    def test_of_a_pick_hardly_depend_on_how_many_are_ready(self):
        operations = counts()["operations"]
        for operation in ("pick", "pick_fifo"):
            few, many = (operations[f"{operation}, {threads} threads, 1 CPU"]
                         for threads in ("10", "100,000"))
            self.assertLess(many, 1.5 * few, operation)

    def test_of_a_pick_of_deadline_threads_grow_like_a_logarithm(self):
        # The heap's work is so only on the average, over all that has been done to it.
        for few, many in (("10", "1,000"), ("1,000", "100,000")):
            ratio = math.log(int(many.replace(",", ""))) / math.log(int(few.replace(",", "")))
            fewer, more = (counts()["operations"][f"pick_deadline, {threads} threads, 1 CPU"]
                           for threads in (few, many))
            self.assertLess(more, 1.5 * ratio * fewer, many)

    def test_of_a_null_system_call_are_fewer_than_60(self):
        self.assertLess(counts()["library_counts"]["null system call"], 60)

    def test_of_a_switch_with_the_library_differ_by_its_threads_variables(self):
        # A branch that is not taken otherwise, the write of the FS base, and a jump back.
        operation = "yield, 2 ready threads"
        difference = counts()["counts_with_library"][operation] - counts()["counts"][operation]
        self.assertLessEqual(difference, 4)


if __name__ == "__main__":
    unittest.main()
