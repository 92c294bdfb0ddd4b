"""Turns the mouse cortex of scMoMaT (SNARE-seq; features x cells in .npz, names in .txt and .csv) into an .h5mu.

usage: to_h5mu.py FOLDER OUT.h5mu
"""

import sys
from pathlib import Path

import anndata
import mudata
import pandas as pd
import scipy.sparse as sp

folder, output = map(Path, sys.argv[1:])
cells = pd.read_csv(folder / "meta_c1.csv", index_col=0)
parts = {}
for modality, matrix, names in (("rna", "GxC1.npz", "genes.txt"), ("atac", "RxC1.npz", "regions.txt")):
    features = pd.DataFrame(index=(folder / names).read_text().split())
    if modality == "atac":
        features.index = features.index.str.replace("_", "-")
    parts[modality] = anndata.AnnData(sp.load_npz(folder / matrix).T.tocsr(), cells[[]], features)
mudata.set_options(pull_on_update=False)
data = mudata.MuData(parts)
data.obs["cell_type"] = cells["cluster (remapped)"].astype("category")
data.obs["batch"] = cells["Batch"].astype("category")
data.write(output)
