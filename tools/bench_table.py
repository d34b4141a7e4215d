"""Figures of the benchmark as a table: for a terminal, and in Markdown for the documentation."""

import bench_results

_HEADER = ("operation", "program", "median", "time", "min", "p99", "max", "ours / best peer")
BEGIN = "<!-- written by ./tb bench --markdown; the end of it is marked -->"
END = "<!-- end of what ./tb bench wrote -->"


def number(value):
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def duration(ticks, ticks_per_second):
    """Ticks as time, with three digits and the unit that suits."""
    seconds = ticks / ticks_per_second
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds:.0f} s"
    return f"{seconds / 1e-9:.3g} ns"


def _line(figure, by_program, ticks_per_second, first):
    ratio = bench_results.ratio(figure, by_program)
    mark = "" if figure.has_stacks else " (no stacks)"
    mark += f" ({figure.in_place:,} calls without a thread)" if figure.in_place else ""
    in_time = ""
    if figure.unit == "ticks" and ticks_per_second:
        in_time = duration(figure.median, ticks_per_second)
    return (
        bench_results.describe(figure.row) if first else "",
        figure.program + mark,
        number(figure.median) + ("" if figure.unit == "ticks" else f" {figure.unit}"),
        in_time,
        number(min(figure.samples)),
        number(figure.percentile(99)),
        number(max(figure.samples)),
        "" if ratio is None else f"{ratio:.2f}")


def _lines(figures, ticks_per_second):
    for by_program in figures.values():
        ordered = sorted(by_program.values(), key=lambda figure: (
            not bench_results.is_ours(figure), figure.program if bench_results.is_ours(figure)
            else "", not figure.has_stacks, figure.median))
        for place, figure in enumerate(ordered):
            yield _line(figure, by_program, ticks_per_second, place == 0)


def text(figures, ticks_per_second):
    lines = [_HEADER, *_lines(figures, ticks_per_second)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines) + "\n"


def markdown(figures, ticks_per_second, about):
    """The table between two marks; `about` are lines on the machine and the run."""
    lines = [BEGIN, "", *about, ""]
    lines.append("| " + " | ".join(_HEADER) + " |")
    lines.append("|---|---|" + "--:|" * (len(_HEADER) - 2))
    for cells in _lines(figures, ticks_per_second):
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", END]) + "\n"


def put_into(document, table):
    """The document with the table in the place of the one it has; without one, at its end."""
    begin, end = document.find(BEGIN), document.find(END)
    if 0 <= begin < end:
        return document[:begin] + table.rstrip("\n") + document[end + len(END):]
    return (document.rstrip("\n") + "\n\n" if document else "") + table
