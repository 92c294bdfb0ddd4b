"""`epifoundry atlas` as a user meets it."""

import json
import shutil
import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from support.small_atlas import GENES, PEAKS, atlas, info, pack  # noqa: F401


def test_create_and_info(epifoundry, atlas, info):
    manifest = json.loads((atlas / "atlas.json").read_text())
    assert manifest["format"] == "epifoundry-atlas" and manifest["genome"] == "hg38"
    assert [shard["file"] for shard in manifest["shards"]] == [f"../D{i}.h5mu" for i in (1, 2, 3, 4)]
    assert (atlas / "peaks.bed").read_text().splitlines()[1] == "chr1\t100\t150"
    assert (atlas / "genes.tsv").read_text().splitlines()[1].split("\t")[:3] == ["G0", "G0", "chr2"]
    said = info(atlas)
    assert said["cells"] == 80 and said["peaks"] == 30 and said["genes"] == 12
    assert said["cell_type"] == {"B": 40, "T": 40} and said["donor"]["donorD3"] == 20
    assert said["read_instead_of_mapped"] == []
    assert "80" in epifoundry("atlas", "info", atlas).stdout
    epifoundry("atlas", "verify", atlas)


def test_relative_paths(epifoundry, pack, tmp_path):
    pack("D1")
    epifoundry("atlas", "create", "new/atlas/", "D1.h5mu", cwd=tmp_path)
    manifest = json.loads((tmp_path / "new" / "atlas" / "atlas.json").read_text())
    assert manifest["shards"][0]["file"] == "../../D1.h5mu"
    epifoundry("atlas", "remove", "new/atlas", "D1.h5mu", cwd=tmp_path, code=3)  # found, but it is the last


