"""`epifoundry genes` as a user meets it: every input format gives the same matrix on one gene table."""

import gzip

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp

CELLS = ["AAAC-1", "CCCG-1", "GGGT-1"]
# id, name, type: two genes of the table (one with a version), one unknown gene, one matched by name, one peak
FEATURES = [
    ("ENSG00000000001", "A", "Gene Expression"),
    ("ENSG00000000002.7", "B", "Gene Expression"),
    ("ENSG00000000099", "UNKNOWN", "Gene Expression"),
    ("OTHER_ID", "C", "Gene Expression"),
    ("chr1:10-20", "chr1:10-20", "Peaks"),
]
COUNTS = np.array([[1, 0, 5, 2, 1], [0, 70000, 0, 0, 0], [0, 0, 0, 3, 9]])
EXPECTED = np.array([[2, 0, 0, 1], [0, 0, 70000, 0], [3, 0, 0, 0]])  # in the order of the table: C, D, B, A


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text(
        "gene_id\tgene_name\tchrom\tstart\tend\tstrand\tgene_type\n"
        "ENSG00000000003\tC\tchr2\t100\t200\t-\tprotein_coding\n"
        "ENSG00000000004\tD\tchr2\t300\t400\t+\tprotein_coding\n"
        "ENSG00000000002\tB\tchr1\t50\t90\t+\tlincRNA\n"
        "ENSG00000000001\tA\tchrX\t0\t10\t+\tprotein_coding\n"
    )
    return path


def write_tenx(path, version=3):
    features = FEATURES if version == 3 else FEATURES[:4]
    matrix = sp.csr_matrix(COUNTS[:, : len(features)])
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix" if version == 3 else "GRCh38")
        group["barcodes"] = np.array(CELLS, dtype="S18")
        group.create_dataset("data", data=matrix.data.astype("int32"), compression="gzip")
        group.create_dataset("indices", data=matrix.indices.astype("int64"), compression="gzip")
        group.create_dataset("indptr", data=matrix.indptr.astype("uint64"))
        group["shape"] = np.array(COUNTS.T[: len(features)].shape, dtype="int32")
        ids, names, types = (np.array(column, dtype="S32") for column in zip(*features))
        if version == 3:
            for name, values in (("id", ids), ("name", names), ("feature_type", types)):
                group[f"features/{name}"] = values
            group["features/_all_tag_keys"] = np.array([b"genome"])
        else:
            group["genes"], group["gene_names"] = ids, names
    return path


def write_mex(folder):
    folder.mkdir()
    with gzip.open(folder / "matrix.mtx.gz", "wb") as file:
        scipy.io.mmwrite(file, sp.coo_matrix(COUNTS.T), field="integer")
    with gzip.open(folder / "barcodes.tsv.gz", "wt") as file:
        file.writelines(f"{cell}\n" for cell in CELLS)
    with gzip.open(folder / "features.tsv.gz", "wt") as file:
        file.writelines("\t".join(feature) + "\n" for feature in FEATURES)
    return folder


def as_anndata(matrix=COUNTS, dtype="float32"):
    ids, names, types = zip(*FEATURES)
    var = pd.DataFrame({"gene_ids": ids, "feature_types": types}, index=names)
    return anndata.AnnData(X=sp.csr_matrix(matrix.astype(dtype)), obs=pd.DataFrame(index=CELLS), var=var)


def write_input(kind, tmp_path):
    path = tmp_path / "input"  # no suffix: it is told by content
    if kind == "10x v3":
        return write_tenx(path)
    if kind == "10x v2":
        return write_tenx(path, version=2)
    if kind == "MEX":
        return write_mex(path)
    if kind == "h5mu":
        import mudata

        mudata.MuData({"rna": as_anndata(), "atac": as_anndata()[:, 4:].copy()}).write(
            tmp_path / "input.h5mu"
        )
        return tmp_path / "input.h5mu"
    data = as_anndata()
    if kind == "h5ad with layer":
        data.layers["counts"] = data.X.copy()
        data.X.data = np.log1p(data.X.data)
    data.write_h5ad(path)
    return path


