"""How fast and how small `count` is, in CPU seconds over those of `bgzip -dc` on the same file.

usage: python tests/bench/count.py [--rows N] [--rounds N] [--folder DIR]

The rounds are interleaved, so that a busy machine slows all alike; ratios are of the best. The sample is made once
and kept in DIR (default: a folder of the cache). First the answers of one and two threads are compared.
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


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=32_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    args.folder = args.folder or CACHE / "bench" / f"{args.rows}"
    return args


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


def write_cache(folder, threads, cache):
    return [
        *(BIN / "epifoundry", "count", folder / "fragments.tsv.gz", "--cache", cache),
        *("-@", threads, "-q", "--force"),
    ]


def count(folder, threads, out, fragments="fragments.tsv.gz"):
    return [
        *(BIN / "epifoundry", "count", folder / fragments, "--peaks", folder / "peaks.bed"),
        *("--genes", folder / "genes.tsv", "-@", threads, "-q", "--force", "-o", out),
    ]


def check_answers(folder, scratch):
    for threads in (1, 2):
        measure(count(folder, threads, scratch / f"out{threads}"))
    measure(write_cache(folder, 2, scratch / "cache"))
    measure(count(folder, 2, scratch / "cached", scratch / "cache"))
    for name in ("qc.tsv.gz", "peaks.h5ad", "gene_activity.h5ad", "fragment_sizes.tsv", "tss_profile.tsv"):
        same = filecmp.cmp(scratch / "out1" / name, scratch / "out2" / name, shallow=False)
        # The record in an .h5ad names the options, not the threads.
        assert same, f"{name} differs between one thread and two"
        same = filecmp.cmp(scratch / "out1" / name, scratch / "cached" / name, shallow=False)
        assert same, f"{name} differs between the fragments and their cache"


def main():
    args = arguments()
    folder = args.folder
    if not (folder / "fragments.tsv.gz").exists():
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run([BIN / "bench_count", "make", str(args.rows), partial], check=True)
        partial.rename(folder)
    scratch = folder.with_name(folder.name + ".out")
    scratch.mkdir(exist_ok=True)
    check_answers(folder, scratch)
    bench = BIN / "bench_count"
    commands = {
        "bgzip -dc -@1": ["bgzip", "-dc", "-@1", folder / "fragments.tsv.gz"],
        "QC and pairs, nothing written, 1 thread": [bench, "pass", folder, 1, "peaks"],
        "QC and pairs, nothing written, 2 threads": [bench, "pass", folder, 2, "peaks"],
        "everything, 1 thread": count(folder, 1, scratch / "out1"),
        "everything, 2 threads": count(folder, 2, scratch / "out2"),
        "a cache only, 1 thread": write_cache(folder, 1, scratch / "cache"),
        "recount from the cache, 1 thread": [bench, "recount", scratch / "cache", folder / "peaks.bed", 1],
        "recount from the cache, 2 threads": [bench, "recount", scratch / "cache", folder / "peaks.bed", 2],
        "QC and pairs from the cache, 1 thread": [bench, "pass", folder, 1, "peaks", scratch / "cache"],
        "everything from the cache, 1 thread": count(folder, 1, scratch / "out1", scratch / "cache"),
    }
    results = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            results[name].append(measure(command))
    share = (scratch / "cache").stat().st_size / (folder / "fragments.tsv.gz").stat().st_size
    shutil.rmtree(scratch)
    floor = min(cpu for cpu, _, _ in results["bgzip -dc -@1"])
    print(
        f"{args.rows:,} rows, {args.rounds} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'what':<42}{'CPU s best':>11}{'median':>8}{'x bgzip':>9}{'s best':>8}{'MB':>6}")
    for name, runs in results.items():
        cpu = [run[0] for run in runs]
        print(
            f"{name:<42}{min(cpu):>11.2f}{statistics.median(cpu):>8.2f}{min(cpu) / floor:>9.2f}"
            f"{min(run[1] for run in runs):>8.2f}{max(run[2] for run in runs):>6.0f}"
        )
    print(f"the cache has {share:.3f} of the bytes of the fragment file")
    for kind in ("QC and pairs, nothing written", "everything"):
        one = min(run[1] for run in results[f"{kind}, 1 thread"])
        two = min(run[1] for run in results[f"{kind}, 2 threads"])
        print(f"efficiency of two threads, {kind}: {one / two / 2:.2f}")


if __name__ == "__main__":
    main()