def test_it_moves_with_its_shards(epifoundry, atlas, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for path in [atlas, *tmp_path.glob("*.h5mu")]:
        shutil.move(path, tmp_path / "elsewhere")
    epifoundry("atlas", "verify", tmp_path / "elsewhere" / "atlas")


def test_shards_that_do_not_fit_are_refused_by_name(epifoundry, pack, tmp_path):
    good = pack("A")
    for other, message in [
        (pack("P", peaks=PEAKS[1:]), "peaks are not those of"),
        (pack("G", genes=GENES[::-1]), "genes are not those of"),
        (pack("M", genome="mm10"), "is of mm10, the atlas of hg38"),
    ]:
        done = epifoundry("atlas", "create", tmp_path / "x", good, other, "-q", code=3)
        assert message in done.stderr and other.name in done.stderr and done.stderr.count("\n") == 1
        if "those of" in message:
            assert "A.h5mu" in done.stderr
    shutil.copy(good, tmp_path / "copy.h5mu")
    assert (
        "is in" in epifoundry("atlas", "create", tmp_path / "x", good, tmp_path / "copy.h5mu", code=3).stderr
    )
    assert "already" in epifoundry("atlas", "create", tmp_path / "x", good, good, code=3).stderr
    assert (
        "No such file" in epifoundry("atlas", "create", tmp_path / "x", tmp_path / "none.h5mu", code=3).stderr
    )
    assert not (tmp_path / "x").exists()


def test_a_shard_without_rna_may_join(epifoundry, pack, tmp_path, info):
    epifoundry("atlas", "create", tmp_path / "x", pack("A", rna=False))
    assert info(tmp_path / "x")["genes"] == 0
    epifoundry("atlas", "add", tmp_path / "x", pack("B"))
    assert info(tmp_path / "x")["genes"] == 12
    epifoundry("atlas", "verify", tmp_path / "x")


def test_add_and_remove_touch_the_manifest_only(epifoundry, pack, atlas, tmp_path, info):
    shards = {path: path.stat().st_mtime_ns for path in tmp_path.glob("D*.h5mu")}
    epifoundry("atlas", "add", atlas, pack("E"))
    assert info(atlas)["cells"] == 100
    epifoundry("atlas", "remove", atlas, "D2", tmp_path / "E.h5mu")
    assert list(info(atlas)["sample"]) == ["D1", "D3", "D4"]
    assert shards == {path: path.stat().st_mtime_ns for path in tmp_path.glob("D*.h5mu")}
    assert "has no shard 'D9'" in epifoundry("atlas", "remove", atlas, "D9", code=3).stderr
    assert "no shard left" in epifoundry("atlas", "remove", atlas, "D1", "D3", "D4", code=3).stderr


def test_verify_notices_any_change(epifoundry, atlas, tmp_path):
    def complaint():
        return epifoundry("atlas", "verify", atlas, "-q", code=3).stderr

    shard = tmp_path / "D2.h5mu"
    whole = shard.read_bytes()
    changed = bytearray(whole)
    changed[-5] ^= 1
    shard.write_bytes(changed)
    assert "D2.h5mu: its checksum" in complaint()
    shard.write_bytes(whole[:-1])
    assert "D2.h5mu: has" in complaint()
    assert "bytes" in epifoundry("atlas", "info", atlas, code=3).stderr
    shard.unlink()
    assert "D2.h5mu: the shard is missing" in complaint()
    shard.write_bytes(whole)
    epifoundry("atlas", "verify", atlas)
    peaks = (atlas / "peaks.bed").read_text()
    (atlas / "peaks.bed").write_text(peaks.replace("\t150\n", "\t151\n"))
    assert "peaks.bed: its identity" in complaint()
    (atlas / "peaks.bed").write_text(peaks)
    manifest = (atlas / "atlas.json").read_text()
    (atlas / "atlas.json").write_text(manifest.replace('"cells": 20', '"cells": 21', 1))
    assert "number of cells" in complaint()
    (atlas / "atlas.json").write_text(manifest[:-30])
    assert "not valid JSON" in complaint()
    (atlas / "atlas.json").write_text(manifest.replace('"version": 1', '"version": 99'))
    assert "newer version" in complaint()
    (atlas / "atlas.json").write_text(manifest.replace('"genome"', '"genom"', 1))
    assert "is malformed" in complaint()
    (atlas / "atlas.json").unlink()
    assert "is not an atlas" in complaint()


def test_split_by_names(epifoundry, atlas, info):
    epifoundry("atlas", "split", atlas, "--test", "donorD4", "--val", "donorD3")
    assert info(atlas)["split"] == {"test": 20, "train": 40, "val": 20}
    done = epifoundry("atlas", "split", atlas, "--test", "D4", code=2)
    assert "--force" in done.stderr
    epifoundry("atlas", "split", atlas, "--test", "D4,D1", "-f")  # no donor has these names, the samples do
    assert json.loads((atlas / "atlas.json").read_text())["split"]["by"] == "sample"
    assert info(atlas)["split"] == {"test": 40, "train": 40}
    assert "'D9'" in epifoundry("atlas", "split", atlas, "--test", "D9", "-f", code=3).stderr


def test_split_by_fractions(epifoundry, pack, atlas, info):
    epifoundry("atlas", "split", atlas, "--by", "donor", "--fractions", "0.5,0.25,0.25", "--seed", "1")
    assert info(atlas)["split"] == {"test": 20, "train": 40, "val": 20}
    epifoundry("atlas", "split", atlas, "--by", "cell", "--fractions", "0.5,0.25,0.25", "--seed", "1", "-f")
    parts = info(atlas)["split"]
    assert sum(parts.values()) == 80 and 25 <= parts["train"] <= 55 and parts["val"] > 5 and parts["test"] > 5

    def exported(path):
        epifoundry("atlas", "export", atlas, "-f", "-o", path)
        return anndata.read_h5ad(path).obs["split"].astype(str)

    before = exported(atlas / "x.h5ad")
    epifoundry("atlas", "add", atlas, pack("E"))
    assert exported(atlas / "x.h5ad")[before.index].equals(before)  # no cell changes its part


def test_split_by_table(epifoundry, atlas, tmp_path, info):
    table = tmp_path / "split.tsv"
    table.write_text("cell\tsplit\nD1:C0-1\ttrain\nD1:C1-1\ttrain\nD2:C0-1\tval\nX:Y\ttest\n")
    done = epifoundry("atlas", "split", atlas, "--table", table)
    assert "1 cells of" in done.stderr
    assert info(atlas)["split"] == {"": 77, "train": 2, "val": 1}
    epifoundry("atlas", "verify", atlas)
    table.write_text("cell\tsplit\nX:Y\ttrain\n")
    assert "names no cell" in epifoundry("atlas", "split", atlas, "--table", table, "-f", code=3).stderr
    table.write_text("cell\tsplit\nD1:C0-1\tvalid\n")
    assert (
        "split.tsv:2: 'valid'" in epifoundry("atlas", "split", atlas, "--table", table, "-f", code=3).stderr
    )
    table.write_text("cell\tsplit\nD1:C0-1\tval\nD1:C0-1\tval\n")
    assert "split.tsv:3" in epifoundry("atlas", "split", atlas, "--table", table, "-f", code=3).stderr


def test_wrong_use(epifoundry, atlas, tmp_path):
    epifoundry("atlas", code=2)
    epifoundry("atlas", "create", tmp_path / "y", code=2)
    epifoundry("atlas", "create", atlas, tmp_path / "D1.h5mu", code=2)
    epifoundry("atlas", "split", atlas, code=2)
    epifoundry("atlas", "split", atlas, "--fractions", "0.5,0.6", code=2)
    epifoundry("atlas", "split", atlas, "--fractions", "1,x,0", code=2)
    epifoundry("atlas", "split", atlas, "--test", "D1", "--val", "D1", code=2)
    epifoundry("atlas", "split", atlas, "--test", "D1", "--fractions", "1,0,0", code=2)
    epifoundry("atlas", "split", atlas, "--by", "cell", "--test", "D1", code=2)
    epifoundry("atlas", "export", atlas, "-o", tmp_path / "x.txt", code=2)
    done = epifoundry("atlas", "split", atlas, "--by", "donor", "--fractions", "0.5,0.5,0", "--seed", "0")
    assert "test 0" in done.stderr
    assert "split" in epifoundry("atlas", "split", "--help").stdout


def test_too_few_donors_for_three_parts(epifoundry, pack, tmp_path):
    epifoundry("atlas", "create", tmp_path / "x", pack("A"))
    done = epifoundry("atlas", "split", tmp_path / "x", "--by", "donor", "--fractions", "0.8,0.1,0.1", code=3)
    assert "too few values" in done.stderr


def test_export_and_repack_give_the_cells_back(epifoundry, atlas, tmp_path, info):
    import mudata

    epifoundry("atlas", "split", atlas, "--test", "donorD4")
    epifoundry("atlas", "export", atlas, "-o", tmp_path / "all.h5mu")
    epifoundry("atlas", "export", atlas, "-o", tmp_path / "all.h5ad")
    epifoundry("atlas", "export", atlas, "--rna", "-o", tmp_path / "rna.h5ad")
    whole = mudata.read_h5mu(tmp_path / "all.h5mu")
    names = list(whole["atac"].obs_names)
    assert len(names) == 80 and all(":" in name for name in names)
    for i in (1, 3):
        source = anndata.read_h5ad(tmp_path / f"D{i}.peaks")
        mine = [name for name in names if name.startswith(f"D{i}:")]
        expected = source[[name.split(":")[1] for name in mine]].X.toarray() > 0
        assert (whole["atac"][mine].X.toarray() == expected).all()
        counts = anndata.read_h5ad(tmp_path / f"D{i}.rna")[[name.split(":")[1] for name in mine]].X.toarray()
        assert (whole["rna"][mine].X.toarray() == counts).all()
    peaks, genes = anndata.read_h5ad(tmp_path / "all.h5ad"), anndata.read_h5ad(tmp_path / "rna.h5ad")
    assert (peaks.X.toarray() == whole["atac"].X.toarray()).all()
    assert (genes.X.toarray() == whole["rna"].X.toarray()).all()
    assert (peaks.obs["split"] == "test").sum() == 20

    epifoundry("atlas", "repack", tmp_path / "all.h5mu", "-o", tmp_path / "again.h5mu")
    epifoundry("atlas", "create", tmp_path / "again", tmp_path / "again.h5mu")
    one, two = info(atlas), info(tmp_path / "again")
    for key in ("cells", "peak_identity", "gene_identity", "cell_type", "donor", "sample"):
        assert one[key] == two[key], key


def test_export_and_cells_take_a_choice_of_labels(epifoundry, atlas, tmp_path):
    where = "donor in [donorD1, 'donorD2'] and cell_type == T"
    lines = epifoundry("atlas", "cells", atlas, "--where", where).stdout.splitlines()[1:]
    assert len(lines) == 20 and all("\tT\t" in line for line in lines)
    for name in ("x.h5ad", "x.h5mu"):
        epifoundry("atlas", "export", atlas, "--where", where, "-o", tmp_path / name)
    chosen = anndata.read_h5ad(tmp_path / "x.h5ad")
    assert list(chosen.obs_names) == [line.split("\t")[0] for line in lines]
    epifoundry("atlas", "export", atlas, "-o", tmp_path / "all.h5ad")
    assert (chosen.X != anndata.read_h5ad(tmp_path / "all.h5ad")[chosen.obs_names].X).nnz == 0
    done = epifoundry("atlas", "export", atlas, "--where", "donor = x", "-o", tmp_path / "y.h5ad", code=2)
    assert "at '= x'" in done.stderr
    done = epifoundry("atlas", "export", atlas, "--where", "donor == x", "-o", tmp_path / "y.h5ad", code=3)
    assert "no cell is chosen" in done.stderr and not (tmp_path / "y.h5ad").exists()


def test_repack_of_others_files(epifoundry, tmp_path, info):
    data = anndata.AnnData(
        X=sp.csc_matrix(np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 0.0]])),
        obs=pd.DataFrame({"celltype": pd.Categorical(["B", "T"]), "depth": [3.5, 1.0]}, index=["a", "b"]),
        var=pd.DataFrame(index=["chr1-5-9", "chr1-20-30", "chrX-1-2"]),
    )
    data.write_h5ad(tmp_path / "x.h5ad", compression="gzip")
    done = epifoundry("atlas", "repack", tmp_path / "x.h5ad", "-o", tmp_path / "x.h5mu", code=3)
    assert "give --sample" in done.stderr
    epifoundry(
        "atlas",
        "repack",
        tmp_path / "x.h5ad",
        "--sample",
        "S",
        "--cell-type-column",
        "celltype",
        "-o",
        tmp_path / "x.h5mu",
    )
    import mudata

    shard = mudata.read_h5mu(tmp_path / "x.h5mu")
    assert list(shard["atac"].var_names) == ["chr1:5-9", "chr1:20-30", "chrX:1-2"]
    assert shard.obs.loc["a", "cell_type"] == "B" and shard.obs.loc["a", "depth"] == 3.5
    assert shard["atac"].to_df().loc["a"].tolist() == [0, 1, 1]
    done = epifoundry("atlas", "repack", tmp_path / "x.h5ad", "--sample", "S", "--cell-type-column", "none", "-f", "-o",
                      tmp_path / "x.h5mu", code=3)  # fmt: skip
    assert "celltype, depth" in done.stderr


