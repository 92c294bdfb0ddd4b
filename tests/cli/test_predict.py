import anndata
import numpy as np

from support.tables import table


def test_cell_types(epifoundry, small_project, tmp_path):
    out = tmp_path / "types.h5ad"
    epifoundry("predict", small_project.atlas, "--model", small_project.model, "-o", out)
    data = anndata.read_h5ad(out)
    rows = table(tmp_path / "predictions.tsv")
    assert [row["barcode"] for row in rows] == list(data.obs_names)
    assert [row["predicted_cell_type"] for row in rows] == list(data.obs["predicted_cell_type"])
    assert ((data.obs["confidence"] > 0) & (data.obs["confidence"] <= 1)).all()
    named = data.obs[data.obs["predicted_cell_type"] != "unassigned"]
    right = (named["predicted_cell_type"].astype(str) == named["cell_type"].astype(str)).mean()
    assert right > 0.6, "these cells trained the model"


def test_expression_of_every_gene(epifoundry, small_project, tmp_path):
    out = tmp_path / "genes.h5ad"
    epifoundry(
        "predict", small_project.atlas, "--model", small_project.pretrained, "--task", "expression", "-o", out
    )
    data = anndata.read_h5ad(out)
    values = np.asarray(data.X.todense())
    assert data.n_vars == 100 and values.dtype == np.float32
    assert values.min() >= 0 and values.max() <= 1
    assert "gene_ids" in data.var and "chromosome" in data.var


def test_wrong_use(epifoundry, small_project, tmp_path):
    common = ["predict", small_project.atlas, "-o", tmp_path / "x.h5ad", "-q"]
    epifoundry(*common, code=2)  # no model
    epifoundry(*common, "--model", small_project.model, "--task", "colour", code=2)
    epifoundry(*common, "--model", small_project.model, "--min-confidence", "2", code=2)
    done = epifoundry(*common, "--model", small_project.pretrained, "--task", "cell-type", code=3)
    assert "finetune" in done.stderr
    assert not list(tmp_path.iterdir())
