"""`epifoundry import-model` as a user meets it, on the reference's small checkpoint."""

import json

import pytest

SPECIALS = ["<pad>", "<mask>", "<cls>", "<eos>"]


@pytest.fixture
def vocabularies(optional_data, tmp_path):
    """The vocabularies that belong to the checkpoint, made of the chromosomes its inputs name."""
    inputs = json.loads((optional_data("golden/epifoundation") / "inputs.json").read_text())
    sizes = inputs["config"]
    chromosomes = [f"chr{i}" for i in range(4, sizes["chromosomes"])]
    name = lambda token: f"chr{token}"  # noqa: E731
    peaks = [f"{name(c)}-{100 * i}-{100 * i + 50}" for i, c in enumerate(inputs["peak2chr"])][4:]
    genes = [f"GENE{i}" for i in range(sizes["genes"])][4:]

    def vocabulary(tokens):
        return {token: i for i, token in enumerate(tokens)}

    files = {
        "atac-vocab": vocabulary(SPECIALS + peaks),
        "rna-vocab": vocabulary(SPECIALS + genes),
        "chr-vocab": vocabulary(SPECIALS + chromosomes),
        "cell-type-vocab": vocabulary([f"type{i}" for i in range(sizes["cell_types"])]),
        "batch-vocab": vocabulary([f"b{i}" for i in range(sizes["batches"])]),
        "gene2chr": {gene: name(inputs["gene2chr"][i + 4]) for i, gene in enumerate(genes)},
    }
    paths = {}
    for option, content in files.items():
        paths[option] = tmp_path / f"{option}.json"
        paths[option].write_text(json.dumps(content))
    return paths


def arguments(paths, **changed):
    options = []
    for option, path in {**paths, **changed}.items():
        options += [f"--{option}", path]
    return options


@pytest.fixture
def checkpoint(optional_data):
    return optional_data("golden/epifoundation/reference.pth")


def test_makes_a_model_folder_with_the_same_weights(
    epifoundry, vocabularies, checkpoint, optional_data, tmp_path
):
    safetensors = pytest.importorskip("safetensors.numpy")
    epifoundry("import-model", checkpoint, *arguments(vocabularies), "--heads", 4, "-o", tmp_path / "model")
    got = safetensors.load_file(tmp_path / "model" / "model.safetensors")
    expected = safetensors.load_file(optional_data("golden/epifoundation/model.safetensors"))
    assert got.keys() == expected.keys()
    assert all((got[name] == expected[name]).all() for name in expected)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["network"]["heads"] == 4 and config["network"]["layers"] == 2
    assert config["network"]["batch_labels"] is True
    assert (tmp_path / "model" / "cell_types.tsv").read_text().split()[1] == "type0"


def test_batches_get_numbers_without_a_vocabulary(epifoundry, vocabularies, checkpoint, tmp_path):
    del vocabularies["batch-vocab"]
    epifoundry("import-model", checkpoint, *arguments(vocabularies), "--heads", 4, "-o", tmp_path / "model")
    assert (tmp_path / "model" / "batches.tsv").read_text().split() == [
        "batch",
        "batch_0",
        "batch_1",
        "batch_2",
    ]


def test_what_does_not_fit_is_refused(epifoundry, vocabularies, checkpoint, tmp_path):
    def refused(what, *options, file=checkpoint, code=3):
        done = epifoundry("import-model", file, *options, "-q", "-o", tmp_path / "model", code=code)
        assert what in done.stderr and done.stderr.count("\n") == 1
        assert not (tmp_path / "model").exists()

    def changed(option, change):
        content = json.loads(vocabularies[option].read_text())
        change(content)
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(content))
        return arguments(vocabularies, **{option: path})

    four = ["--heads", 4]
    refused("--heads", *arguments(vocabularies), "--heads", 5, code=2)
    refused("rows", *changed("atac-vocab", lambda v: v.popitem()), *four)
    refused("rows", *changed("cell-type-vocab", lambda v: v.popitem()), *four)
    refused("given twice", *changed("rna-vocab", lambda v: v.update(GENE9=5)), *four)
    refused("<pad>", *changed("chr-vocab", lambda v: v.update({"<pad>": 1, "<mask>": 0})), *four)
    refused(
        "gene2chr", *[o for o in arguments({k: v for k, v in vocabularies.items() if k != "gene2chr"})], *four
    )
    refused("no vocabulary", *changed("rna-vocab", lambda v: v.clear()), *four)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(checkpoint.read_bytes()[:300000])
    refused("broken.pth", *arguments(vocabularies), *four, file=broken)
    hostile = tmp_path / "hostile.pth"
    hostile.write_bytes(
        checkpoint.read_bytes().replace(b"collections\nOrderedDict", b"posix\nsystem\nxxxxxxxxxx", 1)
    )
    refused("posix system", *arguments(vocabularies), *four, file=hostile)
