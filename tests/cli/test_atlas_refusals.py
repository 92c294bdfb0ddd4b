"""Every way in which a shard, a manifest or a command can be wrong: one clear line, and the right exit code."""

import json

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from support.small_atlas import PEAKS, atlas, pack, write  # noqa: F401


def says(done, message):
    assert message in done.stderr and done.stderr.count("\n") == 1, done.stderr


def put(file, name, values, **options):
    """Another array in the place of one, contiguous, with its attributes."""
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values, **options).attrs.update(attributes)


def shorter(name):
    return lambda file: put(file, name, file[name][:-1])


def twice(file):
    for name in ("obs/_index", "mod/atac/obs/_index", "mod/rna/obs/_index", "uns/shard/barcodes"):
        file[name][1] = file[name][0]


SHARDS = {
    "too few labels": (shorter("mod/atac/obs/cell_type/codes"), "a label per cell is expected"),
    "names in one row": (
        lambda file: put(file, "uns/shard/barcodes", file["uns/shard/barcodes"][...].ravel()),
        "bytes, one row per cell, are expected",
    ),
    "too few counts": (shorter("mod/rna/X/data"), "is not as long as the indices"),
    "too few ones": (
        lambda file: put(file, "mod/atac/X/data", None, shape=(5,), dtype="u1", fillvalue=1),
        "is not as long as the indices",
    ),
    "too few indices": (shorter("mod/atac/X/indices"), "X/indptr: does not rise"),
    "too few rows": (shorter("mod/atac/X/indptr"), "X/indptr: does not rise"),
    "another shape": (
        lambda file: file["mod/atac/X"].attrs.__setitem__("shape", [20, 31]),
        "X: its shape is not that of obs and var",
    ),
    "two identities": (
        lambda file: put(file, "uns/shard/peak_identity", ["a", "b"], dtype=h5py.string_dtype()),
        "one text is expected",
    ),
    "another identity": (
        lambda file: put(file, "uns/shard/gene_identity", "0" * 64, dtype=h5py.string_dtype()),
        "its genes are not those that it says it has",
    ),
    "RNA of other cells": (
        lambda file: file["mod/rna/obs/_index"].__setitem__(0, b"X"),
        "its RNA is of other cells",
    ),
    "a cell twice": (twice, "has the cell 'A:C"),
    "no matrix": (lambda file: file["mod/atac"].__delitem__("X"), "mod/atac: has no 'X'"),
    "no peaks": (lambda file: file["mod"].__delitem__("atac"), "mod: has no 'atac'"),
}


@pytest.mark.parametrize("what", SHARDS)
def test_a_wrong_shard(epifoundry, pack, tmp_path, what):
    change, message = SHARDS[what]
    shard = pack("A")
    with h5py.File(shard, "r+") as file:
        change(file)
    says(epifoundry("atlas", "create", tmp_path / "x", shard, "-q", code=3), message)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("rest", [0.0, 0.3, 0.9, 0.999])
def test_a_shard_that_was_cut_off(epifoundry, pack, tmp_path, rest):
    shard = pack("A")
    whole = shard.read_bytes()
    shard.write_bytes(whole[: int(rest * len(whole))])
    done = epifoundry("atlas", "create", tmp_path / "x", shard, "-q", code=3)
    assert str(shard) in done.stderr and done.stderr.count("\n") == 1


def edit(atlas, change):
    manifest = json.loads((atlas / "atlas.json").read_text())
    change(manifest)
    (atlas / "atlas.json").write_text(json.dumps(manifest))


def in_shard(key, value):
    return lambda manifest: manifest["shards"][0].__setitem__(key, value(manifest["shards"][0][key]))


