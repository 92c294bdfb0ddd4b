"""Every way in which an .h5ad of others can be wrong: one line with the place in the file, and exit code 3."""

import h5py
import numpy as np
import pytest

from support.small_atlas import PEAKS, write

TEXT = h5py.string_dtype()


def put(file, name, values, **options):
    """Another array in the place of what was there, with its attributes."""
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values, **options).attrs.update(attributes)


def column(name, encoding, **arrays):
    """A new column of obs that is a group."""

    def change(file):
        group = file["obs"].create_group(name)
        group.attrs["encoding-type"] = encoding
        for key, values in arrays.items():
            group.create_dataset(key, data=values)
        file["obs"].attrs["column-order"] = np.array([name], dtype=TEXT)

    return change


def damaged_chunk(file):
    put(file, "X/data", file["X/data"][...], chunks=(8,), compression="gzip")
    file["X/data"].id.write_direct_chunk((0,), b"no gzip at all")


def no_encoding(file):
    attributes = file["X"].attrs
    attributes["encoding-type"] = "coo_matrix"


def another(name):
    def change(file):
        del file[name]
        file[name] = h5py.ExternalLink("none.h5", "/x")

    return change


def named_type(file):
    del file["X"]
    file["X"] = np.dtype("f4")


def group_of_names(file):
    del file["var/_index"]
    file["var"].create_group("_index").attrs["encoding-type"] = "awkward-array"


def shape(*extents, dtype=None):
    return lambda file: file["X"].attrs.__setitem__("shape", np.array(extents, dtype=dtype))


WRONG = {
    "no indptr": (lambda f: f["X"].__delitem__("indptr"), "X: has no 'indptr' (but: data, indices)"),
    "no encoding": (no_encoding, "X: its encoding is none of"),
    "a link to nowhere": (another("X/indices"), "X/indices: cannot be opened"),
    "a type as matrix": (named_type, "X: neither a group nor an array"),
    "no shape": (lambda f: f["X"].attrs.__delitem__("shape"), "is missing or damaged"),
    "a shape in words": (shape("4", "30", dtype=TEXT), "X: attribute 'shape' is no integer"),
    "a shape of one number": (shape(4), "X: a matrix with rows and columns"),
    "a negative shape": (shape(-4, 30), "X: a matrix with rows and columns"),
    "more columns": (shape(4, 31), "its matrix is 4 x 31, but obs and var have 4 and 30 rows"),
    "more rows": (shape(5, 30), "X/indptr: has 5 values, the shape asks for 6"),
    "indptr from 1": (lambda f: f["X/indptr"].__setitem__(0, 1), "X/indptr: does not start at 0"),
    "indptr backwards": (lambda f: f["X/indptr"].__setitem__(1, 99), "X/indptr: runs backwards"),
    "indptr beyond the end": (
        lambda f: f["X/indptr"].__setitem__(4, 121),
        "X/indptr: ends at 121, but there",
    ),
    "indptr in words": (lambda f: put(f, "X/indptr", ["0"] * 5, dtype=TEXT), "X/indptr: an array of numbers"),
    "indices with a point": (
        lambda f: put(f, "X/indices", np.zeros(120)),
        "X/indices: integers are expected",
    ),
    "an index outside": (
        lambda f: f["X/indices"].__setitem__(7, 30),
        "X/indices: index 30 is outside the 30",
    ),
    "a negative index": (
        lambda f: f["X/indices"].__setitem__(7, -1),
        "X/indices: index -1 is outside the 30",
    ),
    "values in words": (lambda f: put(f, "X/data", ["1"] * 120, dtype=TEXT), "X/data: an array of numbers"),
    "too few values": (lambda f: put(f, "X/data", np.ones(119)), "indices and 119 data"),
    "a value beyond 2^53": (
        lambda f: put(f, "X/data", np.full(120, 2**54)),
        "X/data: holds an integer beyond 2^53",
    ),
    "a damaged chunk": (damaged_chunk, "X/data: cannot be read (truncated, damaged"),
    "obs as an array": (
        lambda f: put(f, "obs", np.ones(4)),
        "obs: a table in the layout of anndata before 0.7",
    ),
    "no names": (lambda f: f["obs"].__delitem__("_index"), "obs: has no '_index'"),
    "names in two columns": (
        lambda f: put(f, "var/_index", np.ones((30, 2))),
        "var/_index: names are expected here",
    ),
    "names of another encoding": (group_of_names, "var/_index: its encoding is not known"),
    "a column missing": (
        lambda f: f["obs"].attrs.__setitem__("column-order", np.array(["age"], dtype=TEXT)),
        "obs: its column 'age' is missing",
    ),
    "a short column": (
        column("age", "nullable-integer", values=[1, 2, 3], mask=[0, 0, 0]),
        "obs/age: has another",
    ),
    "a short mask": (
        column("age", "nullable-integer", values=[1, 2, 3, 4], mask=[1]),
        "its mask has another length",
    ),
    "a short mask of text": (
        column("kind", "nullable-string-array", values=list("abcd"), mask=[1]),
        "obs/kind: its mask has another length",
    ),
    "a code without category": (
        column("kind", "categorical", codes=[0, 1, 2, -2], categories=list("abc")),
        "obs/kind/codes: code -2 has no category",
    ),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("command", ["pack", "repack"])
def test_a_wrong_file(epifoundry, tmp_path, what, command):
    change, message = WRONG[what]
    path = write(tmp_path / "x.h5ad", np.ones((4, len(PEAKS))), PEAKS, [f"C{i}" for i in range(4)])
    with h5py.File(path, "r+") as file:
        change(file)
    words = ["pack", "--atac", path] if command == "pack" else ["atlas", "repack", path]
    done = epifoundry(*words, "--sample", "S", "-o", tmp_path / "out.h5mu", "-q", code=3)
    if command == "repack" and what == "more columns":
        message = "X: its shape is not that of obs and var"
    if command == "repack" and what == "more rows":
        message = "X: its shape is not that of obs and var"
    assert message in done.stderr and str(path) in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert [found.name for found in tmp_path.iterdir()] == ["x.h5ad"]
