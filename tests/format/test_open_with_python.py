"""What the store writes opens in anndata, scanpy and muon without a plug-in, and what they write can be read."""

import warnings

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

warnings.filterwarnings("ignore")

RNG = np.random.default_rng(5)
CELLS = [f"CELL{i:03d}-1" for i in range(40)]
PEAKS = [f"chr{1 + i % 3}:{1000 * i}-{1000 * i + 500}" for i in range(60)]
GENES = [f"G{i}" for i in range(25)]


def write_sample(folder, encoding="csr", dtype="int64", compression=None):
    """Counts of one sample as others write them; returns the dense matrices."""
    atac = RNG.poisson(0.4, (len(CELLS), len(PEAKS)))
    rna = RNG.poisson(1.5, (len(CELLS), len(GENES)))
    rna[0, 0] = 300
    make = {"csr": sp.csr_matrix, "csc": sp.csc_matrix, "dense": np.asarray}[encoding]
    for name, matrix, features in (("peaks", atac, PEAKS), ("rna", rna, GENES)):
        data = anndata.AnnData(
            X=make(matrix.astype(dtype)), obs=pd.DataFrame(index=CELLS), var=pd.DataFrame(index=features)
        )
        if name == "rna":
            data.var["gene_ids"] = [f"ID{i}" for i in range(len(GENES))]
            data.var["chromosome"] = "chr1"
        data.write_h5ad(folder / f"{name}.h5ad", compression=compression)
    return atac, rna


@pytest.fixture
def shard(epifoundry, tmp_path):
    atac, rna = write_sample(tmp_path)
    cells = pd.DataFrame({"barcode": CELLS, "kept": ["true"] * 35 + ["false"] * 5, "reason": "", "tss": 1.5})
    cells.to_csv(tmp_path / "cells.tsv", sep="\t", index=False)
    labels = pd.DataFrame({"barcode": CELLS, "cell_type": ["T", "B", ""] * 13 + ["B"]})
    labels.to_csv(tmp_path / "labels.tsv", sep="\t", index=False)
    epifoundry(
        "pack", "--atac", tmp_path / "peaks.h5ad", "--rna", tmp_path / "rna.h5ad", "--cells", tmp_path / "cells.tsv",
        "--labels", tmp_path / "labels.tsv", "--sample", "S1", "--donor", "D1", "--tissue", "blood",
        "--genome", "hg38", "--seed", "3", "-o", tmp_path / "S1.h5mu",
    )  # fmt: skip
    return tmp_path / "S1.h5mu", atac, rna, labels


def test_a_shard_opens_in_muon(shard):
    import muon

    path, atac, rna, labels = shard
    data = muon.read(path)
    assert data.shape == (35, len(PEAKS) + len(GENES))
    assert list(data.mod) == ["atac", "rna"]
    order = data["atac"].obs_names
    assert set(order) == set(CELLS[:35]) and list(order) != CELLS[:35]  # shuffled
    rows = data.obs["orig_row"].to_numpy()
    assert [CELLS[row] for row in rows] == list(order)
    assert (data["atac"].X.toarray() == (atac[rows] > 0)).all()
    assert (data["rna"].X.toarray() == rna[rows]).all()
    expected = labels.set_index("barcode").loc[order, "cell_type"].replace("", np.nan)
    assert (
        data.obs["cell_type"]
        .astype(object)
        .where(data.obs["cell_type"].notna(), np.nan)
        .equals(expected.astype(object))
    )
    assert (data.obs["sample"] == "S1").all() and (data.obs["tss"] == 1.5).all()
    assert data.uns["genome"] == "hg38"
    assert data["rna"].var["gene_ids"].iloc[2] == "ID2"