MANIFESTS = {
    "no shard": (lambda m: m.update(shards=[]), "is an atlas without a shard"),
    "another number of cells": (in_shard("cells", lambda n: n + 1), "has another number of cells"),
    "other peaks": (lambda m: m["peaks"].update(identity="0"), "the peaks of its shards are not those"),
    "other genes": (lambda m: m["genes"].update(identity="0"), "the genes of its shards are not those"),
    "another size": (in_shard("bytes", lambda n: n + 1), "bytes, the manifest says"),
    "a missing file": (in_shard("file", lambda _: "none.h5mu"), "the shard is missing"),
    "a folder as a shard": (in_shard("file", lambda _: "."), "the shard is missing"),
    "another format": (lambda m: m.update(format="zip"), "is not the manifest of an atlas"),
    "a newer version": (lambda m: m.update(version=99), "was written by a newer version"),
    "a field of another kind": (in_shard("cells", lambda _: "many"), "is malformed"),
    "a field missing": (lambda m: m["shards"][0].pop("sha256"), "is malformed"),
    "half a split": (lambda m: m.update(split={"by": "cell"}), "its split is malformed"),
    "a split by nothing": (
        lambda m: m.update(split={"by": "colour", "train": [], "val": [], "test": []}),
        "splits by the unknown column 'colour'",
    ),
}


@pytest.mark.parametrize("what", MANIFESTS)
def test_a_wrong_manifest(epifoundry, atlas, what):
    change, message = MANIFESTS[what]
    edit(atlas, change)
    says(epifoundry("atlas", "info", atlas, "-q", code=3), message)
    assert epifoundry("atlas", "verify", atlas, "-q", code=3).stderr


VERIFIED = {
    "other entries": (in_shard("peak_entries", lambda n: n + 1), "its numbers of cells or entries are not"),
    "other samples": (in_shard("samples", lambda _: ["X"]), "its samples are not those of the manifest"),
    "another checksum": (in_shard("block_sha256", lambda _: ["0"]), "its checksum is not that"),
    "another checksum, as older versions wrote": (
        lambda m: [entry.pop("block_sha256") for entry in m["shards"]] and m["shards"][2].update(sha256="0"),
        "its checksum is not that",
    ),
}


@pytest.mark.parametrize("what", VERIFIED)
@pytest.mark.parametrize("threads", [1, 2])
def test_what_only_verify_sees(epifoundry, atlas, what, threads):
    change, message = VERIFIED[what]
    edit(atlas, change)
    epifoundry("atlas", "info", atlas)
    says(epifoundry("atlas", "verify", atlas, "-q", "-@", threads, code=3), message)


@pytest.mark.parametrize("name", ["peaks.bed", "genes.tsv"])
def test_a_table_of_the_atlas_that_changed(epifoundry, atlas, name):
    lines = (atlas / name).read_text().splitlines()
    (atlas / name).write_text("\n".join(lines[:-1]) + "\n")
    says(epifoundry("atlas", "verify", atlas, "-q", code=3), "its identity is not that of the manifest")


def test_a_manifest_of_an_older_version_is_verified(epifoundry, atlas):
    edit(atlas, lambda manifest: [entry.pop("block_sha256") for entry in manifest["shards"]])
    epifoundry("atlas", "verify", atlas)


def test_shards_that_are_there_already(epifoundry, atlas, pack, tmp_path):
    shard = tmp_path / "D1.h5mu"
    says(epifoundry("atlas", "add", atlas, shard, "-q", code=3), "is in the atlas already")
    copy = tmp_path / "copy.h5mu"
    copy.write_bytes(shard.read_bytes())
    says(epifoundry("atlas", "add", atlas, copy, "-q", code=3), "that is in ")
    all_of_them = ["D1", "D2", "D3", "D4"]
    says(epifoundry("atlas", "remove", atlas, *all_of_them, "-q", code=3), "would have no shard left")
    says(epifoundry("atlas", "remove", atlas, "D9", "-q", code=3), "has no shard 'D9'")


def test_splits_that_cannot_be(epifoundry, atlas, tmp_path):
    def refused(message, code, *options):
        says(epifoundry("atlas", "split", atlas, *options, "-q", code=code), message)

    refused("is in both", 2, "--val", "D1", "--test", "D1")
    refused("no cell has one of", 3, "--val", "nobody")
    table = tmp_path / "split.tsv"
    table.write_text("cell\tsplit\nD9:C1-1\ttrain\n")
    refused("names no cell of the atlas", 3, "--table", table)
    table.write_text("cell\tsplit\nD1:C1-1\tmostly\n")
    refused("the values are train, val and test", 3, "--table", table)
    table.write_text("cell\tsplit\nD1:C1-1\tval\nD1:C1-1\ttrain\n")
    refused("names the cell", 3, "--table", table)
    epifoundry("atlas", "split", atlas, "--fractions", "0.8,0.2")
    refused("is split already", 2, "--fractions", "0.8,0.2")


