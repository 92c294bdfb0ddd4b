import gzip
import json

import anndata
import pytest

from support.tables import table


@pytest.fixture
def annotate(epifoundry, small_project, tmp_path):
    """Runs `annotate INPUT ARGS...` into tmp_path/out, with a stand-in for Plotly's script."""
    script = tmp_path / "plotly.min.js"
    script.write_text("/* stands in for Plotly */")

    def run(sample, *args, code=0):
        return epifoundry(
            "annotate", sample, "--model", small_project.model, "--plotly", script, "-o", tmp_path / "out", "-q", *args,
            code=code,
        )  # fmt: skip

    return run


def refused(done, tmp_path, *words):
    """One clear line, and no output left behind."""
    assert len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("out", ".out"))]


def test_from_the_fragment_file_alone(annotate, small_project, tmp_path):
    annotate(small_project.sim / "D2.fragments.tsv.gz")
    out = tmp_path / "out"
    assert sorted(p.name for p in out.iterdir()) == [
        "annotate.json",
        "annotated.h5ad",
        "annotations.tsv",
        "report.html",
    ]
    rows = table(out / "annotations.tsv")
    assert list(rows[0])[:4] == ["barcode", "predicted_cell_type", "confidence", "runner_up"]
    data = anndata.read_h5ad(out / "annotated.h5ad")
    assert list(data.obs_names) == [row["barcode"] for row in rows]
    assert data.obsm["X_umap"].shape == (len(rows), 2)
    assert data.obsm["X_epifoundry"].shape[0] == len(rows)
    assert data.n_vars == 500
    assert all(row["reason"] for row in rows if row["predicted_cell_type"] == "unassigned")
    record = json.loads((out / "annotate.json").read_text())
    assert record["result"]["cells"] == len(rows)
    assert "stands in for Plotly" in (out / "report.html").read_text()


def test_poor_cells_and_background_are_named_less_often_than_good_ones(annotate, small_project, tmp_path):
    annotate(small_project.sim / "D2.fragments.tsv.gz", "--min-fragments", 20)
    called = {
        row["barcode"]: row["predicted_cell_type"] for row in table(tmp_path / "out" / "annotations.tsv")
    }
    named = {}
    right = total = 0
    for row in table(small_project.sim / "D2.truth.tsv"):
        call = called.get(row["barcode"], "unassigned")
        named.setdefault(row["quality"], []).append(call != "unassigned")
        if row["quality"] == "good" and call != "unassigned":
            total += 1
            right += call == row["cell_type"]
    share = {quality: sum(values) / len(values) for quality, values in named.items()}
    assert share["good"] > 0.7, share  # the model was trained for seconds
    assert share["background"] < 0.05, share
    assert share["low_quality"] < 0.5, share
    assert share["doublet"] < share["good"] - 0.1, share
    assert right / total > 0.6


def test_counts_on_the_models_peaks_give_the_same_labels(annotate, small_project, tmp_path, epifoundry):
    sim = small_project.sim
    epifoundry("count", sim / "D2.fragments.tsv.gz", "--peaks", sim / "peaks.bed", "--genes", sim / "genes.tsv",
               "-o", tmp_path / "count", "-q")  # fmt: skip
    annotate(sim / "D2.fragments.tsv.gz")
    fragments = {row["barcode"]: row["best_cell_type"] for row in table(tmp_path / "out" / "annotations.tsv")}
    annotate(tmp_path / "count" / "peaks.h5ad", "-f")
    counts = {row["barcode"]: row["best_cell_type"] for row in table(tmp_path / "out" / "annotations.tsv")}
    assert fragments == counts
    annotate(sim / "D2.rna.h5", "--rna", sim / "D2.rna.h5", "-f")
    assert all(float(row["rna_counts"]) >= 0 for row in table(tmp_path / "out" / "annotations.tsv"))


def test_listed_cells_only(annotate, small_project, tmp_path):
    good = [r["barcode"] for r in table(small_project.sim / "D2.truth.tsv") if r["quality"] == "good"][:25]
    (tmp_path / "cells.txt").write_text("\n".join(good) + "\n")
    annotate(small_project.sim / "D2.fragments.tsv.gz", "--cells", tmp_path / "cells.txt")
    assert [row["barcode"] for row in table(tmp_path / "out" / "annotations.tsv")] == good


LINES = "".join(f"chr1\t{100 * i}\t{100 * i + 80}\tAAACCC{i % 3}-1\t1\n" for i in range(300))
BROKEN = {
    "empty": b"",
    "truncated": gzip.compress(LINES.encode())[:-30],
    "three_columns": b"chr1\t1\t5\nchr1\t3\t9\n",
    "letters": b"chr1\tx\t5\tAAA-1\t1\n",
    "end_before_start": b"chr1\t50\t5\tAAA-1\t1\n",
    "other_contigs": LINES.replace("chr1", "scaffold_7").encode(),
    "no_cell": LINES.encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_fragments(annotate, tmp_path, name):
    path = tmp_path / f"{name}.tsv.gz"
    path.write_bytes(BROKEN[name])
    refused(annotate(path, code=3), tmp_path, path.name)


def test_missing_fragments(annotate, tmp_path):
    refused(annotate(tmp_path / "no.tsv.gz", code=3), tmp_path, "no.tsv.gz")


def test_rna_of_another_sample(annotate, small_project, tmp_path):
    sim = small_project.sim
    done = annotate(sim / "D2.fragments.tsv.gz", "--rna", sim / "D1.rna.h5", code=3)
    refused(done, tmp_path)


def test_another_genome(annotate, small_project, tmp_path):
    data = anndata.read_h5ad(small_project.atac)[:50].copy()
    data.var_names = [f"chr{i}:{10**8 + 1000 * i}-{10**8 + 1000 * i + 200}" for i in range(data.n_vars)]
    data.write_h5ad(tmp_path / "elsewhere.h5ad")
    refused(annotate(tmp_path / "elsewhere.h5ad", code=3), tmp_path, "--min-mapped")


def test_wrong_use(annotate, epifoundry, small_project, tmp_path):
    epifoundry("annotate", small_project.sim / "D2.fragments.tsv.gz", "-o", tmp_path / "out", "-q", code=2)
    epifoundry("annotate", "--model", small_project.model, "-o", tmp_path / "out", "-q", code=2)
    annotate(small_project.sim / "D2.fragments.tsv.gz", "--min-fragments", "few", code=2)
    done = epifoundry("annotate", small_project.sim / "D2.fragments.tsv.gz", "--model", small_project.pretrained,
                      "--plotly", tmp_path / "plotly.min.js", "-o", tmp_path / "out", "-q", code=3)  # fmt: skip
    refused(done, tmp_path, "finetune")
