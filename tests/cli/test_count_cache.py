"""`epifoundry count --cache` and `--from-cache` as a user runs them."""

import gzip
import json
import random

import pytest

SAME = ("qc.tsv.gz", "peaks.h5ad", "gene_activity.h5ad", "fragment_sizes.tsv", "tss_profile.tsv")


@pytest.fixture(scope="module")
def sample(tmp_path_factory, epifoundry):
    """A small sample, its rows also in another order, and other peaks."""
    folder = tmp_path_factory.mktemp("sample")
    epifoundry("simulate", "--samples", 1, "--cells", 80, "--peaks", 200, "--genes", 50, "-o", folder / "sim")
    sim = folder / "sim"
    epifoundry(
        *counting(sim), sim / "D1.fragments.tsv.gz", "--cache", folder / "sorted.cache", "-o", folder / "made"
    )
    rows = [line for line in gunzip(sim / "D1.fragments.tsv.gz") if not line.startswith("#")]
    rows += [row.rsplit("\t", 1)[0] + "\t99\n" for row in rows[::50]]  # again, with other reads
    random.Random(1).shuffle(rows)
    (folder / "shuffled.tsv").write_text("".join(rows))
    epifoundry("count", folder / "shuffled.tsv", "--cache", folder / "shuffled.cache")
    peaks = [line.split("\t") for line in (sim / "peaks.bed").read_text().splitlines()]
    moved = [f"{chrom}\t{int(start) + 150}\t{int(end) + 400}\n" for chrom, start, end, *_ in peaks[5:]]
    (folder / "other.bed").write_text("".join(moved))
    return folder


def gunzip(path):
    with gzip.open(path, "rt") as file:
        return file.readlines()


def counting(sim, peaks=None):
    return [
        "count",
        "--peaks",
        peaks or sim / "peaks.bed",
        "--genes",
        sim / "genes.tsv",
        "--min-fragments",
        50,
    ]


def outputs(folder):
    return {name: (folder / name).read_bytes() for name in SAME}


def record(folder):
    kept = json.loads((folder / "count.json").read_text())
    for name in ("command_line", "written", "threads", "from_cache"):
        kept.pop(name, None)
    return kept


VARIANTS = {
    "the same": [],
    "another rule, as ones": ["--rule", "insertion", "--binarize"],
    "all formulas": ["--all-formulas"],
    "duplicates": ["--dedup"],
}


