"""`epifoundry count --dedup` as a user runs it."""

import gzip
import json
import random
import subprocess

import anndata
import pytest
from support.programs import BIN

TABLES = ("qc.tsv.gz", "fragment_sizes.tsv", "tss_profile.tsv")
MATRICES = ("peaks.h5ad", "gene_activity.h5ad")


@pytest.fixture(scope="module")
def sample(tmp_path_factory, epifoundry):
    """A sample whose rows come up to three times, with other reads, sorted and in any order; and without them."""
    folder = tmp_path_factory.mktemp("sample")
    epifoundry("simulate", "--samples", 1, "--cells", 60, "--peaks", 200, "--genes", 50, "-o", folder / "sim")
    with gzip.open(folder / "sim" / "D1.fragments.tsv.gz", "rt") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    rng = random.Random(3)
    rows = [[*row[:4], str(rng.randrange(50))] for row in rows for _ in range(rng.choice([1, 1, 2, 3]))]
    shuffled = rng.sample(rows, len(rows))
    for name, some in (("sorted", rows), ("shuffled", shuffled)):
        once = {}
        for row in some:
            once.setdefault(tuple(row[:4]), row)
        for suffix, kept in (("", some), (".once", list(once.values()))):
            (folder / (name + suffix)).write_text("".join("\t".join(row) + "\n" for row in kept))
    return folder


def count(epifoundry, sample, files, out, *more):
    sim = sample / "sim"
    epifoundry(
        *("count", *files, "--peaks", sim / "peaks.bed", "--genes", sim / "genes.tsv"),
        *("--min-fragments", 50, "--all-formulas", *more, "-o", out),
    )
    return {name: (out / name).read_bytes() for name in TABLES + MATRICES}


def lines(path):
    return sum(1 for _ in open(path))


@pytest.mark.parametrize("rows", ["sorted", "shuffled"])
def test_rows_count_as_if_each_were_there_once(epifoundry, sample, tmp_path, rows):
    once = count(epifoundry, sample, [sample / f"{rows}.once"], tmp_path / "once")
    made = []
    for threads, memory in ((1, "4G"), (2, "1K"), (3, "1M")):
        out = tmp_path / memory
        made.append(
            count(epifoundry, sample, [sample / rows], out, "--dedup", "-@", threads, "--memory", memory)
        )
    assert made[0] == made[1] == made[2]
    assert {name: made[0][name] for name in TABLES} == {name: once[name] for name in TABLES}
    for name in MATRICES:
        ours, expected = anndata.read_h5ad(out / name), anndata.read_h5ad(tmp_path / "once" / name)
        assert (ours.X != expected.X).nnz == 0 and ours.obs.equals(expected.obs)
    record = json.loads((out / "count.json").read_text())
    assert record["fragments"] == lines(sample / rows)
    assert record["duplicates_dropped"] == lines(sample / rows) - lines(sample / f"{rows}.once")


def test_across_files_and_with_a_cache(epifoundry, sample, tmp_path):
    """The first file's column 5 counts; the cache has every row."""
    files = [sample / "sorted.once", sample / "shuffled"]
    once = count(epifoundry, sample, files[:1], tmp_path / "once")
    made = count(
        epifoundry, sample, files, tmp_path / "two", "--dedup", "-@", 2, "--cache", tmp_path / "two.cache"
    )
    assert {name: made[name] for name in TABLES} == {name: once[name] for name in TABLES}
    epifoundry("count", *files, "--cache", tmp_path / "all.cache")
    assert (tmp_path / "two.cache").read_bytes() == (tmp_path / "all.cache").read_bytes()
    cached = count(epifoundry, sample, [tmp_path / "two.cache"], tmp_path / "cached", "--dedup", "-@", 3)
    assert cached == made


def test_listed_cells(epifoundry, sample, tmp_path):
    barcodes = sorted({line.split("\t")[3] for line in open(sample / "sorted")})[:9]
    (tmp_path / "cells.txt").write_text("\n".join(["NONE-1", *barcodes]) + "\n")
    cells = ("--cells", tmp_path / "cells.txt")
    once = count(epifoundry, sample, [sample / "sorted.once"], tmp_path / "once", *cells)
    made = count(epifoundry, sample, [sample / "sorted"], tmp_path / "out", *cells, "--dedup", "-@", 2)
    assert {name: made[name] for name in TABLES} == {name: once[name] for name in TABLES}
    peaks = [anndata.read_h5ad(tmp_path / name / "peaks.h5ad") for name in ("once", "out")]
    assert (peaks[0].X != peaks[1].X).nnz == 0 and list(peaks[1].obs_names) == ["NONE-1", *barcodes]


def test_rows_wait_on_the_disk(sample, tmp_path):
    sim = sample / "sim"
    command = ["count", sample / "sorted", "--peaks", sim / "peaks.bed", "--genes", sim / "genes.tsv"]
    done = subprocess.run(
        [BIN / "epifoundry", *map(str, command), "--dedup", "-q", "-o", tmp_path / "out"],
        env={"TMPDIR": str(tmp_path / "nowhere")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4 and f"{tmp_path}/nowhere" in done.stderr
    assert "or name another folder with TMPDIR" in done.stderr and not (tmp_path / "out").exists()


def test_more_barcodes_than_memory_holds(epifoundry, tmp_path):
    """The message says so; the machine does not run out of memory."""
    with gzip.open(tmp_path / "f.tsv.gz", "wt", compresslevel=1) as file:
        for i in range(2_200_000):
            file.write(f"chr1\t{i}\t{i + 99}\tcell{i:07d}\t1\n")
    (tmp_path / "peaks.bed").write_text("chr1\t100\t900\n")
    (tmp_path / "genes.bed").write_text("chr1\t1000\t2000\tG\t0\t+\n")
    inputs = [tmp_path / "f.tsv.gz", "--peaks", tmp_path / "peaks.bed", "--genes", tmp_path / "genes.bed"]
    for more in ([], ["--dedup"]):
        done = epifoundry("count", *inputs, *more, "--memory", "1K", "-q", "-o", tmp_path / "out", code=4)
        assert "f.tsv.gz: the tables of " in done.stderr and done.stderr.count("\n") == 1
        assert (
            "barcodes and more do not fit into the memory allowed; check that column 4 holds" in done.stderr
        )
        assert not (tmp_path / "out").exists()
    epifoundry("count", *inputs, "-o", tmp_path / "out")
