"""Figures of the benchmark as pictures: each row against the peers, each operation by threads."""

import os

import bench_results

_OURS_COLOUR, _PEER_COLOUR, _STACKLESS_COLOUR = "#b03020", "#5080b0", "#b0b0b0"


def _pyplot():
    import matplotlib  # only where plots are asked for; ./tb installs it then
    matplotlib.use("svg")
    # The same figures make the same file.
    matplotlib.rcParams["svg.hashsalt"] = "threadbare"
    from matplotlib import pyplot
    return pyplot


def _colour(figure):
    if bench_results.is_ours(figure):
        return _OURS_COLOUR
    return _PEER_COLOUR if figure.has_stacks else _STACKLESS_COLOUR


def _save(pyplot, canvas, path):
    canvas.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(canvas)
    return path


def _bars(pyplot, row, by_program, path):
    figures = sorted(by_program.values(), key=lambda figure: -figure.median)
    canvas, axes = pyplot.subplots(figsize=(7, 0.6 + 0.35 * len(figures)))
    medians = [max(figure.median, 0.01) for figure in figures]
    axes.barh([figure.program for figure in figures], medians,
              color=[_colour(figure) for figure in figures])
    for place, figure in enumerate(figures):
        axes.annotate(f" {figure.median:,.1f}", (medians[place], place), va="center", fontsize=8)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_xlabel(f"{figures[0].unit}, median; grey: without stacks")
    axes.set_title(bench_results.describe(row), fontsize=10)
    return _save(pyplot, canvas, path)


def _by_threads(pyplot, operation, cpus, lines, path):
    canvas, axes = pyplot.subplots(figsize=(7, 4))
    for program, points in sorted(lines.items()):
        points = sorted(points, key=lambda figure: figure.row.threads)
        axes.plot([figure.row.threads for figure in points],
                  [max(figure.median, 0.01) for figure in points], marker="o", label=program,
                  linewidth=2.5 if bench_results.is_ours(points[0]) else 1,
                  linestyle="-" if points[0].has_stacks else ":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("threads")
    axes.set_ylabel("ticks, median; dotted: without stacks")
    axes.set_title(f"{bench_results.OPERATIONS[operation].title}, CPUs: {cpus}", fontsize=10)
    axes.legend(fontsize=8)
    return _save(pyplot, canvas, path)


def write(figures, folder):
    """Writes the SVG files into the folder, which it makes; returns their paths."""
    pyplot = _pyplot()
    os.makedirs(folder, exist_ok=True)
    paths, operations = [], {}
    for row, by_program in figures.items():
        name = f"{row.operation}_{row.threads}_on_{row.cpus}.svg"
        paths.append(_bars(pyplot, row, by_program, os.path.join(folder, name)))
        for figure in by_program.values():
            operations.setdefault((row.operation, row.cpus), {}).setdefault(
                figure.program, []).append(figure)
    for (operation, cpus), lines in operations.items():
        sizes = {figure.row.threads for points in lines.values() for figure in points}
        if len(sizes) > 1 and operation in bench_results.OPERATIONS:
            path = os.path.join(folder, f"{operation}_by_threads_on_{cpus}.svg")
            paths.append(_by_threads(pyplot, operation, cpus, lines, path))
    return paths
