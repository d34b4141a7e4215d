"""What the benchmark and its peers print, as figures: parsing, rounds, ratios, who is behind."""

import dataclasses
import json
import statistics

OURS = "Threadbare"
OURS_WITH_LIBRARY = "Threadbare, library"
OURS_WITHOUT_COUNTERS = "Threadbare, no counters"


class ResultError(Exception):
    """One sentence that says which line is no result."""


@dataclasses.dataclass(frozen=True)
class Operation:
    """What is measured. What is not more than `enough` is behind nobody."""

    title: str
    enough: float = 0


# In the order of the table. The names are those of bench/operations/main.cc.
OPERATIONS = {
    "switch": Operation("bare context switch"),
    "pick": Operation("run queue: enqueue and take the next"),
    "pick_fifo": Operation("the same of Fifo threads of all priorities"),
    "pick_deadline": Operation("the same of Deadline threads"),
    "yield": Operation("yield"),
    "word": Operation("a word passed there and back, for comparison"),
    "block_wake": Operation("block and wake, round trip"),
    "wake": Operation("wake of a parked thread"),
    "park": Operation("return from a park, and park again"),
    "wake_asleep": Operation("wake, the partner's CPU asleep"),
    "wake_busy": Operation("wake, the partner's CPU computing"),
    "wake_urgent": Operation("wake of a Fifo 99 thread, its CPU computing"),
    "spawn_join": Operation("spawn and join, one by one"),
    "spawn_many": Operation("spawn all, then join all; per thread"),
    "spawn": Operation("spawn"),
    "begin_end": Operation("a thread's begin and end"),
    "join": Operation("join of a thread that has ended"),
    "memory_parked": Operation(
        "memory of a parked thread",
        enough=4.3 * 1024),  # a page is the least that a stack of its own can have
    "skynet": Operation("skynet: a tree of threads, ten each"),
    "fibonacci": Operation("Fibonacci number, a thread for each call"),
    "sleep_50us_late": Operation("sleep of 50 us: late by"),
    "timer_to_thread": Operation("sleep of 50 us, the CPU computing: late by"),
    "timer_interrupt": Operation("timer interrupt of a lone thread"),
    "preempt": Operation("preemption, from thread to thread"),
    "mutex_free": Operation("mutex, lock and unlock"),
    "mutex_contended": Operation("mutex, wanted by two CPUs"),
    "mutex_share": Operation("the same: the busiest's turns over the idlest's"),
    "semaphore": Operation("semaphore, round trip"),
    "condition_variable": Operation("condition variable, round trip"),
    "barrier": Operation("barrier, a round of two"),
    "channel_64": Operation("channel of 64, per item"),
    "channel_handover": Operation("channel without room, per item"),
    "channel_64_free": Operation("channel of 64, per item, threads not bound"),
    "channel_handover_free": Operation("channel without room, per item, threads not bound"),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """What a result is about. `threads` of skynet are its leaves; of fibonacci it is the number."""

    operation: str
    threads: int
    cpus: int

    def order(self):
        names = list(OPERATIONS)
        place = names.index(self.operation) if self.operation in OPERATIONS else len(names)
        return place, self.cpus, self.threads


@dataclasses.dataclass
class Result:
    """One line of a program: the samples of a row."""

    program: str
    row: Row
    unit: str
    samples: list
    has_stacks: bool
    in_place: int = 0  # calls that got no thread of their own


@dataclasses.dataclass
class Figure:
    """A program's samples of a row out of all rounds."""

    program: str
    row: Row
    unit: str
    has_stacks: bool
    round_medians: list
    samples: list
    in_place: int = 0

    @property
    def median(self):
        """Of the rounds' medians."""
        return statistics.median(self.round_medians)

    def percentile(self, percent):
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def parse(text):
    """The results among the lines of a program, and the TSC's speed that they tell (or None)."""
    results, ticks_per_second = [], None
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            fields = json.loads(line)
            if "ticks_per_second" in fields:
                ticks_per_second = fields["ticks_per_second"]
                continue
            row = Row(fields["operation"], fields["threads"], fields["cpus"])
            result = Result(fields["program"], row, fields["unit"], fields["samples"],
                            fields["stacks"] == "own", fields.get("in_place", 0))
        except (ValueError, KeyError) as error:
            raise ResultError(f"no result: {line[:80]!r}") from error
        if not result.samples:
            raise ResultError(f"no samples: {line[:80]!r}")
        results.append(result)
    return results, ticks_per_second


def combine(rounds):
    """Figures by row and program; `rounds` are lists of results."""
    figures = {}
    for results in rounds:
        for result in results:
            by_program = figures.setdefault(result.row, {})
            figure = by_program.setdefault(result.program, Figure(
                result.program, result.row, result.unit, result.has_stacks, [], []))
            figure.round_medians.append(statistics.median(result.samples))
            figure.samples.extend(result.samples)
            figure.in_place = max(figure.in_place, result.in_place)
    return dict(sorted(figures.items(), key=lambda item: item[0].order()))


def is_ours(figure):
    return figure.program in (OURS, OURS_WITH_LIBRARY, OURS_WITHOUT_COUNTERS)


def best_peer(by_program):
    """The peer to compare with: the fastest one whose threads have stacks, as ours do; or None."""
    peers = [figure for figure in by_program.values()
             if not is_ours(figure) and figure.has_stacks]
    return min(peers, key=lambda figure: figure.median, default=None)


def ratio(figure, by_program):
    """How many times as much as the best peer; None if there is none, or the figure is a peer's."""
    best = best_peer(by_program)
    if best is None or not is_ours(figure) or best.median <= 0:
        return None
    return figure.median / best.median


def is_slower(figure, other):
    """By the medians of all rounds, and in each of them: what comes out this way in one and that
    way in the next is no difference."""
    pairs = zip(figure.round_medians, other.round_medians)
    return figure.median > other.median and all(mine > its for mine, its in pairs)


def behind(figures):
    """A sentence for each row in which a peer does better than the image without libraries, or does
    all of what ours did in part."""
    for row, by_program in figures.items():
        ours, best = by_program.get(OURS), best_peer(by_program)
        if ours is None or best is None:
            continue
        enough = OPERATIONS[row.operation].enough if row.operation in OPERATIONS else 0
        if ours.in_place:
            yield f"{describe(row)}: {ours.in_place:,} calls found no room for a thread"
        elif ours.median > enough and is_slower(ours, best):
            yield (f"{describe(row)}: {ours.median:,.1f} {ours.unit},"
                   f" {best.program} {best.median:,.1f}")


def describe(row):
    operation = OPERATIONS.get(row.operation, Operation(row.operation))
    return f"{operation.title} ({extent(row)})"


def extent(row):
    cpus = f"{row.cpus} CPU" + ("" if row.cpus == 1 else "s")
    if row.operation == "fibonacci":
        return f"number {row.threads}, {cpus}"
    what = "leaves" if row.operation == "skynet" else "thread" + ("" if row.threads == 1 else "s")
    return f"{row.threads:,} {what}, {cpus}"
