"""`epifoundry select` as a user runs it."""

import csv
import gzip
import json

import pytest
from support.small_sample import write_sample

LIMITS = ["--min-rna", "200", "--min-atac", "20"]


@pytest.fixture
def sample(tmp_path):
    return write_sample(tmp_path / "sample")


def rows_of(path):
    with open(path) as table:
        return list(csv.DictReader(table, delimiter="\t"))


def rewrite_qc(sample, change):
    """Rewrites the fields of each line of the QC table, header included."""
    path = sample / "counts" / "qc.tsv.gz"
    lines = gzip.open(path, "rt").read().splitlines()
    with gzip.open(path, "wt") as table:
        for line in lines:
            print("\t".join(change(line.split("\t"))), file=table)


def test_keeps_cells_and_says_why_the_others_go(epifoundry, sample, tmp_path):
    def spoil(fields):
        if fields[0] == "CELL000-1":
            fields[2] = "nan"
        if fields[0] == "CELL001-1":
            fields[2:4] = ["2", "1"]
        return fields

    rewrite_qc(sample, spoil)
    epifoundry(
        "select", "--counts", sample / "counts", "--rna", sample / "rna.h5ad", *LIMITS, "-o", tmp_path / "out"
    )
    rows = rows_of(tmp_path / "out" / "cells.tsv")
    assert list(rows[0])[:5] == ["barcode", "kept", "reason", "rna_counts", "rna_genes"]
    assert [row["barcode"] for row in rows] == [f"CELL{i:03d}-1" for i in range(90)]
    assert (rows[0]["kept"], rows[0]["reason"]) == ("false", "max_nucleosome_signal")
    assert (rows[1]["kept"], rows[1]["reason"]) == ("false", "max_nucleosome_signal,min_tss_enrichment")
    assert all(row["kept"] == "true" and row["reason"] == "" for row in rows[2:])
    summary = json.loads((tmp_path / "out" / "select.json").read_text())
    assert (summary["cells"], summary["kept"]) == (90, 88)
    assert summary["failed"] == {"max_nucleosome_signal": 2, "min_tss_enrichment": 1}


def test_defaults_are_those_of_the_paper(epifoundry, sample, tmp_path):
    done = epifoundry(
        "select", "--counts", sample / "counts", "--rna", sample / "rna.h5ad", "-o", tmp_path / "out"
    )
    assert "no cell passes" in done.stderr
    rows = rows_of(tmp_path / "out" / "cells.tsv")
    assert {row["reason"] for row in rows} == {"min_rna,min_atac"}
    shown = epifoundry("select", "--help").stdout
    for default in ("1000", "25000", "100000"):
        assert default in shown


def test_listed_cells_in_their_order_and_without_rna(epifoundry, sample, tmp_path):
    cells = tmp_path / "cells.txt"
    cells.write_text("CELL007-1\nCELL003-1\nUNKNOWN-1\n")
    epifoundry(
        "select", "--counts", sample / "counts", "--cells", cells, "--min-atac", "20", "-o", tmp_path / "out"
    )
    rows = rows_of(tmp_path / "out" / "cells.tsv")
    assert [(row["barcode"], row["reason"]) for row in rows] == [
        ("CELL007-1", ""),
        ("CELL003-1", ""),
        ("UNKNOWN-1", "no_atac"),
    ]
    assert "rna_counts" not in rows[0]


def test_rna_and_atac_without_a_common_barcode(epifoundry, tmp_path):
    sample = write_sample(tmp_path / "sample", suffix="-2")
    args = ["--counts", sample / "counts", "--rna", sample / "rna.h5ad", "-o", tmp_path / "out"]
    error = epifoundry("select", *args, "-q", code=3).stderr
    assert "no barcode in common" in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda sample: (sample / "counts" / "qc.tsv.gz").unlink(), "does not exist"),
        (
            lambda sample: rewrite_qc(sample, lambda f: [*f[:4], "x" if f[0] == "CELL004-1" else f[4]]),
            "qc.tsv.gz:6",
        ),
        (lambda sample: rewrite_qc(sample, lambda f: ["CELL" if f[0][0] == "C" else f[0], *f[1:]]), "twice"),
        (lambda sample: rewrite_qc(sample, lambda f: f[:4]), "peak_fragments"),
        (lambda sample: (sample / "rna.h5ad").write_text("no"), "rna.h5ad"),
        (lambda sample: (sample / "cells.txt").write_text("NOBODY-1\n"), "names no barcode"),
    ],
)
def test_bad_input_leaves_nothing_behind(epifoundry, sample, tmp_path, spoil, message):
    (sample / "cells.txt").write_text("CELL001-1\n")
    spoil(sample)
    out = tmp_path / "results" / "out"
    args = ["--counts", sample / "counts", "--rna", sample / "rna.h5ad", "--cells", sample / "cells.txt"]
    error = epifoundry("select", *args, "-q", "-o", out, code=3).stderr
    assert message in error and error.count("\n") == 1, error
    assert not out.exists() and not list(tmp_path.glob("results/*"))


def test_wrong_use(epifoundry, sample, tmp_path):
    epifoundry("select", "--rna", sample / "rna.h5ad", "-o", tmp_path / "out", code=2)
    epifoundry("select", "--counts", sample / "counts", code=2)
    epifoundry("select", "--counts", sample / "counts", "--min-rna", "many", "-o", tmp_path / "out", code=2)


def test_an_existing_output_is_kept_unless_forced(epifoundry, sample, tmp_path):
    out = tmp_path / "out"
    args = ["select", "--counts", sample / "counts", *LIMITS[2:], "-o", out]
    epifoundry(*args)
    before = (out / "cells.tsv").read_bytes()
    assert "exists" in epifoundry(*args, code=2).stderr
    epifoundry(*args, "--force")
    assert (out / "cells.tsv").read_bytes() == before
