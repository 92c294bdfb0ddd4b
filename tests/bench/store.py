"""How fast the store reads and writes cells, as ratios to scipy, anndata and the disk.

usage: python tests/bench/store.py [--cells N] [--peaks N] [--seconds S] [--rounds N] [--folder DIR] [--parts PART,...]

The shard (by default 100,000 cells x 500,000 peaks, 490 million entries, 2 GB), a sample to pack (1.6 GB), the shard's
cells as gzip (0.7 GB) and a list of many cells (3 GB) are made once and kept in DIR (default: a folder of the cache).
Peers run in the same rounds. Ratios are of medians. Parts: warm, cold, pack, files, scale.
"""

import argparse
import ctypes
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
FEWER = 4  # of the cells are compressed: gzip takes its time
PARTS = ("warm", "cold", "pack", "files", "scale")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--peaks", type=int, default=500_000)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--parts", default=",".join(PARTS))
    args = parser.parse_args()
    args.parts = args.parts.split(",")
    if set(args.parts) - set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    args.folder = args.folder or CACHE / "bench" / f"store-{args.cells}"
    args.bytes_per_cell = 4 * 4900 * args.peaks / 500_000
    return args


# A process starts with the most memory that the one which started it ever had; of a small one between them that is little.
RUNNER = """
import os, sys
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(int(sys.argv[1]), str(usage.ru_maxrss).encode())
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(*command):
    """What a command prints, seconds, and MB at most."""
    receive, send = os.pipe()
    words = [str(word) for word in command]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-S", "-c", RUNNER, str(send), *words],
        capture_output=True,
        text=True,
        pass_fds=[send],
    )
    seconds = time.monotonic() - start
    os.close(send)
    with os.fdopen(receive) as pipe:
        memory = int(pipe.read() or 0) / 1024
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout, seconds, memory


def hold(path):
    """Has the system hold all of a file."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


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
        few = mudata.read_h5ad(folder / "shard.h5mu", "atac", backed="r")[: args.cells // FEWER].to_memory()
        few.write_h5ad(path, compression="gzip")

    once("gzip.h5ad", compress)


def rate(seconds, cells, take, most=BATCH, after=lambda: None):
    """Random cells per second; what `after` does between two batches is not counted."""
    rng = np.random.default_rng(1)
    take(rng.integers(0, cells, most))
    done = spent = 0
    while spent < seconds:
        rows = np.unique(rng.integers(0, cells, most))
        rng.shuffle(rows)
        start = time.monotonic()
        taken = take(rows)
        spent += time.monotonic() - start
        done += len(rows)
        del taken
        after()
    return done / spent


def trim():
    """Gives freed memory back to the system, so that the next batch lies in new memory."""
    ctypes.CDLL(None).malloc_trim(0)


# What is done with random cells: the store's way, and what follows `csr[rows]` of a peer.
USES = {
    "copied": "random",
    "copied into new memory": "fresh",
    "every index added up": "sum",
    "made int64 tokens": "tokens",
}


class Tokens:
    """Indices + 4 as int64, in memory that is reused."""

    def __init__(self):
        self.held = np.empty(0, np.int64)

    def __call__(self, indices):
        if len(self.held) < len(indices):
            self.held = np.empty(len(indices) * 5 // 4, np.int64)
        return np.add(indices, 4, out=self.held[: len(indices)], dtype=np.int64, casting="unsafe")


def warm_peers(args):
    """(matrix, use) -> a function that measures cells per second, warm, one thread; and (reader, "")."""
    path = args.folder / "shard.h5mu"
    held = mudata.read_h5ad(path, "atac").X
    assert (held.data.dtype, held.indices.dtype, held.indptr.dtype) == (np.uint8, np.int32, np.int32)
    backed = mudata.read_h5ad(path, "atac", backed="r")
    packed = anndata.read_h5ad(args.folder / "gzip.h5ad", backed="r")

    def of(cells, take, most=BATCH, after=lambda: None):
        return lambda: rate(args.seconds, cells, take, most, after)

    peers = {}
    for dtype, matrix in (("uint8", held), ("float32", held.astype(np.float32))):
        name, tokens = f"scipy csr[rows], {dtype} + int32", Tokens()
        take = matrix.__getitem__
        peers[name, "copied"] = of(args.cells, take)
        peers[name, "copied into new memory"] = of(args.cells, take, after=trim)
        peers[name, "every index added up"] = of(
            args.cells, lambda rows, take=take: np.add.reduce(take(rows).indices, dtype=np.int32)
        )
        peers[name, "made int64 tokens"] = of(
            args.cells, lambda rows, take=take, tokens=tokens: tokens(take(rows).indices)
        )
    peers["anndata backed, the shard", ""] = of(args.cells, lambda rows: backed[np.sort(rows)].X[:])
    peers["anndata backed, gzip", ""] = of(packed.n_obs, lambda rows: packed[np.sort(rows)].X[:], 128)
    return peers


def read(args, mode, *more):
    text, _, memory = run(BIN / "bench_store", "read", args.folder / "shard.h5mu", mode, args.seconds, *more)
    cells, megabytes = map(float, text.split()[:2])
    return cells, megabytes, memory


def row(what, value, unit, note=""):
    print(f"{what:<64}{value:>12,.0f} {unit:<8}{note}", flush=True)


def span(values):
    return f"{min(values):,.0f} - {max(values):,.0f}"


def tool(*words):
    return run(BIN / "epifoundry", *words, "-q", "-f")


def warm(args):
    """Each use of random cells beside the same use of what `csr[rows]` gives."""
    hold(args.folder / "shard.h5mu")
    peers = warm_peers(args)
    stores, others = {use: [] for use in USES}, {key: [] for key in peers}
    for _ in range(args.rounds):
        for use, mode in USES.items():
            stores[use].append(read(args, mode)[0])
        for key, measure in peers.items():
            others[key].append(measure())
    store = {use: statistics.median(values) for use, values in stores.items()}
    visited = store["every index added up"]
    print("random cells, warm, one thread")
    for use, cells in store.items():
        row(f"the store, {use}", cells, "cells/s", f"{cells * args.bytes_per_cell / 1e9:.1f} GB/s of indices")
    for (name, use), values in others.items():
        cells = statistics.median(values)
        same = f"the same with the store {store[use] / cells:.2f} x; " if use else ""
        row(
            f"{name}{', ' if use else ''}{use}",
            cells,
            "cells/s",
            f"{same}visited there {visited / cells:.2f} x",
        )


def cold(args):
    modes = ("disk", "blocks", "exact", "faults", "readahead", "direct")
    results = {mode: [] for mode in modes}
    for _ in range(args.rounds):
        for mode in modes:
            results[mode].append(read(args, mode, "drop"))
    cells = {mode: statistics.median(run[0] for run in runs) for mode, runs in results.items()}
    speed = {mode: [run[1] for run in runs] for mode, runs in results.items()}
    row(
        "cache dropped: the disk, front to back",
        statistics.median(speed["disk"]),
        "MB/s",
        span(speed["disk"]),
    )
    row("the same past the system's cache", statistics.median(speed["direct"]), "MB/s", span(speed["direct"]))
    ratios = [
        statistics.median(blocks / whole for blocks, whole in zip(speed["blocks"], speed[disk]))
        for disk in ("disk", "direct")
    ]
    note = f"{statistics.median(speed['blocks']):,.0f} MB/s: {ratios[0]:.2f} and {ratios[1]:.2f} of the disk"
    row("block-shuffled (32 cells)", cells["blocks"], "cells/s", note)
    row("exact random", cells["exact"], "cells/s")
    for mode, name in (("faults", "MADV_RANDOM"), ("readahead", "with the system's readahead")):
        note = f"exact is {cells['exact'] / cells[mode]:.1f} x"
        row(f"page faults of the mapping, {name}", cells[mode], "cells/s", note)


def packing(args):
    folder = args.folder
    packed = folder / "packed.h5mu"
    results = {"pack": [], "write": [], "direct": []}
    memory = []

    def pack(name):
        packed.unlink(missing_ok=True)
        hold(folder / name)
        _, seconds, most = tool("pack", "--atac", folder / name, "--sample", "S", "-o", packed)
        return packed.stat().st_size / 1e6 / seconds, most

    for _ in range(args.rounds):
        speed, most = pack("sample.h5ad")
        results["pack"].append(speed)
        memory.append(most)
        size = int(packed.stat().st_size / 1e6)
        for mode in ("write", "direct"):
            results[mode].append(float(run(BIN / "bench_store", mode, folder / "written", size)[0]))
    _, small = pack("small.h5ad")
    packed.unlink()
    middle = {name: statistics.median(values) for name, values in results.items()}
    row("the disk, writing as programs do (write, fsync)", middle["write"], "MB/s")
    row("the disk, writing past the system's cache", middle["direct"], "MB/s")
    row(
        f"pack, {args.cells * 2 // 5:,} cells",
        middle["pack"],
        "MB/s",
        f"{middle['pack'] / middle['write']:.2f} and {middle['pack'] / middle['direct']:.2f} of them; {max(memory):.0f} MB at most",
    )
    row(f"pack, {args.cells // 10:,} cells", small, "MB", "at most")


def files(args):
    """Speed and memory of what reads and writes whole files."""
    folder, out = args.folder, args.folder / "out.h5mu"
    for name, cells in (
        ("small.h5ad", args.cells // 10),
        ("sample.h5ad", args.cells * 2 // 5),
        ("gzip.h5ad", args.cells // FEWER),
    ):
        _, seconds, most = tool("atlas", "repack", folder / name, "--sample", "S", "-o", out)
        row(f"repack of {name}, {cells:,} cells", most, "MB", f"at most; {seconds:.1f} s")
    out.unlink()
    (folder / "one").mkdir(exist_ok=True)
    tool("atlas", "create", folder / "one", folder / "shard.h5mu")
    size = (folder / "shard.h5mu").stat().st_size / 1e6
    results = {threads: [] for threads in (1, 2)}
    for _ in range(args.rounds):
        for threads, runs in results.items():
            hold(folder / "shard.h5mu")
            runs.append(run(BIN / "epifoundry", "atlas", "verify", folder / "one", "-q", "-@", threads)[1:])
    for threads, runs in results.items():
        seconds = statistics.median(run[0] for run in runs)
        row(
            f"verify of one shard, {threads} threads",
            size / seconds,
            "MB/s",
            f"{seconds:.1f} s; {max(run[1] for run in runs):.0f} MB at most",
        )
    for suffix in ("h5mu", "h5ad"):
        out = folder / f"out.{suffix}"
        _, seconds, most = tool("atlas", "export", folder / "one", "-o", out)
        row(f"export as .{suffix}, {args.cells:,} cells", most, "MB", f"at most; {seconds:.1f} s")
        out.unlink()


def scale(args):
    bound = 256
    for path in ("shard.h5mu", "many"):
        cells, speed, memory, opened, start = map(
            float, run(BIN / "bench_store", "epoch", args.folder / path, bound)[0].split()
        )
        row(f"opening {cells:,.0f} cells", opened * 1000, "ms")
        row(
            f"memory of an epoch, {cells:,.0f} cells",
            memory,
            "MB",
            f"at most, {bound} MB of pages allowed; {start:.0f} MB before the first cell",
        )


def main():
    args = arguments()
    make(args)
    print(
        f"{args.cells:,} cells x {args.peaks:,} peaks, {args.rounds} rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    for name, part in zip(PARTS, (warm, cold, packing, files, scale)):
        if name in args.parts:
            part(args)


if __name__ == "__main__":
    main()
