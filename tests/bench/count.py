"""How fast and how small `count` is, in CPU seconds over those of `bgzip -dc` on the same file.

usage: python tests/bench/count.py [--rows N] [--rounds N] [--folder DIR] [--peer]

The rounds are interleaved, so that a busy machine slows all alike; ratios are of the best. The sample is made once by
`epifoundry simulate` and kept in DIR (default: a folder of the cache). First the answers of one and two threads, and
of little memory, are compared. With --peer SnapATAC2 does the same once (`./run bench count --peer` installs it), and
its fragments per barcode and its peak counts are compared with ours.
"""

import argparse
import filecmp
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("EPIFOUNDRY_BIN", ROOT / "build" / "bin"))
CACHE = Path(os.environ.get("EPIFOUNDRY_CACHE", Path.home() / ".cache" / "epifoundry"))
TABLES = ("qc.tsv.gz", "fragment_sizes.tsv", "tss_profile.tsv")
FLOOR = "`bgzip -dc -@1`"
PASS = "QC of all barcodes and cells x peaks, nothing written"
FULL = "the same with gene activity and every file written"
PEER = "SnapATAC2"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=32_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--peer", action="store_true")
    args = parser.parse_args()
    args.folder = args.folder or CACHE / "bench" / f"simulated-{args.rows}"
    return args


def make_sample(folder, rows):
    """Cells with log-normal depth and 25 background barcodes for each; smaller samples keep their proportions."""
    if (folder / "D1.fragments.tsv.gz").exists():
        return
    cells = max(10, round(8000 * rows / 32_000_000))
    start = time.monotonic()
    subprocess.run(
        [
            *(BIN / "epifoundry", "simulate", "--fragments-only", "--samples", "1", "--cells", str(cells)),
            *("--depth", "4040", "--background", "25", "--background-depth", "9", "--low-quality", "0"),
            *("--doublets", "0", "--peaks", "150000", "--genes", "20000", "--seed", "1", "-q", "-o", folder),
        ],
        check=True,
    )
    print(f"simulate took {time.monotonic() - start:.0f} s")


def measure(command):
    """CPU seconds, seconds, and MB at most of a command."""
    start = time.monotonic()
    with open(os.devnull, "wb") as null:
        process = subprocess.Popen([str(part) for part in command], stdout=null, stderr=subprocess.PIPE)
        error = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed: {error.decode()}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def inputs(folder):
    return folder / "D1.fragments.tsv.gz", folder / "peaks.bed", folder / "genes.tsv"


def count(folder, threads, out, *options):
    fragments, peaks, genes = inputs(folder)
    return [
        *(BIN / "epifoundry", "count", fragments, "--peaks", peaks, "--genes", genes),
        *("-@", threads, "-q", "--force", "-o", out, *options),
    ]


def check_answers(folder, scratch):
    variants = {"out1": (1,), "out2": (2,), "little": (2, "--memory", "64M")}
    for name, (threads, *options) in variants.items():
        measure(count(folder, threads, scratch / name, *options))
    for name in (*TABLES, "peaks.h5ad", "gene_activity.h5ad"):
        for other in ("out2", "little"):
            same = filecmp.cmp(scratch / "out1" / name, scratch / other / name, shallow=False)
            # The record in an .h5ad names the options, not threads and memory.
            assert same, f"{name} of {other} differs from that of one thread"


def measure_peer(folder, scratch):
    """SnapATAC2's CPU seconds; its own environment compares the answers."""
    python = os.environ.get("EPIFOUNDRY_SNAPATAC2", sys.executable)
    script = ROOT / "tests" / "bench" / "snapatac2_pass.py"
    measure(count(folder, 2, scratch / "fragment-rule", "--rule", "fragment"))
    result = measure([python, script, folder, scratch / "peer"])
    check = [python, script, "--compare", scratch / "peer", scratch / "fragment-rule"]
    subprocess.run([str(part) for part in check], check=True)
    return result


def report(args, results):
    floor = min(cpu for cpu, _, _ in results[FLOOR])
    load = os.getloadavg()[0]
    print(f"\n{args.rows:,} rows, {args.rounds} rounds; load {load:.1f} on {os.cpu_count()} cores\n")
    print("| what | CPU s, best | median | x bgzip | s, best | MB at most |\n|---|---|---|---|---|---|")
    for name, runs in results.items():
        cpu = [run[0] for run in runs]
        print(
            f"| {name} | {min(cpu):.2f} | {statistics.median(cpu):.2f} | {min(cpu) / floor:.2f} "
            f"| {min(run[1] for run in runs):.2f} | {max(run[2] for run in runs):.0f} |"
        )
    print()
    for kind in (PASS, FULL):
        one, two = (min(run[1] for run in results[f"{kind}, {n}"]) for n in ("1 thread", "2 threads"))
        print(f"efficiency of two threads, {kind}: {one / two / 2:.2f}")
    if PEER in results:
        full = min(run[0] for run in results[f"{FULL}, 1 thread"])
        print(f"{PEER} over that: {results[PEER][0][0] / full:.0f} x")


def main():
    args = arguments()
    folder = args.folder
    make_sample(folder, args.rows)
    scratch = folder.with_name(folder.name + ".out")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    check_answers(folder, scratch)
    bench = [BIN / "bench_count", "pass", *inputs(folder)]
    commands = {
        FLOOR: ["bgzip", "-dc", "-@1", inputs(folder)[0]],
        f"{PASS}, 1 thread": [*bench, 1, "peaks"],
        f"{PASS}, 2 threads": [*bench, 2, "peaks"],
        f"{FULL}, 1 thread": count(folder, 1, scratch / "out1"),
        f"{FULL}, 2 threads": count(folder, 2, scratch / "out2"),
    }
    results = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            results[name].append(measure(command))
    if args.peer:
        results[PEER] = [measure_peer(folder, scratch)]
    shutil.rmtree(scratch)
    report(args, results)


if __name__ == "__main__":
    main()
