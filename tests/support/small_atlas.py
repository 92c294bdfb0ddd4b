"""Small shards, and an atlas of four of them, for tests to take apart: import the fixtures by name."""

import json

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

PEAKS = [f"chr1:{100 * i}-{100 * i + 50}" for i in range(30)]
GENES = [f"G{i}" for i in range(12)]


def write(path, matrix, features, cells, **var):
    anndata.AnnData(
        X=sp.csr_matrix(matrix.astype("float32")),
        obs=pd.DataFrame(index=cells),
        var=pd.DataFrame(var, index=features),
    ).write_h5ad(path)
    return path


@pytest.fixture
def pack(epifoundry, tmp_path):
    """Packs a random sample; the same name gives the same counts."""

    def make(sample, donor=None, cells=20, peaks=PEAKS, genes=GENES, rna=True, genome="hg38"):
        rng = np.random.default_rng(sum(map(ord, sample)))
        barcodes = [f"C{i}-1" for i in range(cells)]
        options = [
            "--atac",
            write(tmp_path / f"{sample}.peaks", rng.poisson(0.5, (cells, len(peaks))), peaks, barcodes),
        ]
        if rna:
            counts = rng.poisson(1, (cells, len(genes)))
            chroms = ["chr2"] * len(genes)
            options += [
                "--rna",
                write(tmp_path / f"{sample}.rna", counts, genes, barcodes, chromosome=chroms),
            ]
        labels = tmp_path / f"{sample}.labels"
        labels.write_text(
            "barcode\tcell_type\n" + "".join(f"{b}\t{'TB'[i % 2]}\n" for i, b in enumerate(barcodes))
        )
        shard = tmp_path / f"{sample}.h5mu"
        epifoundry("pack", *options, "--labels", labels, "--sample", sample, "--donor", donor or f"donor{sample}",
                   "--genome", genome, "-f", "-o", shard)  # fmt: skip
        return shard

    return make


@pytest.fixture
def atlas(epifoundry, pack, tmp_path):
    epifoundry("atlas", "create", tmp_path / "atlas", *[pack(f"D{i}") for i in (1, 2, 3, 4)])
    return tmp_path / "atlas"


@pytest.fixture
def info(epifoundry):
    return lambda atlas: json.loads(epifoundry("atlas", "info", atlas, "--json").stdout)