@pytest.mark.parametrize("rows", ["sorted", "shuffled"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_cache_gives_what_the_fragments_give(epifoundry, sample, tmp_path, rows, variant):
    fragments = sample / "sim" / "D1.fragments.tsv.gz" if rows == "sorted" else sample / "shuffled.tsv"
    args = [*counting(sample / "sim", sample / "other.bed"), *VARIANTS[variant]]
    epifoundry(*args, fragments, "-@", 1, "-o", tmp_path / "direct")
    for threads in (1, 3):
        out = tmp_path / f"cached{threads}"
        epifoundry(*args, "--from-cache", sample / f"{rows}.cache", "-@", threads, "-o", out)
        assert outputs(out) == outputs(tmp_path / "direct")
        assert record(out) == record(tmp_path / "direct")
    assert json.loads((out / "count.json").read_text())["from_cache"].endswith(f"{rows}.cache")


def test_the_cache_is_the_same_however_it_is_made(epifoundry, sample, tmp_path):
    for rows, file in {"sorted": "sim/D1.fragments.tsv.gz", "shuffled": "shuffled.tsv"}.items():
        for i, options in enumerate((["-@", 1], ["-@", 3, "--memory", "1K"], ["-@", 2, "--memory", "8G"])):
            made = tmp_path / f"{rows}{i}.cache"
            epifoundry("count", sample / file, "--cache", made, *options)
            assert made.read_bytes() == (sample / f"{rows}.cache").read_bytes()
    assert (sample / "made" / "peaks.h5ad").exists()
    done = epifoundry("count", sample / "shuffled.tsv", "--cache", tmp_path / "new" / "x.cache")
    assert "shuffled.tsv:" in done.stderr and "are not sorted" in done.stderr
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.cache"]


def test_listed_cells_and_a_cache_recognised_by_content(epifoundry, sample, tmp_path):
    barcodes = [line.split("\t")[0] for line in gunzip(sample / "made" / "qc.tsv.gz")[1:]]
    (tmp_path / "cells.txt").write_text("\n".join([barcodes[40], "NONE-1", barcodes[2]]) + "\n")
    args = [*counting(sample / "sim"), "--cells", tmp_path / "cells.txt"]
    epifoundry(*args, sample / "sim" / "D1.fragments.tsv.gz", "-o", tmp_path / "direct")
    epifoundry(*args, sample / "sorted.cache", "-o", tmp_path / "cached")
    assert outputs(tmp_path / "cached") == outputs(tmp_path / "direct")


def test_first_lines_need_the_order_of_the_file(epifoundry, sample, tmp_path):
    args = [*counting(sample / "sim"), "--nucleosome-lines", 3000]
    epifoundry(*args, sample / "sim" / "D1.fragments.tsv.gz", "-o", tmp_path / "direct")
    epifoundry(*args, "--from-cache", sample / "sorted.cache", "-o", tmp_path / "cached")
    assert outputs(tmp_path / "cached") == outputs(tmp_path / "direct")
    args = [*args, "--from-cache", sample / "shuffled.cache", "-o", tmp_path / "shuffled"]
    done = epifoundry(*args, "-q", code=2)
    assert "--nucleosome-lines: the cache of" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "shuffled").exists()


def test_several_files_with_lines_left_out(epifoundry, sample, tmp_path):
    (tmp_path / "more.tsv").write_text("chr1\t5\t9\tAAAA\t1\nchr1\t5\nchr1\t1\t9\tAAAA\t1\n")
    args = [*counting(sample / "sim")]
    files = [sample / "sim" / "D1.fragments.tsv.gz", tmp_path / "more.tsv"]
    cache = tmp_path / "two.cache"
    epifoundry(*args, *files, "--skip-bad-lines", 2, "--cache", cache, "-o", tmp_path / "direct")
    done = epifoundry(*args, "--from-cache", cache, "-o", tmp_path / "cached")
    assert "skipped 1 line: 2 columns" in done.stderr
    assert outputs(tmp_path / "cached") == outputs(tmp_path / "direct")
    assert record(tmp_path / "cached") == record(tmp_path / "direct")


def test_wrong_use(epifoundry, sample, tmp_path):
    cache, fragments, out = sample / "sorted.cache", sample / "shuffled.tsv", tmp_path / "out"
    args = [*counting(sample / "sim"), "-q"]
    for more, message in {
        (): "give either FRAGMENTS or --from-cache FILE",
        (fragments, "--from-cache", cache): "give either FRAGMENTS or --from-cache FILE",
        (fragments, cache): "a fragment cache is given beside other files",
        (cache, "--cache", tmp_path / "x"): "the fragments are a cache already",
        (fragments, "--cache", cache): "--force",
    }.items():
        assert message in epifoundry(*args, *more, "-o", out, code=2).stderr
    assert "FRAGMENTS" in epifoundry("count", "--cache", tmp_path / "x", code=2).stderr
    assert "--force" in epifoundry("count", fragments, "--cache", cache, code=2).stderr
    assert "--peaks: no peaks" in epifoundry("count", fragments, "-o", out, code=2).stderr
    assert "--output: no output" in epifoundry(*args, fragments, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_cache_or_damaged(epifoundry, sample, tmp_path):
    args = [*counting(sample / "sim"), "-q", "-o", tmp_path / "out", "--from-cache"]
    good = (sample / "sorted.cache").read_bytes()
    for content, message in {
        b"chr1\t1\t2\tA\n": "bad.cache: is no fragment cache",
        good[:-1]: "the fragment cache is damaged",
        good[:999] + bytes([good[999] ^ 1]) + good[1000:]: "the checksum of the block at byte 128 is wrong",
    }.items():
        (tmp_path / "bad.cache").write_bytes(content)
        done = epifoundry(*args, tmp_path / "bad.cache", code=3)
        assert message in done.stderr and "count --cache" in done.stderr and done.stderr.count("\n") == 1
    assert "no such fragment cache" in epifoundry(*args, tmp_path / "none", code=3).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.cache"]


def test_a_cache_gives_its_fragments_back(epifoundry, sample, tmp_path):
    expected = [line for line in gunzip(sample / "sim" / "D1.fragments.tsv.gz") if not line.startswith("#")]
    out = tmp_path / "again.tsv"
    done = epifoundry("fragments", sample / "sorted.cache", "-o", out)
    assert f"{len(expected):,} fragments" in done.stderr
    assert out.read_text() == "".join(expected)
    assert json.loads((tmp_path / "again.tsv.json").read_text())["fragments"] == len(expected)
    epifoundry("fragments", sample / "shuffled.cache", sample / "sorted.cache", "-o", tmp_path / "two.tsv.gz")
    lines = gunzip(tmp_path / "two.tsv.gz")
    shuffled = (sample / "shuffled.tsv").read_text().splitlines(keepends=True)
    assert sorted(lines[: len(shuffled)]) == sorted(shuffled) and lines[len(shuffled) :] == expected
    assert "--force" in epifoundry("fragments", sample / "sorted.cache", "-o", out, code=2).stderr
    done = epifoundry(
        "fragments", sample / "sorted.cache", sample / "shuffled.tsv", "-o", tmp_path / "x", code=3
    )
    assert "shuffled.tsv: is no fragment cache" in done.stderr and not (tmp_path / "x").exists()


def test_a_failed_run_leaves_no_cache(epifoundry, sample, tmp_path):
    (tmp_path / "bad.tsv").write_text("chr1\t1\t5\tA\nchr1\t9\t5\tA\n")
    epifoundry("count", tmp_path / "bad.tsv", "--cache", tmp_path / "x", code=3)
    args = [
        *counting(sample / "sim"),
        tmp_path / "bad.tsv",
        "--cache",
        tmp_path / "x",
        "-o",
        tmp_path / "out",
    ]
    epifoundry(*args, code=3)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tsv"]
