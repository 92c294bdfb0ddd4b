"""How fast the store reads and writes cells, as ratios to scipy, anndata and the disk.

usage: python tests/bench/store.py [--cells N] [--peaks N] [--seconds S] [--rounds N] [--folder DIR]

The shard (by default 100,000 cells x 500,000 peaks, 490 million entries, 2 GB), a sample to pack (3.2 GB less) and the
same cells as gzip are made once and kept in DIR (default: a folder of the cache). Peers run in the same rounds.
Ratios are of medians.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import anndata
import h5py
import mudata
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("EPIFOUNDRY_BIN", ROOT / "build" / "bin"))
CACHE = Path(os.environ.get("EPIFOUNDRY_CACHE", Path.home() / ".cache" / "epifoundry"))
BATCH = 1024


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--peaks", type=int, default=500_000)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    args.folder = args.folder or CACHE / "bench" / f"store-{args.cells}"
    return args


def run(*command):
    """What a command prints, seconds, and MB at most."""
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    text, error = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {error}")
    return text, time.monotonic() - start, usage.ru_maxrss / 1024


def make(args):
    folder, bench = args.folder, BIN / "bench_store"
    folder.mkdir(parents=True, exist_ok=True)

    def once(name, maker):
        if not (folder / name).exists():
            shutil.rmtree(folder / f"partial.{name}", ignore_errors=True)
            maker(folder / f"partial.{name}")
            (folder / f"partial.{name}").rename(folder / name)

    once("shard.h5mu", lambda path: run(bench, "shard", args.cells, args.peaks, path))
    once("sample.h5ad", lambda path: run(bench, "h5ad", args.cells * 2 // 5, args.peaks, path))
    once("small.h5ad", lambda path: run(bench, "h5ad", args.cells // 10, args.peaks, path))
    once("many", lambda path: run(bench, "atlas", path, 25, args.cells * 4))

    def compress(path):
        few = mudata.read_h5ad(folder / "shard.h5mu", "atac", backed="r")[: args.cells // 20].to_memory()
        few.write_h5ad(path, compression="gzip")

    once("gzip.h5ad", compress)


def rate(seconds, cells, take, most=BATCH):
    """Random cells per second."""
    rng = np.random.default_rng(1)
    done, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        take(rng.integers(0, cells, most))
        done += most
    return done / (time.monotonic() - start)


def warm_peers(args):
    """Functions that measure cells per second, warm, one thread."""
    path = args.folder / "shard.h5mu"
    held = mudata.read_h5ad(path, "atac").X
    wide = held.astype(np.float32)
    backed = mudata.read_h5ad(path, "atac", backed="r")
    packed = anndata.read_h5ad(args.folder / "gzip.h5ad", backed="r")
    return {
        "scipy csr[rows] in memory, uint8": lambda: rate(args.seconds, args.cells, lambda rows: held[rows]),
        "scipy csr[rows] in memory, float32": lambda: rate(args.seconds, args.cells, lambda rows: wide[rows]),
        "anndata backed, the shard": lambda: rate(
            args.seconds, args.cells, lambda rows: backed[np.unique(rows)].X[:]
        ),
        "anndata backed, gzip": lambda: rate(
            args.seconds, packed.n_obs, lambda rows: packed[np.unique(rows)].X[:], 128
        ),
    }


def read(args, mode, *more):
    text, _, memory = run(BIN / "bench_store", "read", args.folder / "shard.h5mu", mode, args.seconds, *more)
    cells, megabytes = map(float, text.split()[:2])
    return cells, megabytes, memory


def row(what, value, unit, note=""):
    print(f"{what:<52}{value:>12,.0f} {unit:<8}{note}")


def warm(args):
    run("cat", args.folder / "shard.h5mu")
    peers = warm_peers(args)
    results = {name: [] for name in ("store", *peers)}
    for _ in range(args.rounds):
        results["store"].append(read(args, "random")[0])
        for name, measure in peers.items():
            results[name].append(measure())
    middle = {name: statistics.median(values) for name, values in results.items()}
    row("random cells, warm, one thread: store", middle["store"], "cells/s")
    for name in peers:
        row(name, middle[name], "cells/s", f"store is {middle['store'] / middle[name]:.1f} x")


def cold(args):
    modes = ("disk", "blocks", "exact", "faults", "readahead")
    results = {mode: [] for mode in modes}
    for _ in range(args.rounds):
        for mode in modes:
            results[mode].append(read(args, mode, "drop"))
    cells = {mode: statistics.median(run[0] for run in runs) for mode, runs in results.items()}
    megabytes = {mode: statistics.median(run[1] for run in runs) for mode, runs in results.items()}
    row("cache dropped: the disk, front to back", megabytes["disk"], "MB/s")
    row(
        "block-shuffled (32 cells)",
        cells["blocks"],
        "cells/s",
        f"{megabytes['blocks'] / megabytes['disk']:.2f} of the disk",
    )
    row("exact random", cells["exact"], "cells/s")
    row(
        "page faults of the mapping (MADV_RANDOM)",
        cells["faults"],
        "cells/s",
        f"exact is {cells['exact'] / cells['faults']:.1f} x",
    )
    row(
        "page faults with the system's readahead",
        cells["readahead"],
        "cells/s",
        f"exact is {cells['exact'] / cells['readahead']:.1f} x",
    )


def packing(args):
    folder = args.folder
    rates, writes, memory = [], [], []
    for _ in range(args.rounds):
        size = 0
        for name in ("sample.h5ad",):
            (folder / "packed.h5mu").unlink(missing_ok=True)
            run("cat", folder / name)
            _, seconds, most = run(
                BIN / "epifoundry",
                "pack",
                "--atac",
                folder / name,
                "--sample",
                "S",
                "-q",
                "-o",
                folder / "packed.h5mu",
            )
            size = (folder / "packed.h5mu").stat().st_size / 1e6
        rates.append(size / seconds)
        memory.append(most)
        writes.append(float(run(BIN / "bench_store", "write", folder / "written", int(size))[0]))
    _, _, small = run(
        BIN / "epifoundry",
        "pack",
        "--atac",
        folder / "small.h5ad",
        "--sample",
        "S",
        "-q",
        "-f",
        "-o",
        folder / "packed.h5mu",
    )
    (folder / "packed.h5mu").unlink()
    ratio = statistics.median(rates) / statistics.median(writes)
    row("the disk, writing", statistics.median(writes), "MB/s")
    row(
        f"pack, {args.cells * 2 // 5:,} cells",
        statistics.median(rates),
        "MB/s",
        f"{ratio:.2f} of the disk; {max(memory):.0f} MB at most",
    )
    row(f"pack, {args.cells // 10:,} cells", small, "MB", "at most: memory does not grow with the matrix")


def files(args):
    """Memory of export and repack on a small and a larger input."""
    for cells, name in ((args.cells // 20, "gzip.h5ad"),):
        for command in ("repack",):
            _, seconds, most = run(
                BIN / "epifoundry",
                "atlas",
                command,
                args.folder / name,
                "--sample",
                "S",
                "-q",
                "-f",
                "-o",
                args.folder / "out.h5mu",
            )
            row(f"{command} of gzip, {cells:,} cells", most, "MB", f"at most; {seconds:.1f} s")
    (args.folder / "one").mkdir(exist_ok=True)
    run(BIN / "epifoundry", "atlas", "create", args.folder / "one", args.folder / "shard.h5mu", "-f", "-q")
    _, seconds, _ = run(BIN / "epifoundry", "atlas", "verify", args.folder / "one", "-q")
    size = (args.folder / "shard.h5mu").stat().st_size / 1e6
    row("verify", size / seconds, "MB/s", f"{seconds:.1f} s")
    _, seconds, most = run(
        BIN / "epifoundry", "atlas", "export", args.folder / "one", "-q", "-f", "-o", args.folder / "out.h5mu"
    )
    row(f"export, {args.cells:,} cells", most, "MB", f"at most; {seconds:.1f} s")
    (args.folder / "out.h5mu").unlink()


def scale(args):
    cells, rate_, memory, opened = map(
        float, run(BIN / "bench_store", "epoch", args.folder / "many")[0].split()
    )
    row(f"opening {cells:,.0f} cells in 25 shards", opened * 1000, "ms")
    for bound in (256,):
        for path in ("shard.h5mu", "many"):
            text = run(BIN / "bench_store", "epoch", args.folder / path, bound)[0].split()
            row(
                f"memory of an epoch, {float(text[0]):,.0f} cells",
                float(text[2]),
                "MB",
                f"at most; {bound} MB of pages allowed",
            )


def main():
    args = arguments()
    make(args)
    print(
        f"{args.cells:,} cells x {args.peaks:,} peaks, {args.rounds} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    warm(args)
    cold(args)
    packing(args)
    files(args)
    scale(args)


if __name__ == "__main__":
    main()
