"""How fast and how small `count` is, in CPU seconds over those of `bgzip -dc` on the same file.

usage: python tests/bench/count.py [--rows N] [--rounds N] [--folder DIR]

The rounds are interleaved, so that a busy machine slows all alike; ratios are of the best. The sample is made once by
`epifoundry simulate` and kept in DIR (default: a folder of the cache). First the answers of one and two threads, of
little memory, and of a fragment cache are compared.
"""

import argparse
import filecmp
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import h5py

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("EPIFOUNDRY_BIN", ROOT / "build" / "bin"))
CACHE = Path(os.environ.get("EPIFOUNDRY_CACHE", Path.home() / ".cache" / "epifoundry"))
TABLES = ("qc.tsv.gz", "fragment_sizes.tsv", "tss_profile.tsv")
FLOOR = "`bgzip -dc -@1`"
PASS = "QC of all barcodes and cells x peaks, nothing written"
FULL = "the same with gene activity and every file written"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=32_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
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


def write_cache(folder, threads, cache):
    return [
        *(BIN / "epifoundry", "count", inputs(folder)[0], "--cache", cache),
        *("-@", threads, "-q", "--force"),
    ]


def count(folder, threads, out, *options, fragments=None):
    own, peaks, genes = inputs(folder)
    return [
        *(BIN / "epifoundry", "count", fragments or own, "--peaks", peaks, "--genes", genes),
        *("-@", threads, "-q", "--force", "-o", out, *options),
    ]


def check_answers(folder, scratch):
    variants = {"out1": (1,), "out2": (2,), "little": (2, "--memory", "64M")}
    for name, (threads, *options) in variants.items():
        measure(count(folder, threads, scratch / name, *options))
    measure(write_cache(folder, 2, scratch / "cache"))
    measure(count(folder, 2, scratch / "cached", fragments=scratch / "cache"))
    for name in (*TABLES, "peaks.h5ad", "gene_activity.h5ad"):
        for other in ("out2", "little", "cached"):
            same = filecmp.cmp(scratch / "out1" / name, scratch / other / name, shallow=False)
            # The record in an .h5ad names the options, not threads and memory.
            assert same, f"{name} of {other} differs from that of one thread"


def measure_peer(folder, scratch, results):
    """SnapATAC2 once, on two threads as it likes; its counts are compared with ours under the rule that is its own."""
    python = os.environ.get("EPIFOUNDRY_SNAPATAC2")
    if not python:
        print("SnapATAC2 is not there: EPIFOUNDRY_SNAPATAC2 names no Python that has it")
        return
    script = Path(__file__).with_name("snapatac2_peer.py")
    done = subprocess.run([python, script, folder, scratch], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"SnapATAC2 failed: {done.stderr[-2000:]}")
    peer = json.loads(done.stdout.splitlines()[-1])
    measure(count(folder, 2, scratch / "peer", "--rule", "fragment", "--min-fragments", "0"))
    with gzip.open(scratch / "peer" / "qc.tsv.gz", "rt") as table:
        barcodes = sum(1 for _ in table) - 1
    with h5py.File(scratch / "peer" / "peaks.h5ad") as file:
        counts = int(file["X/data"][:].sum())
    assert (barcodes, counts) == (
        peer["barcodes"],
        peer["peak_counts"],
    ), f"SnapATAC2 counts otherwise: {peer}"
    total = sum(peer["seconds"].values())
    ours = min(run[0] for run in results[f"{FULL}, 1 thread"])
    steps = ", ".join(f"{name} {seconds:.0f}" for name, seconds in peer["seconds"].items())
    print(f"SnapATAC2 {peer['version']}: {total:.0f} CPU s ({steps}), {peer['mb']:.0f} MB")
    print(
        f"with the same sum of peak counts ({counts:,}); {total / ours:.0f} x ours with every file written, 1 thread"
    )


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


def main():
    args = arguments()
    folder = args.folder
    make_sample(folder, args.rows)
    scratch = folder.with_name(folder.name + ".out")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    check_answers(folder, scratch)
    bench = [BIN / "bench_count", "pass", *inputs(folder)]
    recount = [BIN / "bench_count", "recount", scratch / "cache", folder / "peaks.bed"]
    commands = {
        FLOOR: ["bgzip", "-dc", "-@1", inputs(folder)[0]],
        f"{PASS}, 1 thread": [*bench, 1, "peaks"],
        f"{PASS}, 2 threads": [*bench, 2, "peaks"],
        f"{FULL}, 1 thread": count(folder, 1, scratch / "out1"),
        f"{FULL}, 2 threads": count(folder, 2, scratch / "out2"),
        "a cache only, 1 thread": write_cache(folder, 1, scratch / "cache"),
        "recount from the cache, 1 thread": [*recount, 1],
        "recount from the cache, 2 threads": [*recount, 2],
        "everything from the cache, 1 thread": count(
            folder, 1, scratch / "out1", fragments=scratch / "cache"
        ),
    }
    results = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            results[name].append(measure(command))
    share = (scratch / "cache").stat().st_size / inputs(folder)[0].stat().st_size
    report(args, results)
    measure_peer(folder, scratch, results)
    shutil.rmtree(scratch)
    print(f"the cache has {share:.3f} of the bytes of the fragment file")


if __name__ == "__main__":
    main()
