"""A small paired sample with three cell types, written as the files that `count` and `genes` leave."""

import gzip

import anndata
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

CELLS, PEAKS, GENES, TYPES = 90, 300, 120, 3


def write_sample(folder, suffix="-1"):
    """counts/ with qc.tsv.gz and peaks.h5ad, rna.h5ad, reference.tsv, truth.tsv; cell i is of type i % 3."""
    rng = np.random.default_rng(1)
    barcodes = [f"CELL{i:03d}-1" for i in range(CELLS)]
    types = np.arange(CELLS) % TYPES
    counts = folder / "counts"
    counts.mkdir(parents=True)
    open_peaks = np.where(np.arange(PEAKS) % TYPES == types[:, None], 1.2, 0.1)
    atac = anndata.AnnData(
        csr_matrix(rng.poisson(open_peaks).astype("float32")),
        obs=pd.DataFrame(index=barcodes),
        var=pd.DataFrame(index=[f"chr1:{1000 * i}-{1000 * i + 500}" for i in range(PEAKS)]),
    )
    atac.write_h5ad(counts / "peaks.h5ad")
    level = np.where(np.arange(GENES) % TYPES == types[:, None], 6.0, 1.0)
    genes = [f"GENE{i}" for i in range(GENES)]
    rna = anndata.AnnData(
        csr_matrix(rng.poisson(level).astype("float32")),
        obs=pd.DataFrame(index=[barcode[:-2] + suffix for barcode in barcodes]),
        var=pd.DataFrame(index=genes),
    )
    rna.write_h5ad(folder / "rna.h5ad")
    write_qc(counts, barcodes, np.asarray(atac.X.sum(axis=1)).ravel())
    write_tables(folder, barcodes, genes, types)
    return folder


def write_qc(counts, barcodes, depth):
    with gzip.open(counts / "qc.tsv.gz", "wt") as table:
        print(
            "barcode",
            "fragments",
            "nucleosome_signal",
            "tss_enrichment",
            "peak_fragments",
            sep="\t",
            file=table,
        )
        for barcode, fragments in zip(barcodes, depth):
            print(barcode, int(2 * fragments), 0.5, 4, int(fragments), sep="\t", file=table)


def write_tables(folder, barcodes, genes, types):
    with open(folder / "reference.tsv", "w") as table:
        print("gene_name", *(f"type{t}" for t in range(TYPES)), sep="\t", file=table)
        for i, gene in enumerate(genes):
            print(gene, *(4 if i % TYPES == t else 2 for t in range(TYPES)), sep="\t", file=table)
    with open(folder / "truth.tsv", "w") as table:
        print("cell", "lineage", sep="\t", file=table)
        for barcode, kind in zip(barcodes, types):
            print(barcode, f"type{kind}", sep="\t", file=table)
