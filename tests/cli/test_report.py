"""`epifoundry report` as a user meets it: one page over the folders of a run."""

import gzip
import json

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

TYPES = ["B", "NK", "T"]


def write_annotated(path, column, cells):
    rng = np.random.default_rng(1)
    types = rng.choice(TYPES + ["unassigned"], cells)
    obs = pd.DataFrame({column: pd.Categorical(types), "confidence": rng.random(cells)})
    obs.index = [f"c{i}" for i in range(cells)]
    data = anndata.AnnData(scipy.sparse.csr_matrix((cells, 0), dtype=np.float32), obs=obs)
    data.obsm["X_umap"] = rng.normal(size=(cells, 2))
    data.write_h5ad(path)


@pytest.fixture
def folders(tmp_path):
    """What the stages leave behind, one folder of each kind; the script of Plotly stands in."""
    for name in ("count/D1", "select/D1", "label/D1", "finetune", "annotate/D4", "evaluate/D4.model"):
        (tmp_path / name).mkdir(parents=True)
    count, rng = tmp_path / "count/D1", np.random.default_rng(0)
    depth = rng.lognormal(6, 1.5, 200).astype(int)
    with gzip.open(count / "qc.tsv.gz", "wt") as handle:
        handle.write("barcode\tfragments\n" + "".join(f"c{i}\t{n}\n" for i, n in enumerate(depth)))
    (count / "fragment_sizes.tsv").write_text(
        "length\tfragments\n" + "".join(f"{i}\t{1000 - i}\n" for i in range(1, 1000))
    )
    (count / "tss_profile.tsv").write_text(
        "position\tcuts\n" + "".join(f"{i}\t{2000 - abs(i)}\n" for i in range(-1000, 1001))
    )
    (count / "count.json").write_text("{}")
    (tmp_path / "select/D1/cells.tsv").write_text(
        "barcode\tkept\treason\tfragments\ttss_enrichment\n"
        + "".join(
            f"c{i}\t{n > 300:d}\t{'' if n > 300 else 'min_atac'}\t{n}\t5.5\n" for i, n in enumerate(depth)
        )
    )
    (tmp_path / "select/D1/select.json").write_text("{}")
    write_annotated(tmp_path / "label/D1/embeddings.h5ad", "cell_type", 80)
    (tmp_path / "label/D1/label.json").write_text("{}")
    (tmp_path / "finetune/training.tsv").write_text(
        "epoch\ttrain_loss\tval_loss\ttrain_accuracy\tval_accuracy\n1\t1.5\t1.6\t0.4\t0.35\n2\t1.1\t1.2\t0.7\tnan\n"
    )
    write_annotated(tmp_path / "annotate/D4/annotated.h5ad", "predicted_cell_type", 90)
    (tmp_path / "annotate/D4/annotate.json").write_text("{}")
    metrics = {
        "metrics": {"cells": 18, "accuracy": 0.8125, "macro_f1": 0.75, "auroc_mean": None},
        "confusion": {"truth": TYPES, "predicted": TYPES + ["unassigned"], "cells": [[5, 1, 0, 0]] * 3},
    }
    (tmp_path / "evaluate/D4.model/metrics.json").write_text(json.dumps(metrics))
    (tmp_path / "plotly.min.js").write_text("/* stands in for Plotly */")
    return tmp_path


def all_folders(root):
    return [
        root / name
        for name in ("count/D1", "select/D1", "label/D1", "finetune", "annotate/D4", "evaluate/D4.model")
    ]


def page_of(epifoundry, root, *arguments):
    epifoundry("report", *arguments, "--plotly", root / "plotly.min.js", "-o", root / "page")
    return (root / "page/report.html").read_text()