def test_choices_and_exports_that_cannot_be(epifoundry, atlas, pack, tmp_path):
    for where in ("colour == red", "(" * 200 + "tissue == a", "tissue = a", "tissue in a"):
        says(epifoundry("atlas", "cells", atlas, "--where", where, "-q", code=2), "such as: tissue == lung")
    says(
        epifoundry(
            "atlas", "export", atlas, "--where", "tissue == moon", "-o", tmp_path / "x.h5ad", "-q", code=3
        ),
        "no cell is chosen by",
    )
    says(
        epifoundry("atlas", "export", atlas, "-o", tmp_path / "x.txt", "-q", code=2),
        "is neither an .h5mu nor an .h5ad",
    )
    epifoundry("atlas", "create", tmp_path / "y", pack("E", rna=False))
    says(
        epifoundry("atlas", "export", tmp_path / "y", "--rna", "-o", tmp_path / "x.h5ad", "-q", code=3),
        "has no RNA to export",
    )


def test_files_that_cannot_be_repacked(epifoundry, tmp_path):
    import mudata

    def refused(message, path, *options):
        out = tmp_path / "out.h5mu"
        says(epifoundry("atlas", "repack", path, *options, "-o", out, "-q", code=3), message)
        assert not out.exists() and not list(tmp_path.glob(".out*"))

    cells = [f"C{i}" for i in range(4)]
    ones = np.ones((4, len(PEAKS)))
    path = write(tmp_path / "x.h5ad", ones, PEAKS, cells)
    refused("does not say of which sample its cells are", path)
    refused("has no cell", write(tmp_path / "none.h5ad", ones[:0], PEAKS, []), "--sample", "S")
    atac = anndata.AnnData(sp.csr_matrix(ones), pd.DataFrame(index=cells), pd.DataFrame(index=PEAKS))
    half = anndata.AnnData(
        sp.csr_matrix(ones[:, :3] / 2), pd.DataFrame(index=cells), pd.DataFrame(index=["A", "B", "C"])
    )
    mudata.MuData({"atac": atac, "rna": half}).write(tmp_path / "half.h5mu")
    refused("holds values that are not counts", tmp_path / "half.h5mu", "--sample", "S")
    with h5py.File(path, "r+") as file:
        file["X/indices"][3] = 99
    refused("outside", path, "--sample", "S")


def test_a_sample_that_cannot_be_packed_leaves_nothing(epifoundry, tmp_path):
    def refused(message, *options):
        out = tmp_path / "out.h5mu"
        says(epifoundry("pack", *options, "--sample", "S", "-o", out, "-q", code=3), message)
        assert not out.exists() and not list(tmp_path.glob(".out*"))

    cells, ones = [f"C{i}" for i in range(4)], np.ones((4, len(PEAKS)))
    good = write(tmp_path / "good.h5ad", ones, PEAKS, cells)
    refused("not counts", "--atac", write(tmp_path / "half.h5ad", ones / 2, PEAKS, cells))
    refused(
        "does not hold counts",
        "--atac",
        good,
        "--rna",
        write(tmp_path / "rna.h5ad", ones[:, :2] / 2, ["A", "B"], cells),
    )
    refused("twice", "--atac", write(tmp_path / "same.h5ad", ones, PEAKS, ["C1"] * 4))
    refused("twice", "--atac", good, "--rna", write(tmp_path / "r.h5ad", ones[:, :2], ["A", "B"], ["C1"] * 4))
    refused(
        "is not the name of an interval", "--atac", write(tmp_path / "p.h5ad", ones[:, :2], ["A", "B"], cells)
    )
    with h5py.File(good, "r+") as file:
        file["X/indptr"][2] = 0
    refused("indptr", "--atac", good)
