"""`epifoundry pack` as a user meets it. What is inside a shard is tested in tests/format."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

CELLS = ["AA-1", "CC-1", "GG-1", "TT-1"]


def write(path, matrix, features, cells=CELLS, **var):
    data = anndata.AnnData(
        X=sp.csr_matrix(np.asarray(matrix, dtype="float32")),
        obs=pd.DataFrame(index=cells),
        var=pd.DataFrame(var, index=features),
    )
    data.write_h5ad(path)
    return path


@pytest.fixture
def atac(tmp_path):
    matrix = [[1, 0, 2], [0, 0, 0], [0, 3, 0], [1, 1, 1]]
    return write(tmp_path / "peaks.h5ad", matrix, ["chr1:0-10", "chr1:20-30", "chrX:5-9"])


@pytest.fixture
def rna(tmp_path):
    return write(
        tmp_path / "rna.h5ad", np.eye(4, 2), ["G1", "G2"], gene_ids=["I1", "I2"], chromosome=["chr1", "chr2"]
    )


def read(path):
    """{barcode: (open peaks, {gene: count}, cell_type)} of a shard."""
    import mudata

    data = mudata.read_h5mu(path)
    atac = data["atac"].to_df()
    cells = {}
    for cell in atac.index:
        genes = data["rna"].to_df().loc[cell] if "rna" in data.mod else pd.Series(dtype=float)
        label = data.obs.loc[cell, "cell_type"]
        cells[cell] = (
            [peak for peak in atac.columns if atac.loc[cell, peak]],
            {gene: int(n) for gene, n in genes.items() if n},
            "" if pd.isna(label) else label,
        )
    return cells


def test_counts_are_binarized_and_rna_is_optional(epifoundry, tmp_path, atac, rna):
    epifoundry("pack", "--atac", atac, "--sample", "S", "-o", tmp_path / "S.h5mu")
    cells = read(tmp_path / "S.h5mu")
    assert cells["AA-1"] == (["chr1:0-10", "chrX:5-9"], {}, "")
    assert cells["CC-1"] == ([], {}, "")
    assert set(cells) == set(CELLS)


def test_only_cells_with_both_are_kept(epifoundry, tmp_path, atac):
    rna = write(
        tmp_path / "rna.h5ad",
        [[5], [7]],
        ["G1"],
        cells=["TT-1", "AA-1"],
        gene_ids=["I1"],
        chromosome=["chr1"],
    )
    done = epifoundry("pack", "--atac", atac, "--rna", rna, "--sample", "S", "-o", tmp_path / "S.h5mu")
    assert "2 cells have no RNA" in done.stderr
    cells = read(tmp_path / "S.h5mu")
    assert {cell: value[1] for cell, value in cells.items()} == {"TT-1": {"G1": 5}, "AA-1": {"G1": 7}}


def test_cells_and_labels(epifoundry, tmp_path, atac, rna):
    (tmp_path / "cells.txt").write_text("GG-1\nAA-1\nNOT-HERE\n")
    (tmp_path / "labels.tsv").write_text("barcode\tcluster\tcell_type\nAA-1\t0\tB cell\nGG-1\t1\t\n")
    done = epifoundry(
        "pack", "--atac", atac, "--rna", rna, "--cells", tmp_path / "cells.txt", "--labels", tmp_path / "labels.tsv",
        "--sample", "S", "-o", tmp_path / "S.h5mu",
    )  # fmt: skip
    assert "1 of the cells in" in done.stderr and "2 cells (1 labelled)" in done.stderr
    assert {cell: value[2] for cell, value in read(tmp_path / "S.h5mu").items()} == {
        "AA-1": "B cell",
        "GG-1": "",
    }


def test_the_seed_gives_the_order_and_the_bytes(epifoundry, tmp_path, atac, rna):
    def pack(name, seed, threads):
        out = tmp_path / name
        epifoundry(
            "pack", "--atac", atac, "--rna", rna, "--sample", "S", "--seed", seed, "-@", threads, "-o", out
        )
        return out.read_bytes()

    assert pack("a.h5mu", 1, 1) == pack("b.h5mu", 1, 2)
    orders = {tuple(read(tmp_path / "a.h5mu"))}
    for seed in range(2, 6):
        pack(f"{seed}.h5mu", seed, 1)
        orders.add(tuple(read(tmp_path / f"{seed}.h5mu")))
    assert len(orders) > 1


def test_files_that_do_not_fit_are_refused(epifoundry, tmp_path, atac, rna):
    other = write(tmp_path / "other.h5ad", np.eye(4, 2), ["G1", "G2"], cells=["AA", "CC", "GG", "TT"])
    bad_names = write(tmp_path / "names.h5ad", np.eye(4, 2), ["peak1", "peak2"])
    half = write(tmp_path / "half.h5ad", np.eye(4, 2) / 2, ["G1", "G2"])
    (tmp_path / "cells.txt").write_text("AA\n")
    (tmp_path / "labels.tsv").write_text("barcode\tcell_type\nAA\tB\n")
    (tmp_path / "no_column.tsv").write_text("barcode\tlabel\nAA-1\tB\n")
    for options, message in [
        (["--atac", atac, "--rna", other], "no barcode in common with"),
        (["--atac", atac, "--cells", tmp_path / "cells.txt"], "no barcode in common with"),
        (["--atac", atac, "--labels", tmp_path / "labels.tsv"], "no barcode in common with"),
        (["--atac", atac, "--labels", tmp_path / "no_column.tsv"], "cell_type"),
        (["--atac", bad_names], "peak1"),
        (["--atac", atac, "--rna", half], "does not hold counts"),
        (["--atac", half, "--rna", rna], "not counts"),
        (["--atac", tmp_path / "none.h5ad"], "No such file"),
    ]:
        done = epifoundry("pack", *options, "--sample", "S", "-q", "-o", tmp_path / "out.h5mu", code=3)
        assert message in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "out.h5mu").exists()
    assert not list(tmp_path.glob(".*tmp*"))


def test_a_truncated_file_is_refused(epifoundry, tmp_path, atac):
    atac.write_bytes(atac.read_bytes()[:2000])
    assert (
        "truncated"
        in epifoundry("pack", "--atac", atac, "--sample", "S", "-o", tmp_path / "S.h5mu", code=3).stderr
    )


def test_wrong_use(epifoundry, tmp_path, atac):
    assert "--sample" in epifoundry("pack", "--atac", atac, "-o", tmp_path / "S.h5mu", code=2).stderr
    epifoundry("pack", "--sample", "S", "-o", tmp_path / "S.h5mu", code=2)
    epifoundry("pack", "--atac", atac, "--sample", "S", "--genome", "hg17", "-o", tmp_path / "S.h5mu", code=2)
    epifoundry("pack", "--atac", atac, "--sample", "S", "-o", tmp_path / "S.h5mu")
    epifoundry("pack", "--atac", atac, "--sample", "S", "-o", tmp_path / "S.h5mu", code=2)


def test_real_peaks(epifoundry, optional_data, tmp_path):
    folder = optional_data("data/muon_multiome_frag")
    epifoundry("genes", folder / "test_rna.h5ad", "-o", tmp_path / "rna.h5ad")
    epifoundry(
        "pack", "--atac", folder / "test_rna_atac.h5ad", "--rna", tmp_path / "rna.h5ad", "--sample", "P",
        "-o", tmp_path / "P.h5mu",
    )  # fmt: skip
    import mudata

    shard = mudata.read_h5mu(tmp_path / "P.h5mu")
    with h5py.File(folder / "test_rna_atac.h5ad") as file:
        x = file["mod/atac/X"]
        expected = sp.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), shape=(1000, 174))
    rows = shard.obs["orig_row"].to_numpy()
    assert (shard["atac"].X != (expected[rows] > 0).astype("uint8")).nnz == 0
