"""A small project that the commands which need a trained model work on: made once for all tests."""

import subprocess
from types import SimpleNamespace

import pytest

from support.programs import BIN
from support.tables import table


@pytest.fixture(scope="session")
def small_project(tmp_path_factory):
    """Two simulated samples; D1 is the atlas that a model (m, with cell types) was trained on, D2 is new to it."""
    folder = tmp_path_factory.mktemp("small_project")

    def run(*args):
        subprocess.run([BIN / "epifoundry", *map(str, args), "-q"], check=True, timeout=900)

    sim = folder / "simulated"
    run("simulate", "--samples", 2, "--cells", 150, "--peaks", 500, "--genes", 100, "--cell-types", 3,
        "--batches", 1, "--seed", 3, "-o", sim)  # fmt: skip
    run("count", sim / "D1.fragments.tsv.gz", "--peaks", sim / "peaks.bed", "--genes", sim / "genes.tsv",
        "--chrom-sizes", sim / "chrom.sizes", "-o", folder / "count")  # fmt: skip
    run("genes", sim / "D1.rna.h5", "--gene-table", sim / "genes.tsv", "-o", folder / "rna.h5ad")
    good = folder / "good.tsv"
    rows = [row for row in table(sim / "D1.truth.tsv") if row["quality"] == "good"]
    good.write_text("barcode\tcell_type\n" + "".join(f"{r['barcode']}\t{r['cell_type']}\n" for r in rows))
    run("select", "--counts", folder / "count", "--rna", folder / "rna.h5ad", "--cells", good, "--min-rna", 100,
        "--min-atac", 100, "-o", folder / "select")  # fmt: skip
    atac = folder / "count" / "peaks.h5ad"
    run("label", "--atac", atac, "--rna", folder / "rna.h5ad", "--cells", folder / "select" / "cells.tsv",
        "--labels", good, "--cell-column", "barcode", "--label-column", "cell_type", "-o", folder / "label")  # fmt: skip
    run("pack", "--atac", atac, "--rna", folder / "rna.h5ad", "--cells", folder / "select" / "cells.tsv",
        "--labels", folder / "label" / "labels.tsv", "--sample", "D1", "--batch", "b1",
        "-o", folder / "D1.h5mu")  # fmt: skip
    run("atlas", "create", folder / "atlas", folder / "D1.h5mu", "--chrom-sizes", sim / "chrom.sizes")
    run("atlas", "split", folder / "atlas", "--by", "cell", "--fractions", "0.8,0.2,0")
    run("pretrain", folder / "atlas", "--preset", "tiny", "--epochs", 3, "-@", 1, "-o", folder / "pretrained")
    run("finetune", folder / "atlas", "--model", folder / "pretrained", "--task", "cell-type",
        "--epochs", 10, "-@", 1, "-o", folder / "model")  # fmt: skip
    return SimpleNamespace(folder=folder, sim=sim, atlas=folder / "atlas", shard=folder / "D1.h5mu", atac=atac,
                           pretrained=folder / "pretrained", model=folder / "model")  # fmt: skip
