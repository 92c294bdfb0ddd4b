"""`epifoundry label` as a user runs it."""

import csv
import json

import anndata
import pytest
from sklearn.metrics import adjusted_rand_score
from support.small_sample import write_sample


@pytest.fixture
def sample(tmp_path):
    return write_sample(tmp_path / "sample")


def matrices(sample):
    return ["--atac", sample / "counts" / "peaks.h5ad", "--rna", sample / "rna.h5ad"]


def rows_of(folder):
    with open(folder / "labels.tsv") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def truth(rows):
    return [f"type{int(row['barcode'][4:7]) % 3}" for row in rows]


def test_clusters_are_named_by_the_reference(epifoundry, sample, tmp_path):
    out = tmp_path / "out"
    epifoundry("label", *matrices(sample), "--reference", sample / "reference.tsv", "-o", out)
    rows = rows_of(out)
    assert list(rows[0]) == ["barcode", "cluster", "cell_type", "score", "runner_up", "runner_up_score"]
    assert [row["cell_type"] for row in rows] == truth(rows)
    assert all(0 < float(row["score"]) <= 1 and row["runner_up"] != row["cell_type"] for row in rows)
    data = anndata.read_h5ad(out / "embeddings.h5ad")
    assert list(data.obs_names) == [row["barcode"] for row in rows]
    assert {key: data.obsm[key].shape[0] for key in data.obsm} == {"X_pca": 90, "X_lsi": 90, "X_umap": 90}
    assert data.obsm["X_umap"].shape[1] == 2
    summary = json.loads((out / "label.json").read_text())
    assert summary["cells"] == summary["labelled"] == 90
    assert {c["cell_type"] for c in summary["labels"]["clusters"]} == {"type0", "type1", "type2"}