def test_real_files_are_repacked(epifoundry, optional_data, tmp_path, info):
    simba = optional_data("data/simba_pbmc10k_paired100/10xpbmc_atac_subset.h5ad")
    epifoundry(
        "atlas",
        "repack",
        simba,
        "--sample",
        "PBMC",
        "--cell-type-column",
        "celltype",
        "-o",
        tmp_path / "s.h5mu",
    )
    epifoundry("atlas", "create", tmp_path / "a", tmp_path / "s.h5mu")
    said = info(tmp_path / "a")
    assert (
        said["cells"] == 100 and said["shards"][0]["peak_entries"] == 65530 and len(said["cell_type"]) == 19
    )
    muon = optional_data("data/muon_multiome_frag/test_rna_atac.h5mu")
    epifoundry("atlas", "repack", muon, "--sample", "PBMC", "-o", tmp_path / "m.h5mu")
    epifoundry("atlas", "create", tmp_path / "b", tmp_path / "m.h5mu")
    epifoundry("atlas", "verify", tmp_path / "b")
    said = info(tmp_path / "b")
    assert said["shards"][0]["peak_entries"] == 15416 and said["shards"][0]["gene_entries"] == 14512


def test_a_paired_sample_from_npz(epifoundry, optional_data, tmp_path, info):
    """scMoMaT's mouse cortex: npz and csv become an .h5mu in a few lines, then repack."""
    import mudata

    folder = optional_data("data/scmomat_mop_snareseq")
    matrices = {name: sp.load_npz(folder / f"{name}.npz").T.tocsr() for name in ("GxC1", "RxC1")}
    cells = pd.read_csv(folder / "meta_c1.csv", index_col=0)
    names = {
        key: (folder / file).read_text().split()
        for key, file in (("GxC1", "genes.txt"), ("RxC1", "regions.txt"))
    }
    peaks = [name.replace("_", "-") for name in names["RxC1"]]
    chosen = slice(0, 500)
    parts = {}
    for modality, key, features in (("rna", "GxC1", names["GxC1"]), ("atac", "RxC1", peaks)):
        parts[modality] = anndata.AnnData(
            matrices[key][chosen], cells.iloc[chosen, :0], pd.DataFrame(index=features)
        )
    mudata.MuData(parts).write(tmp_path / "x.h5mu")
    epifoundry(
        "atlas",
        "repack",
        tmp_path / "x.h5mu",
        "--sample",
        "MOp",
        "--genome",
        "mm10",
        "-o",
        tmp_path / "s.h5mu",
    )
    epifoundry("atlas", "create", tmp_path / "a", tmp_path / "s.h5mu")
    said = info(tmp_path / "a")
    assert said["cells"] == 500 and said["shards"][0]["peak_entries"] == (parts["atac"].X != 0).sum()


def test_cells_lists_one_split_of_one_sample(epifoundry, atlas, info):
    epifoundry("atlas", "split", atlas, "--by", "cell", "--fractions", "0.5,0.2,0.3", "--force")
    lines = epifoundry("atlas", "cells", atlas).stdout.splitlines()
    assert lines[0].split("\t")[:3] == ["cell", "sample", "barcode"]
    rows = [line.split("\t") for line in lines[1:]]
    assert all(row[0] == f"{row[1]}:{row[2]}" for row in rows)
    sample = rows[0][1]
    test = epifoundry("atlas", "cells", atlas, "--split", "test", "--sample", sample).stdout.splitlines()[1:]
    assert test == ["\t".join(row) for row in rows if row[-1] == "test" and row[1] == sample]
    done = epifoundry("atlas", "cells", atlas, "--sample", "nobody", code=3)
    assert "no cell is chosen by --split, --sample" in done.stderr