@pytest.mark.parametrize("kind", ["10x v3", "10x v2", "MEX", "h5ad", "h5ad with layer", "h5mu"])
def test_every_format_gives_the_same_matrix(epifoundry, tmp_path, table, kind):
    done = epifoundry(
        "genes", write_input(kind, tmp_path), "--gene-table", table, "-o", tmp_path / "rna.h5ad"
    )
    data = anndata.read_h5ad(tmp_path / "rna.h5ad")
    assert (data.X.toarray() == EXPECTED).all()
    assert data.X.dtype.kind in "iu"
    assert list(data.obs_names) == CELLS and list(data.var_names) == ["C", "D", "B", "A"]
    assert list(data.var["chromosome"]) == ["chr2", "chr2", "chr1", "chrX"]
    assert list(data.var["gene_ids"])[:2] == ["ENSG00000000003", "ENSG00000000004"]
    assert list(data.var["start"]) == [100, 300, 50, 0]
    if kind != "10x v2":
        assert "dropped 1 features that are not 'Gene Expression'" in done.stderr
    assert "2 features by gene id and 1 by name; dropped 1 " in done.stderr
    assert "1 of its 4 genes" in done.stderr


def test_same_bytes_twice(epifoundry, tmp_path, table):
    path = write_input("10x v3", tmp_path)
    for name in ("a", "b"):
        epifoundry(
            "genes",
            path,
            "--gene-table",
            table,
            "-o",
            tmp_path / f"{name}.h5ad",
            "-@",
            2 if name == "a" else 1,
        )
    assert (tmp_path / "a.h5ad").read_bytes() == (tmp_path / "b.h5ad").read_bytes()


def break_tenx(path, how):
    with h5py.File(path, "a") as file:
        group = file["matrix"]
        if how == "indptr":
            group["indptr"][1] = 7
            group["indptr"][2] = 5
        elif how == "indices":
            group["indices"][0] = 5
        elif how == "barcodes":
            del group["barcodes"]
            group["barcodes"] = np.array(CELLS[:2], dtype="S18")
        elif how == "twice":
            group["barcodes"][1] = CELLS[0].encode()
        elif how == "fraction":
            data = group["data"][:] + 0.5
            del group["data"]
            group["data"] = data
        elif how == "negative":
            group["data"][0] = -1
        elif how == "features":
            group["features/feature_type"][:] = b"Peaks"
        elif how == "missing":
            del group["features/id"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("indptr", "indptr: runs backwards"),
        ("indices", "indices: index 5 is outside"),
        ("barcodes", "barcodes: has 2 values where 3"),
        ("twice", "has the barcode 'AAAC-1' twice"),
        ("fraction", "not counts"),
        ("negative", "not counts"),
        ("features", "no feature of type 'Gene Expression'"),
        ("missing", "has no 'id'"),
    ],
)
def test_a_damaged_file_gives_one_clear_line(epifoundry, tmp_path, table, how, message):
    path = write_tenx(tmp_path / "bad.h5")
    break_tenx(path, how)
    out = tmp_path / "out"
    done = epifoundry("genes", path, "--gene-table", table, "-q", "-o", out / "rna.h5ad", code=3)
    assert message in done.stderr and "bad.h5" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists() or not any(out.iterdir())


