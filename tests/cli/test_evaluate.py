"""`epifoundry evaluate` as a user meets it."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

TYPES = np.array(["B", "NK", "T"], dtype=object)


@pytest.fixture
def cells(tmp_path):
    """300 cells of three types: predictions that are right for 80 %, an embedding that separates them."""
    rng = np.random.default_rng(0)
    truth = rng.choice(TYPES, 300)
    predicted = np.where(rng.random(300) < 0.8, truth, rng.choice(TYPES, 300)).astype(object)
    predicted[rng.random(300) < 0.1] = "unassigned"
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical(truth),
            "batch": rng.choice(["b1", "b2"], 300),
            "predicted_cell_type": pd.Categorical(predicted),
        },
        index=[f"D4:c{i}" for i in range(300)],
    )
    data = anndata.AnnData(scipy.sparse.csr_matrix((300, 0), dtype=np.float32), obs=obs)
    embedding = rng.normal(size=(300, 5))
    embedding[:, 0] += 6.0 * np.searchsorted(TYPES.astype(str), truth.astype(str))
    data.obsm["X_test"] = embedding
    data.write_h5ad(tmp_path / "cells.h5ad")
    table = pd.DataFrame(
        {
            "barcode": [f"c{i}" for i in range(300)],
            "cell_type": truth,
            "quality": np.where(np.arange(300) % 3 == 0, "poor", "good"),
        }
    )
    table.to_csv(tmp_path / "truth.tsv", sep="\t", index=False)
    return data


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


def test_labels_agree_with_counting(epifoundry, tmp_path, cells):
    epifoundry("evaluate", tmp_path / "cells.h5ad", "--truth", "cell_type", "-o", tmp_path / "out")
    truth = cells.obs["cell_type"].astype(str).to_numpy()
    predicted = cells.obs["predicted_cell_type"].astype(str).to_numpy()
    result = metrics(tmp_path / "out")
    figures = result["metrics"]
    assert figures["accuracy"] == pytest.approx(np.mean(truth == predicted))
    assert figures["unassigned"] == np.sum(predicted == "unassigned")
    answered = predicted != "unassigned"
    assert figures["coverage"] == pytest.approx(np.mean(answered))
    assert figures["accuracy_assigned"] == pytest.approx(np.mean((truth == predicted)[answered]))
    assert result["confusion"]["predicted"] == ["B", "NK", "T", "unassigned"]
    assert np.sum(result["confusion"]["cells"]) == 300
    table = pd.read_csv(tmp_path / "out" / "metrics.tsv", sep="\t")
    assert dict(zip(table["metric"], table["value"]))["macro_f1"] == pytest.approx(figures["macro_f1"])


def test_truth_from_a_table_matched_by_barcode_and_filtered(epifoundry, tmp_path, cells):
    epifoundry(
        *(
            "evaluate",
            tmp_path / "cells.h5ad",
            "--truth-table",
            tmp_path / "truth.tsv",
            "--truth",
            "cell_type",
        ),
        *("--where", "quality=good", "--by", "batch", "-o", tmp_path / "out"),
    )
    result = metrics(tmp_path / "out")
    assert result["metrics"]["cells"] == 200
    good = np.arange(300) % 3 != 0
    right = cells.obs["cell_type"].astype(str) == cells.obs["predicted_cell_type"].astype(str)
    assert result["metrics"]["accuracy"] == pytest.approx(np.mean(right.to_numpy()[good]))
    assert sum(group["metrics"]["cells"] for group in result["groups"]) == 200


def test_embedding_separates_types_and_mixes_batches(epifoundry, tmp_path, cells):
    arguments = ("evaluate", tmp_path / "cells.h5ad", "--embedding", "X_test", "--batch", "batch")
    epifoundry(*arguments, "-@", "1", "-o", tmp_path / "one")
    epifoundry(*arguments, "-@", "3", "-o", tmp_path / "three")
    figures = metrics(tmp_path / "one")["metrics"]
    assert figures["nmi"] > 0.9
    assert figures["ari"] > 0.9
    assert figures["label_asw"] > 0.65
    assert figures["batch_asw"] > 0.9
    assert (tmp_path / "one/metrics.tsv").read_bytes() == (tmp_path / "three/metrics.tsv").read_bytes()


def test_expression_against_counts(epifoundry, tmp_path, cells):
    rng = np.random.default_rng(1)
    counts = rng.poisson(1, (300, 20)).astype(np.float32)
    genes = pd.DataFrame(index=[f"g{i}" for i in range(20)])
    truth = anndata.AnnData(scipy.sparse.csr_matrix(counts), obs=cells.obs[["batch"]], var=genes)
    truth.write_h5ad(tmp_path / "truth.h5ad")
    informed = 1 / (1 + np.exp(-(counts - 1 + rng.normal(size=counts.shape)))).astype(np.float32)
    # Genes and cells in another order, and a gene that the truth lacks.
    predicted = anndata.AnnData(informed, obs=cells.obs[["batch"]], var=genes)[::-1, ::-1].copy()
    predicted.var_names = ["other" if name == "g0" else name for name in predicted.var_names]
    predicted.write_h5ad(tmp_path / "predicted.h5ad")
    epifoundry("evaluate", tmp_path / "predicted.h5ad", tmp_path / "truth.h5ad", "-o", tmp_path / "out")
    figures = metrics(tmp_path / "out")["metrics"]
    assert figures["expression_genes"] == 19
    assert figures["auroc_mean"] > 0.75
    assert figures["brier"] < figures["brier_of_share"]
    expressed, silent = informed[counts[:, 3] > 0, 3], informed[counts[:, 3] == 0, 3]
    genes_table = pd.read_csv(tmp_path / "out/genes.tsv", sep="\t", index_col=0)
    assert genes_table.loc["g3", "auroc"] == pytest.approx(
        np.mean(expressed[:, None] > silent[None, :]), abs=1e-6
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "nothing to score"),
        (("--truth", "nothing"), 3, "no column 'nothing'"),
        (("--embedding", "X_none"), 3, "obsm has: X_test"),
        (("--truth", "cell_type", "--where", "batch"), 2, "COLUMN=VALUE"),
        (("--truth", "cell_type", "--where", "batch=b9"), 3, "no cell has 'b9'"),
        (("--truth", "cell_type", "--truth-table", "absent.tsv"), 3, "absent.tsv"),
    ],
)
def test_wrong_use_says_what_is_wrong_and_leaves_nothing(
    epifoundry, tmp_path, cells, arguments, code, message
):
    before = sorted(tmp_path.iterdir())
    done = epifoundry(
        "evaluate", tmp_path / "cells.h5ad", *arguments, "-q", "-o", tmp_path / "out", code=code
    )
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("barcode\tcell_type\nx1\tB\n", "it has no cell of"),
        ("name\tcell_type\nc1\tB\n", "--cell-column"),
        ("barcode\tcell_type\nc1\tB\nc1\tB\n", "occurs twice"),
        ("barcode\tcell_type\nD1:c1\tB\nD2:c1\tB\n", "stands for several cells"),
        ("barcode\tcell_type\nc1\t\n", "no cell to score has anything"),
        ("barcode\tcell_type\n", "no cells"),
    ],
)
def test_truth_tables_that_do_not_fit(epifoundry, tmp_path, cells, content, message):
    (tmp_path / "bad.tsv").write_text(content)
    done = epifoundry(
        *("evaluate", tmp_path / "cells.h5ad", "--truth-table", tmp_path / "bad.tsv", "--truth", "cell_type"),
        *("-q", "-o", tmp_path / "out"),
        code=3,
    )
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_embeddings_that_are_not_finite_are_refused(epifoundry, tmp_path, cells):
    cells.obsm["X_test"][7, 2] = np.nan
    cells.write_h5ad(tmp_path / "broken.h5ad")
    done = epifoundry(
        "evaluate", tmp_path / "broken.h5ad", "--embedding", "X_test", "-o", tmp_path / "out", code=3
    )
    assert "D4:c7" in done.stderr


def test_tables_have_no_embedding_and_other_genes_no_score(epifoundry, tmp_path, cells):
    done = epifoundry("evaluate", tmp_path / "truth.tsv", "--embedding", "X", "-o", tmp_path / "out", code=3)
    assert "not an .h5ad" in done.stderr
    for name, gene in (("a", "g1"), ("b", "g2")):
        one = anndata.AnnData(np.ones((300, 1), dtype=np.float32), obs=cells.obs[["batch"]])
        one.var_names = [gene]
        one.write_h5ad(tmp_path / f"{name}.h5ad")
    done = epifoundry("evaluate", tmp_path / "a.h5ad", tmp_path / "b.h5ad", "-o", tmp_path / "out", code=3)
    assert "it has no gene of" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_existing_output_is_kept_without_force(epifoundry, tmp_path, cells):
    arguments = ("evaluate", tmp_path / "cells.h5ad", "--truth", "cell_type", "-o", tmp_path / "out")
    epifoundry(*arguments)
    epifoundry(*arguments, code=2)
    epifoundry(*arguments, "--force")
