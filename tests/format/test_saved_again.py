"""A shard that muon, mudata or scanpy saved again is chunked, maybe compressed: read instead of mapped, and said so."""

import hashlib
import json
import warnings

import numpy as np
import pytest

from support.small_atlas import pack  # noqa: F401

warnings.filterwarnings("ignore")
QUICK = ["--preset", "tiny", "--epochs", 1, "--peaks-per-cell", 10, "--seed", 4, "-@", 1]
SAID = "read instead of mapped"


@pytest.fixture(params=[None, "gzip"], ids=["plain", "gzip"])
def both(request, pack, tmp_path):
    """A shard, and the same saved by muon."""
    import muon

    shard = pack("A", cells=60)
    muon.read(shard).write(tmp_path / "again.h5mu", compression=request.param)
    return shard, tmp_path / "again.h5mu"


def test_info_export_and_verify(epifoundry, both, tmp_path):
    import mudata

    exports = []
    for name, path in zip("ab", both):
        epifoundry("atlas", "create", tmp_path / name, path)
        epifoundry("atlas", "verify", tmp_path / name)
        info = json.loads(epifoundry("atlas", "info", tmp_path / name, "--json").stdout)
        assert [SAID in note for note in info["read_instead_of_mapped"]] == ([] if name == "a" else [True])
        assert (SAID in epifoundry("atlas", "info", tmp_path / name).stdout) == (name == "b")
        epifoundry("atlas", "export", tmp_path / name, "-o", tmp_path / f"{name}.out.h5mu")
        exports.append(mudata.read_h5mu(tmp_path / f"{name}.out.h5mu"))
    one, two = exports
    assert list(one.obs_names) == list(two.obs_names)
    for modality in ("atac", "rna"):
        assert (one[modality].X != two[modality].X).nnz == 0
    assert (one.obs["cell_type"].astype(str) == two.obs["cell_type"].astype(str)).all()


def test_it_trains_to_the_same_bytes(epifoundry, both, tmp_path):
    weights = []
    for name, path in zip("ab", both):
        epifoundry("atlas", "create", tmp_path / name, path)
        done = epifoundry("pretrain", tmp_path / name, *QUICK, "-o", tmp_path / f"{name}.model")
        assert (SAID in done.stderr) == (name == "b")
        weights.append((tmp_path / f"{name}.model" / "model.safetensors").read_bytes())
    assert hashlib.sha256(weights[0]).digest() == hashlib.sha256(weights[1]).digest()


def test_a_modality_that_scanpy_saved_is_a_list_of_cells(epifoundry, pack, tmp_path):
    """Its values are floats and its indices int64 then, and it has no RNA."""
    import mudata
    import scanpy

    shard = pack("A")
    atac = mudata.read_h5ad(shard, "atac")
    expected = atac.X.toarray()
    atac.X = atac.X.astype(np.float64)
    scanpy.write(tmp_path / "again.h5ad", atac, compression="gzip")
    epifoundry("atlas", "create", tmp_path / "x", tmp_path / "again.h5ad")
    assert SAID in epifoundry("atlas", "info", tmp_path / "x").stdout
    epifoundry("atlas", "export", tmp_path / "x", "-o", tmp_path / "out.h5ad")
    assert (scanpy.read_h5ad(tmp_path / "out.h5ad").X.toarray() == expected).all()


def test_backed_and_without_a_plug_in(pack):
    """The shard itself, whole and backed, in muon and in scanpy's reader."""
    import h5py
    import muon

    shard = pack("A")
    data, backed = muon.read(shard), muon.read(shard, backed=True)
    assert backed["atac"].isbacked
    assert (backed["atac"][3:7].to_memory().X.toarray() == data["atac"][3:7].X.toarray()).all()
    with h5py.File(shard) as file:
        assert file["mod/atac/X/indices"].chunks is None
