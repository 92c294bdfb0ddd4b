"""Wrong shards, changed manifests, full disks, and files of every layout."""

import contextlib
import hashlib
import json
import os
import subprocess
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from support.small_atlas import atlas, info, pack  # noqa: F401


def patch(shard, dataset, change):
    """Changes values of an array of a shard in place."""
    with h5py.File(shard, "r+") as file:
        values = file[dataset][...]
        change(values)
        file[dataset][...] = values


WRONG = {
    "an index out of range": ("mod/atac/X/indices", lambda v: v.__setitem__(-1, 30), "index out of range"),
    "a negative index": ("mod/rna/X/indices", lambda v: v.__setitem__(0, -1), "index out of range"),
    "indices that fall": (
        "mod/atac/X/indices",
        lambda v: v.__setitem__(slice(0, 2), v[1::-1]),
        "do not rise",
    ),
    "indptr backwards": ("mod/atac/X/indptr", lambda v: v.__setitem__(3, v[-1]), "X/indptr: does not rise"),
    "indptr too short": (
        "mod/rna/X/indptr",
        lambda v: v.__setitem__(-1, v[-1] - 1),
        "X/indptr: does not rise",
    ),
    "a count of zero": ("mod/rna/X/data", lambda v: v.__setitem__(0, 0), "count that is not above 0"),
    "a code without category": (
        "mod/atac/obs/cell_type/codes",
        lambda v: v.__setitem__(0, 9),
        "has no category",
    ),
    "another label": ("obs/cell_type/codes", lambda v: v.__setitem__(0, 1 - v[0]), "labels are not those"),
    "another name": ("mod/atac/obs/_index", lambda v: v.__setitem__(0, b"X"), "has two names"),
    "another mapped name": ("uns/shard/barcodes", lambda v: v.__setitem__((0, 0), 88), "has two names"),
    "another peak": ("mod/atac/var/_index", lambda v: v.__setitem__(0, b"chr9:1-2"), "peaks are not those"),
    "another gene": ("mod/rna/var/gene_ids", lambda v: v.__setitem__(0, b"G99"), "genes are not those"),
}


@pytest.mark.parametrize("what", WRONG)
def test_every_kind_of_wrong_shard_is_found(epifoundry, pack, tmp_path, what):
    """By `create`, which has no checksum yet, and by `verify`, whether or not somebody mended the checksum."""
    dataset, change, message = WRONG[what]
    shard = pack("A")
    epifoundry("atlas", "create", tmp_path / "good", shard)
    patch(shard, dataset, change)
    done = epifoundry("atlas", "create", tmp_path / "bad", shard, "-q", code=3)
    assert message in done.stderr and "A.h5mu" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "bad").exists()
    assert "its checksum" in epifoundry("atlas", "verify", tmp_path / "good", "-q", code=3).stderr
    manifest = json.loads((tmp_path / "good" / "atlas.json").read_text())
    entry = manifest["shards"][0]
    entry["sha256"], entry["bytes"] = hashlib.sha256(shard.read_bytes()).hexdigest(), shard.stat().st_size
    entry["block_sha256"] = [entry["sha256"]]
    (tmp_path / "good" / "atlas.json").write_text(json.dumps(manifest))
    assert message in epifoundry("atlas", "verify", tmp_path / "good", "-q", code=3).stderr


def test_a_damaged_header_is_found(epifoundry, pack, tmp_path):
    """Whatever byte of the first pages of HDF5 changes: a message and exit code 3, or the shard is still right."""
    shard = pack("A")
    whole = shard.read_bytes()
    for place in range(4096, 4096 + 2048, 37):
        broken = bytearray(whole)
        broken[place] ^= 0x5A
        (tmp_path / "b.h5mu").write_bytes(broken)
        done = epifoundry("atlas", "create", tmp_path / "x", tmp_path / "b.h5mu", "-q", "-f", code=None)
        assert done.returncode in (0, 3), (place, done.returncode, done.stderr)