def test_one_page_shows_every_kind_of_folder(epifoundry, folders):
    page = page_of(epifoundry, folders, *all_folders(folders))
    for words in (
        *("0.813", "stands in for Plotly", "Confusion, D4.model", "D4, named by the model", "Confidence, D4"),
        *("D1, labels of the atlas", "Barcodes by depth", "Fragment lengths", "transcription start sites"),
        *("Depth and TSS enrichment", "min_atac", "Loss, finetune", "not defined", "Figures of the labels"),
    ):
        assert words in page, words
    for line in page.splitlines():
        if 'class="plot-data"' in line:
            start = line.index(">", line.index("plot-data")) + 1
            json.loads(line[start : line.index("</script>")])
    assert "http://" not in page
    assert "https://" not in page
    assert [path.name for path in (folders / "page").iterdir()] == ["report.html"]


def test_the_same_folders_give_the_same_page(epifoundry, folders):
    first = page_of(epifoundry, folders, *all_folders(folders))
    assert first == page_of(epifoundry, folders, *all_folders(folders), "--force")


def test_names_are_escaped(epifoundry, folders):
    table = folders / "select/D1/cells.tsv"
    table.write_text(table.read_text().replace("min_atac", "<script>alert(1)</script>"))
    assert "<script>alert" not in page_of(epifoundry, folders, folders / "select/D1")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda root: (root / "count/D1/count.json").unlink(), "this is no result folder"),
        (lambda root: (root / "count/D1/qc.tsv.gz").unlink(), "qc.tsv.gz"),
        (lambda root: (root / "count/D1/tss_profile.tsv").write_text("position\n1\n"), "not two columns"),
        (lambda root: (root / "select/D1/cells.tsv").write_text("barcode\nc1\n"), "no column 'kept'"),
        (lambda root: (root / "evaluate/D4.model/metrics.json").write_text("{"), "not valid JSON"),
        (lambda root: (root / "evaluate/D4.model/metrics.json").write_text("{}"), "no metrics"),
        (lambda root: (root / "evaluate/D4.model/metrics.json").write_text("[1]"), "no metrics"),
        (
            lambda root: (root / "evaluate/D4.model/metrics.json").write_text(
                '{"metrics": {"accuracy": 1}, "confusion": {"truth": ["a"], "predicted": ["a"], "cells": [[1, 2]]}}'
            ),
            "confusion",
        ),
        (lambda root: (root / "annotate/D4/annotated.h5ad").write_text("no hdf5"), "annotated.h5ad"),
        (lambda root: (root / "plotly.min.js").write_text("something else"), "not Plotly's script"),
        (lambda root: (root / "plotly.min.js").unlink(), "plotly.min.js"),
    ],
)
def test_broken_folders_leave_no_page(epifoundry, folders, spoil, message):
    spoil(folders)
    done = epifoundry(
        *(
            "report",
            *all_folders(folders),
            "--plotly",
            folders / "plotly.min.js",
            "-q",
            "-o",
            folders / "page",
        ),
        code=3,
    )
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folders / "page").exists()
    assert not list(folders.glob("*page*"))


def test_a_map_is_needed(epifoundry, folders):
    path = folders / "label/D1/embeddings.h5ad"
    data = anndata.read_h5ad(path)
    del data.obsm["X_umap"]
    data.write_h5ad(path)
    done = epifoundry(
        *("report", folders / "label/D1", "--plotly", folders / "plotly.min.js", "-o", folders / "page"),
        code=3,
    )
    assert "X_umap" in done.stderr


def test_plotly_is_found_in_the_environment(epifoundry, folders, monkeypatch):
    monkeypatch.setenv("PATH", str(folders / "env/bin"))
    monkeypatch.delenv("EPIFOUNDRY_PLOTLY", raising=False)
    arguments = ("report", folders / "finetune", "-o", folders / "page")
    done = epifoundry(*arguments, code=3)
    assert "EPIFOUNDRY_PLOTLY" in done.stderr
    package = folders / "env/lib/python3.11/site-packages/plotly/package_data"
    package.mkdir(parents=True)
    (folders / "plotly.min.js").rename(package / "plotly.min.js")
    epifoundry(*arguments)
    monkeypatch.setenv("EPIFOUNDRY_PLOTLY", str(folders / "absent.js"))
    done = epifoundry(*arguments, "--force", code=3)
    assert "absent.js" in done.stderr


def test_wrong_use(epifoundry, folders):
    epifoundry("report", "-o", folders / "page", code=2)