def test_a_shard_opens_in_scanpy(shard, tmp_path):
    import mudata
    import scanpy

    path, atac, _, _ = shard
    counts = mudata.read_h5ad(path, "rna")
    scanpy.pp.normalize_total(counts)
    scanpy.pp.log1p(counts)
    backed = mudata.read_h5ad(path, "atac", backed="r")
    rows = mudata.read_h5mu(path).obs["orig_row"].to_numpy()
    assert (np.asarray(backed[:5].to_memory().X.todense()) == (atac[rows[:5]] > 0)).all()


def test_arrays_are_contiguous_and_ones_take_no_space(shard):
    with h5py.File(shard[0]) as file:
        assert file.userblock_size == 4096
        x = file["mod/atac/X"]
        for name in ("indices", "indptr"):
            assert x[name].chunks is None and x[name].compression is None and x[name].dtype == np.int32
            assert x[name].id.get_offset() is not None
        assert x["data"].id.get_storage_size() == 0 and (x["data"][:] == 1).all()
        assert file["mod/rna/X/data"].dtype == np.uint16  # 300 needs more than 8 bits


def test_an_h5ad_opens_in_scanpy(epifoundry, tmp_path):
    import scanpy

    _, rna = write_sample(tmp_path)
    epifoundry("genes", tmp_path / "rna.h5ad", "-o", tmp_path / "out.h5ad")
    for backed in (None, "r"):
        data = scanpy.read_h5ad(tmp_path / "out.h5ad", backed=backed)
        assert (
            (np.asarray(data[:].to_memory().X.todense()) == rna).all()
            if backed
            else (data.X.toarray() == rna).all()
        )
        assert list(data.obs_names) == CELLS and list(data.var_names) == GENES
    assert data.uns["epifoundry"]["command"] == "genes"


@pytest.mark.parametrize("encoding", ["csr", "csc", "dense"])
@pytest.mark.parametrize("dtype", ["int64", "float32", "float64", "uint8", "bool"])
def test_every_encoding_of_a_matrix_is_read(epifoundry, tmp_path, encoding, dtype):
    atac, _ = write_sample(tmp_path, encoding, dtype, "gzip" if dtype == "int64" else None)
    epifoundry("atlas", "repack", tmp_path / "peaks.h5ad", "--sample", "S", "-o", tmp_path / "S.h5mu")
    import mudata

    data = mudata.read_h5mu(tmp_path / "S.h5mu")
    assert (data["atac"].X.toarray() == (atac[data.obs["orig_row"]] > 0)).all()


def test_a_file_saved_again_by_muon_is_read_instead(epifoundry, shard, tmp_path):
    import mudata

    data = mudata.read_h5mu(shard[0])
    data.write(tmp_path / "again.h5mu")
    epifoundry("atlas", "create", tmp_path / "a", shard[0])
    done = epifoundry("atlas", "info", tmp_path / "a", "--json").stdout
    epifoundry("atlas", "create", tmp_path / "b", tmp_path / "again.h5mu")
    again = epifoundry("atlas", "info", tmp_path / "b", "--json").stdout
    import json

    one, two = json.loads(done), json.loads(again)
    assert one["read_instead_of_mapped"] == [] and len(two["read_instead_of_mapped"]) == 1
    for key in ("cells", "peak_identity", "gene_identity", "cell_type", "donor", "genome"):
        assert one[key] == two[key], key
    assert one["shards"][0]["gene_entries"] == two["shards"][0]["gene_entries"]


def test_the_newest_string_columns_are_read(epifoundry, tmp_path):
    """anndata 0.13 writes names as nullable-string-array."""
    write_sample(tmp_path)
    with h5py.File(tmp_path / "rna.h5ad", "a") as file:
        names = file["obs/_index"][:]
        del file["obs/_index"]
        group = file["obs"].create_group("_index")
        group.attrs["encoding-type"], group.attrs["encoding-version"] = "nullable-string-array", "0.1.0"
        group["values"], group["mask"] = names, np.zeros(len(names), bool)
    epifoundry("genes", tmp_path / "rna.h5ad", "-o", tmp_path / "out.h5ad")
    assert list(anndata.read_h5ad(tmp_path / "out.h5ad").obs_names) == CELLS