def test_labels_of_a_table(epifoundry, sample, tmp_path):
    table = sample / "truth.tsv"
    lines = table.read_text().splitlines()
    lines = [line.replace("type2", "Unknown") for line in lines if not line.startswith("CELL004")]
    table.write_text("\n".join(lines) + "\n")
    args = [
        "--labels",
        table,
        "--cell-column",
        "cell",
        "--label-column",
        "lineage",
        "--unlabelled",
        "Unknown",
    ]
    epifoundry("label", *matrices(sample), *args, "-o", tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    assert len(rows) == 90
    for row, kind in zip(rows, truth(rows)):
        expected = "" if kind == "type2" or row["barcode"] == "CELL004-1" else kind
        assert (row["cell_type"], row["score"]) == (expected, "")


def test_atac_alone_and_only_the_kept_cells(epifoundry, sample, tmp_path):
    cells = tmp_path / "cells.tsv"
    kept = [i for i in range(90) if i % 10]
    cells.write_text(
        "barcode\tkept\n" + "".join(f"CELL{i:03d}-1\t{'true' if i in kept else 'false'}\n" for i in range(90))
    )
    # Every LSI component counts alike, so with 80 cells and three types 40 of them are mostly noise.
    args = ["--cells", cells, "--lsi-components", "4"]
    epifoundry("label", *matrices(sample)[:2], *args, "-o", tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    assert [row["barcode"] for row in rows] == [f"CELL{i:03d}-1" for i in kept]
    assert adjusted_rand_score(truth(rows), [row["cluster"] for row in rows]) > 0.9
    assert {row["cell_type"] for row in rows} == {""}
    assert "X_pca" not in anndata.read_h5ad(tmp_path / "out" / "embeddings.h5ad").obsm


def test_few_cells(epifoundry, sample, tmp_path):
    cells = tmp_path / "cells.txt"
    cells.write_text("".join(f"CELL{i:03d}-1\n" for i in range(5)))
    args = [
        *matrices(sample),
        "--cells",
        cells,
        "--min-peak-count",
        "1",
        "--reference",
        sample / "reference.tsv",
    ]
    epifoundry("label", *args, "-o", tmp_path / "out")
    assert len(rows_of(tmp_path / "out")) == 5


def test_the_same_bytes_at_any_thread_count(epifoundry, sample, tmp_path):
    for threads in (1, 2, 3):
        out = tmp_path / f"out{threads}"
        epifoundry(
            "label", *matrices(sample), "--reference", sample / "reference.tsv", "-@", threads, "-o", out
        )
    for name in ("labels.tsv", "embeddings.h5ad"):
        first = (tmp_path / "out1" / name).read_bytes()
        assert all((tmp_path / f"out{threads}" / name).read_bytes() == first for threads in (2, 3)), name


def test_a_reference_of_samples_in_counts(epifoundry, sample, tmp_path):
    lines = [line.split("\t") for line in (sample / "reference.tsv").read_text().splitlines()]
    columns = list(zip(*lines))
    reference = tmp_path / "metacells.tsv"
    with open(reference, "w") as table:
        print("metacell", "celltype", *columns[0][1:], sep="\t", file=table)
        for number, column in enumerate([*columns[1:], *columns[1:]]):
            print(f"m{number}", column[0], *(int(value) ** 4 for value in column[1:]), sep="\t", file=table)
    done = epifoundry("label", *matrices(sample), "--reference", reference, "-o", tmp_path / "out")
    assert "holds no logarithms" in done.stderr
    rows = rows_of(tmp_path / "out")
    assert [row["cell_type"] for row in rows] == truth(rows)


def test_reads_a_real_reference(epifoundry, sample, tmp_path, optional_data):
    reference = optional_data("data/tripod_pbmc_ref/derived_metacell_rna.tsv.gz")
    args = [*matrices(sample), "--reference", reference, "-o", tmp_path / "out"]
    assert "shares fewer than two genes" in epifoundry("label", *args, code=3).stderr


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda s: (s / "cells.txt").write_text("NOBODY-1\n"), "no barcode in common"),
        (lambda s: (s / "cells.txt").write_text("CELL000-1\nCELL001-1\n"), "fewer than three cells"),
        (lambda s: (s / "cells.txt").write_text(""), "cells.txt"),
        (lambda s: (s / "cells.txt").unlink(), "cells.txt"),
        (lambda s: (s / "rna.h5ad").write_text("no"), "rna.h5ad"),
        (lambda s: (s / "reference.tsv").write_text("gene\tA\nG1\tx\n"), "reference.tsv:2"),
        (lambda s: (s / "reference.tsv").write_text("gene\tA\nGENE1\t-1\n"), "at least 0"),
        (lambda s: (s / "reference.tsv").write_text("gene\tA\tA\nGENE1\t1\t1\n"), "twice"),
        (lambda s: (s / "reference.tsv").write_text("gene\nGENE1\n"), "no gene or no cell type"),
        (lambda s: (s / "reference.tsv").write_text("gene\tA\nOTHER\t1\n"), "shares fewer than two genes"),
    ],
)
def test_bad_input_leaves_nothing_behind(epifoundry, sample, tmp_path, spoil, message):
    (sample / "cells.txt").write_text("".join(f"CELL{i:03d}-1\n" for i in range(30)))
    spoil(sample)
    out = tmp_path / "results" / "out"
    args = [*matrices(sample), "--cells", sample / "cells.txt", "--reference", sample / "reference.tsv"]
    error = epifoundry("label", *args, "-q", "-o", out, code=3).stderr
    assert message in error and error.count("\n") == 1, error
    assert not list(tmp_path.glob("results/*"))


def test_rna_of_other_cells(epifoundry, tmp_path):
    sample = write_sample(tmp_path / "sample", suffix="-2")
    assert (
        "no barcode in common"
        in epifoundry("label", *matrices(sample), "-o", tmp_path / "out", code=3).stderr
    )


def test_a_table_of_other_cells_and_too_high_a_peak_count(epifoundry, sample, tmp_path):
    table = tmp_path / "table.tsv"
    table.write_text("barcode\tcell_type\nNOBODY\tB\n")
    out = ["-o", tmp_path / "out"]
    assert "names none of" in epifoundry("label", *matrices(sample), "--labels", table, *out, code=3).stderr
    error = epifoundry("label", *matrices(sample), "--min-peak-count", "1e6", *out, code=3).stderr
    assert "fewer than two peaks" in error


def test_wrong_use(epifoundry, sample, tmp_path):
    out = ["-o", tmp_path / "out"]
    both = ["--reference", sample / "reference.tsv", "--labels", sample / "truth.tsv"]
    epifoundry("label", *matrices(sample), *both, *out, code=2)
    epifoundry("label", *matrices(sample)[:2], *both[:2], *out, code=2)
    epifoundry("label", *matrices(sample), "--resolution", "0", *out, code=2)
    epifoundry("label", "--rna", sample / "rna.h5ad", *out, code=2)
    (tmp_path / "out").mkdir()
    assert "exists" in epifoundry("label", *matrices(sample), *out, code=2).stderr