def test_a_changed_manifest_never_crashes(epifoundry, atlas):
    """A fixed series of changes of atlas.json: each is refused in one line, or means the same."""
    whole = (atlas / "atlas.json").read_text()
    rng = np.random.default_rng(1)
    for round in range(150):
        text = bytearray(whole.encode())
        begin = int(rng.integers(len(text)))
        kind = round % 4
        if kind == 0:
            text[begin] = int(rng.integers(32, 127))
        elif kind == 1:
            del text[begin : begin + int(rng.integers(1, 40))]
        elif kind == 2:
            text[begin:begin] = [b"null", b"-1", b"1e99", b'"x"', b"[]", b"{}", b"\xff"][round % 7]
        else:
            end = begin + int(rng.integers(1, 200))
            text[begin:begin] = text[begin:end]
        (atlas / "atlas.json").write_bytes(text)
        done = epifoundry("atlas", "info", atlas, "-q", code=None)
        assert done.returncode in (0, 3), (round, done.returncode, done.stderr)
        assert done.returncode == 0 or done.stderr.count("\n") == 1


def test_a_full_disk_leaves_the_atlas_as_it_was(epifoundry, pack, tmp_path):
    if os.geteuid() != 0 or not Path("/bin/mount").exists():
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], capture_output=True
    ).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        shards = [pack(name) for name in ("A", "B")]
        epifoundry("atlas", "create", disk / "x", shards[0])
        before = (disk / "x" / "atlas.json").read_bytes()
        with open(disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 1024) == 1024:
                pass
        done = epifoundry("atlas", "add", disk / "x", shards[1], "-q", code=4)
        assert "space" in done.stderr and done.stderr.count("\n") == 1
        assert (disk / "x" / "atlas.json").read_bytes() == before
        assert (
            "space" in epifoundry("atlas", "export", disk / "x", "-o", disk / "x.h5ad", "-q", code=4).stderr
        )
        assert sorted(path.name for path in disk.iterdir()) == ["filler", "x"]
        epifoundry("atlas", "verify", disk / "x")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert epifoundry("atlas", "remove", disk / "x", "A", "-q", code=None).returncode in (3, 4)
        epifoundry("atlas", "create", disk / "y", shards[1], "-q", code=4)
        epifoundry("atlas", "verify", disk / "x")
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("kind", ["csr gzip", "csc gzip", "csc", "dense", "csr int64", "csr unsorted"])
def test_repack_in_blocks_gives_the_same_shard(epifoundry, tmp_path, kind):
    """Anyone's layout, read in blocks as small as they get (--memory 1), with explicit zeros."""
    import mudata

    rng = np.random.default_rng(3)
    cells, peaks = 900, [f"chr1:{100 * i}-{100 * i + 50}" for i in range(400)]
    dense = rng.poisson(0.4, (cells, len(peaks))).astype("int64" if kind.endswith("int64") else "float32")
    matrix = sp.csc_matrix(dense) if kind.startswith("csc") else sp.csr_matrix(dense)
    if kind == "dense":
        matrix = dense
    else:
        matrix.data[::50] = 0
        dense = matrix.toarray()
    if kind == "csr unsorted":
        for row in range(0, cells, 3):
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            matrix.indices[part], matrix.data[part] = matrix.indices[part][::-1], matrix.data[part][::-1]
        matrix.has_sorted_indices = False
    data = anndata.AnnData(
        matrix, pd.DataFrame(index=[f"C{i}" for i in range(cells)]), pd.DataFrame(index=peaks)
    )
    data.write_h5ad(tmp_path / "x.h5ad", compression="gzip" if kind.endswith("gzip") else None)
    epifoundry(
        "atlas", "repack", tmp_path / "x.h5ad", "--sample", "S", "--memory", "1M", "-o", tmp_path / "x.h5mu"
    )
    shard = mudata.read_h5mu(tmp_path / "x.h5mu")
    assert (shard["atac"].X.toarray() == (dense[shard.obs["orig_row"]] > 0)).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.h5ad", "x.h5mu"]