def test_wrong_files(epifoundry, tmp_path, table):
    good = write_tenx(tmp_path / "good.h5")
    truncated = tmp_path / "truncated.h5"
    truncated.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    text = tmp_path / "text.h5"
    text.write_text("barcode\n")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1]
    (tmp_path / "empty").mkdir()
    with h5py.File(tmp_path / "nocell.h5", "w") as file:
        group = file.create_group("matrix")
        group["barcodes"] = np.array([], dtype="S8")
        group["data"], group["indices"], group["indptr"] = [np.array(v, dtype="int64") for v in ([], [], [0])]
        group["shape"] = [2, 0]
        group["features/id"] = group["features/name"] = np.array([b"A", b"B"])
    for path, message in [
        (tmp_path / "none.h5", "No such file"),
        (truncated, "truncated or damaged"),
        (text, "not an HDF5 file"),
        (tmp_path / "other.h5", "neither a 10x .h5"),
        (tmp_path / "empty", "has no matrix.mtx"),
        (tmp_path / "nocell.h5", "has no cell"),
    ]:
        done = epifoundry("genes", path, "--gene-table", table, "-q", "-o", tmp_path / "rna.h5ad", code=3)
        assert message in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "rna.h5ad").exists()


def test_a_damaged_mex_names_the_line(epifoundry, tmp_path):
    folder = tmp_path / "mex"
    folder.mkdir()
    (folder / "barcodes.tsv").write_text("A\nB\n")
    (folder / "features.tsv").write_text("g1\tG1\ng2\tG2\n")
    start = "%%MatrixMarket matrix coordinate integer general\n2 2 1\n"
    for matrix, message in [
        ("2 2 1\n1 1 1\n", "%%MatrixMarket is missing"),
        ("%%MatrixMarket matrix array integer general\n2 2\n", "matrix.mtx:1"),
        (start.replace("2 2 1", "2 two 1") + "1 1 1\n", "matrix.mtx:2"),
        (start + "1 x 1\n", "matrix.mtx:3"),
        (start + "3 1 1\n", "matrix.mtx:3: the entry is outside"),
        (start, "has 0 entries, its header says 1"),
        (start.replace("2 2 1", "3 2 1") + "1 1 1\n", "2 features and 2 barcodes"),
    ]:
        (folder / "matrix.mtx").write_text(matrix)
        assert message in epifoundry("genes", folder, "-q", "-o", tmp_path / "x.h5ad", code=3).stderr


def test_genes_of_another_species_are_refused(epifoundry, tmp_path, table):
    path = write_tenx(tmp_path / "x.h5")
    table.write_text(table.read_text().replace("ENSG", "ENSMUSG").replace("\tchr", "x\tchr"))
    done = epifoundry("genes", path, "--gene-table", table, "-o", tmp_path / "rna.h5ad", code=3)
    assert "has no gene of" in done.stderr


def test_wrong_use(epifoundry, tmp_path, table):
    path = write_tenx(tmp_path / "x.h5")
    epifoundry("genes", "-o", tmp_path / "rna.h5ad", code=2)
    epifoundry("genes", path, code=2)
    epifoundry("genes", path, "-o", tmp_path / "rna.h5ad")
    done = epifoundry("genes", path, "-o", tmp_path / "rna.h5ad", code=2)
    assert "already exists" in done.stderr
    epifoundry("genes", path, "-o", tmp_path / "rna.h5ad", "--force")
    assert "Examples" in epifoundry("genes", "--help").stdout


def test_real_files(epifoundry, optional_data, tmp_path):
    folder = optional_data("data/muon_multiome_frag")
    table = optional_data("data/ref_genome/genes.hg38.tsv")
    matrices = []
    for name in ("test_rna.h5ad", "test_rna_atac.h5ad", "test_rna_atac.h5mu"):  # the second is a MuData file
        epifoundry("genes", folder / name, "--gene-table", table, "-f", "-o", tmp_path / "rna.h5ad")
        matrices.append(anndata.read_h5ad(tmp_path / "rna.h5ad"))
    expected = anndata.read_h5ad(folder / "test_rna.h5ad")
    for data in matrices:
        assert data.shape == (1000, 20667)
        there = [name for name in expected.var_names if name in data.var_names]
        assert len(there) >= 40
        assert (data[:, there].X != expected[:, there].X).nnz == 0
