#!/usr/bin/python3
"""Runs the benchmark, alone or beside its peers, and shows what came out: ./tb bench."""

import datetime
import json
import os
import platform
import subprocess
import sys

import bench_options
import bench_plots
import bench_programs
import bench_results
import bench_table
import grub_iso
import instruction_counts

_WAYS = {
    "hosted": "as a program of Linux: times of this machine",
    "icount": "in QEMU with -icount: a tick is an instruction, exact",
    "peers": "beside the peers, as programs of Linux: times of this machine",
}


def machine():
    """What a figure has to be read with."""
    facts = {"kernel": platform.release(), "cpus": os.cpu_count()}
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = [line.partition(":") for line in file]
    names = {name.strip(): value.strip() for name, _, value in lines}
    facts["processor"] = names.get("model name", "unknown")
    facts["virtual"] = "hypervisor" in names.get("flags", "").split()
    facts["memory_mib"] = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return facts


def commit():
    done = subprocess.run(["git", "-C", bench_programs.ROOT, "describe", "--always", "--dirty"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip() or "unknown"


def measure(programs, cpus, rounds):
    """All programs in turns, so that what disturbs the machine disturbs them all. Returns rounds
    of results, the TSC's speed, and whether all programs ended well: the others still count."""
    measured, speeds, all_well = [], [], True
    for number in range(rounds):
        results = []
        for program in programs:
            print(f"round {number + 1} of {rounds}: {program.name}", file=sys.stderr, flush=True)
            try:
                found, speed = bench_programs.run(program, cpus)
            except (bench_programs.ProgramError, bench_results.ResultError) as error:
                print(f"bench: {error}", file=sys.stderr, flush=True)
                all_well = False
                continue
            results += found
            speeds += [speed] if speed else []
        measured.append(results)
    return measured, sorted(speeds)[len(speeds) // 2] if speeds else None, all_well


def report(way, measured, speed, options, words):
    """Prints the table of one way to run, and writes what was asked for. Returns the figures."""
    figures = bench_results.combine(measured)
    facts = machine()
    # Counted instructions have no speed.
    speed = None if way == "icount" else speed
    about = [
        f"Rounds: {options.rounds}, {_WAYS[way]}.",
        f"{facts['processor']}, {facts['cpus']} CPUs{' of a virtual machine' * facts['virtual']},"
        f" {facts['memory_mib']} MiB, Linux {facts['kernel']}"
        + (f", TSC {speed / 1e6:,.0f} MHz." if speed else ".")]
    print("\n".join(about) + "\n\n" + bench_table.text(figures, speed), flush=True)
    if options.markdown:
        write_markdown(options.markdown, bench_table.markdown(figures, speed, about))
    if options.plots:
        for path in bench_plots.write(figures, options.plots):
            print(path)
    if options.json:
        write_json(options.json, way, {
            "machine": facts, "ticks_per_second": speed, "command": ["./tb", "bench", *words],
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "commit": commit(),
            "rounds": [[{**vars(result), "row": vars(result.row)} for result in results]
                       for results in measured]})
    return figures


def write_markdown(path, table):
    document = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            document = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(bench_table.put_into(document, table))


def write_json(path, way, content):
    """Each way to run is a key of its own; others of the same call stay."""
    everything = write_json.written.setdefault(path, {})
    everything[way] = content
    with open(path, "w", encoding="utf-8") as file:
        json.dump(everything, file, indent=1)


write_json.written = {}


def run_alone(options, words):
    extra = ["--short"] if options.short else []
    cpus = sorted(os.sched_getaffinity(0))
    found, status = False, 0
    for way, programs in (
            ("hosted", bench_programs.hosted(len(cpus), options.only, extra)),
            ("icount", bench_programs.images(options.only, extra))):
        if programs:
            # What is given to a file is the first way's: times, if there are any.
            wanted = options if not found else bench_options.Options(json=options.json,
                                                                     rounds=options.rounds)
            measured, speed, all_well = measure(programs, cpus, options.rounds)
            report(way, measured, speed, wanted, words)
            found, status = True, status if all_well else 1
        else:
            print(f"nothing of ours to run {_WAYS[way]}", file=sys.stderr)
    return status if found else 1


def run_with_peers(options, words):
    extra = ["--short"] if options.short else []
    # Two are what every operation wants, and what every machine has.
    cpus = sorted(os.sched_getaffinity(0))[:2]
    ours = bench_programs.hosted(len(cpus), options.only, extra)
    programs = [*ours, *bench_programs.peers(options.only, extra)]
    measured, speed, all_well = measure(programs, cpus, options.rounds)
    figures = report("peers", measured, speed, options, words)
    if not ours:
        print("bench: there is no build of ours for Linux to compare with", file=sys.stderr)
        return 1
    sentences = list(bench_results.behind(figures))
    for sentence in sentences:
        print(f"behind: {sentence}")
    compared = sum(bench_results.OURS in by_program and
                   bench_results.best_peer(by_program) is not None
                   for by_program in figures.values())
    print(f"{compared - len(sentences)} of {compared} rows are as fast as the best peer, or faster")
    return 1 if sentences or not all_well else 0


def write_image(options):
    only = bench_programs.arguments(options.only, ["--short"] if options.short else [])
    path, = bench_programs.build([f"//bench/operations:{bench_programs.IMAGES[0]}.elf"])
    grub_iso.make_iso(path, [], only or [], options.output)
    print(options.output)
    return 0


def write_counts():
    images = instruction_counts.IMAGES
    paths = bench_programs.build([f"{target}.elf" for target, _ in images.values()])
    launchers = {image: [*bench_programs.LAUNCHER, "--image", path]
                 for image, path in zip(images, paths)}
    path = f"{bench_programs.ROOT}/bench/instruction_counts.json"
    instruction_counts.write(path, launchers)
    print(path)
    return 0


def main(words):
    try:
        options = bench_options.parse(words)
        if options is None:
            print(bench_options.HELP)
            return 0
        if options.image:
            return write_image(options)
        if options.counts:
            return write_counts()
        return run_with_peers(options, words) if options.peers else run_alone(options, words)
    except bench_options.OptionError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except (bench_programs.ProgramError, bench_results.ResultError, grub_iso.IsoError,
            OSError, subprocess.SubprocessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
