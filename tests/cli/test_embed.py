import anndata
import numpy as np


def test_an_embedding_opens_in_anndata(epifoundry, small_project, tmp_path):
    out = tmp_path / "z.h5ad"
    epifoundry("embed", small_project.atlas, "--model", small_project.model, "-o", out)
    data = anndata.read_h5ad(out)
    assert data.obsm["X_epifoundry"].dtype == np.float32
    assert np.isfinite(data.obsm["X_epifoundry"]).all()
    assert data.obs_names[0].startswith("D1:")
    assert {"sample", "batch", "cell_type"} <= set(data.obs.columns)


def test_the_same_bytes_at_any_number_of_threads(epifoundry, small_project, tmp_path):
    for threads in (1, 2):
        epifoundry(
            "embed",
            small_project.atlas,
            "--model",
            small_project.model,
            "-@",
            threads,
            "-o",
            tmp_path / f"{threads}.h5ad",
        )
    assert (tmp_path / "1.h5ad").read_bytes() == (tmp_path / "2.h5ad").read_bytes()


def test_a_cell_is_the_same_alone_in_its_shard_and_in_the_atlas(epifoundry, small_project, tmp_path):
    epifoundry("embed", small_project.atlas, "--model", small_project.model, "-o", tmp_path / "atlas.h5ad")
    counts = anndata.read_h5ad(small_project.atac)
    atlas = anndata.read_h5ad(tmp_path / "atlas.h5ad")
    barcode = atlas.obs_names[7].split(":")[1]
    counts[[barcode]].write_h5ad(tmp_path / "one.h5ad")
    epifoundry("embed", tmp_path / "one.h5ad", "--model", small_project.model, "-o", tmp_path / "alone.h5ad")
    alone = anndata.read_h5ad(tmp_path / "alone.h5ad")
    assert (alone.obsm["X_epifoundry"][0] == atlas.obsm["X_epifoundry"][7]).all()


def test_regions(epifoundry, small_project, tmp_path):
    epifoundry("embed", "--regions", "--model", small_project.model, "-o", tmp_path / "r.h5ad")
    assert anndata.read_h5ad(tmp_path / "r.h5ad").n_obs == 500


def test_an_existing_output_is_kept(epifoundry, small_project, tmp_path):
    out = tmp_path / "z.h5ad"
    out.write_text("mine")
    epifoundry("embed", small_project.atlas, "--model", small_project.model, "-o", out, code=2)
    assert out.read_text() == "mine"


def test_an_atlas_on_other_peaks_is_refused(epifoundry, small_project, tmp_path):
    counts = anndata.read_h5ad(small_project.atac)[:20, :100].copy()
    counts.write_h5ad(tmp_path / "fewer.h5ad")
    shard = tmp_path / "other.h5mu"
    epifoundry("pack", "--atac", tmp_path / "fewer.h5ad", "--sample", "X", "-o", shard)
    epifoundry("atlas", "create", tmp_path / "other", shard)
    for command in (["embed"], ["predict"]):
        out = tmp_path / "out.h5ad"
        done = epifoundry(
            *command, tmp_path / "other", "--model", small_project.model, "-o", out, "-q", code=3
        )
        assert "peak" in done.stderr and len(done.stderr.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fewer.h5ad", "other", "other.h5mu"]


def test_a_missing_model_is_one_line(epifoundry, small_project, tmp_path):
    done = epifoundry(
        "embed", small_project.atlas, "--model", tmp_path / "no", "-o", tmp_path / "z.h5ad", "-q", code=3
    )
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())
