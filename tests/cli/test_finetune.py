"""`epifoundry finetune` as a user meets it."""

import json

import pytest

from support.tables import table

QUICK = ["--epochs", 2, "--peaks-per-cell", 40, "--seed", 4, "-@", 1]


def config(model):
    return json.loads((model / "config.json").read_text())


def test_cell_types_and_calibration(small_project):
    model = small_project.model
    types = (model / "cell_types.tsv").read_text().split()[1:]
    assert types == sorted(types) and len(types) == 3
    calibration = config(model)["calibration"]
    assert calibration["temperature"] > 0 and calibration["min_open_peaks"] > 0
    log = table(model / "training.tsv")
    assert float(log[-1]["train_cell_type_loss"]) < float(log[0]["train_cell_type_loss"])
    assert sum(row["best"] == "1" for row in log) >= 1


def test_expression_gets_a_value_head(small_project, epifoundry, tmp_path):
    epifoundry("finetune", small_project.atlas, "--model", small_project.pretrained, "--task", "expression", *QUICK,
               "-o", tmp_path / "levels")  # fmt: skip
    assert config(tmp_path / "levels")["network"]["value_head"] is True
    assert b"value_decoder.fc2.weight" in (tmp_path / "levels" / "model.safetensors").read_bytes()[:100000]


def tensors(model):
    safetensors = pytest.importorskip("safetensors.numpy")
    return safetensors.load_file(model / "model.safetensors")


def differing(before, after):
    """Names of the tensors of `after` that `before` does not hold to the byte."""
    before, after = tensors(before), tensors(after)
    assert before.keys() - {"cls_decoder.out_layer.weight"} <= after.keys()
    return {
        name
        for name, value in after.items()
        if name not in before or before[name].tobytes() != value.tobytes()
    }


def cell_types(model):
    return (model / "cell_types.tsv").read_text().split()[1:]


def test_a_new_head_on_other_cell_types_leaves_the_rest(small_project, epifoundry, tmp_path):
    left_out = cell_types(small_project.model)[0]
    epifoundry("finetune", small_project.atlas, "--model", small_project.model, "--tune", "frozen",
               "--where", f"cell_type != '{left_out}'", *QUICK, "-o", tmp_path / "model")  # fmt: skip
    assert cell_types(tmp_path / "model") == cell_types(small_project.model)[1:]
    names = differing(small_project.model, tmp_path / "model")
    assert "cls_decoder.out_layer.weight" in names
    assert all(name.startswith("cls_decoder.") for name in names), names
    assert tensors(tmp_path / "model")["cls_decoder.out_layer.weight"].shape[0] == 2


def test_frozen_levels_leave_the_rest(small_project, epifoundry, tmp_path):
    epifoundry("finetune", small_project.atlas, "--model", small_project.pretrained, "--task", "expression",
               "--tune", "frozen", *QUICK, "-o", tmp_path / "model")  # fmt: skip
    names = differing(small_project.pretrained, tmp_path / "model")
    assert names and all(name.startswith("value_decoder.") for name in names), names


def test_lora_ends_as_an_ordinary_model(small_project, epifoundry, tmp_path):
    epifoundry("finetune", small_project.atlas, "--model", small_project.pretrained, "--tune", "lora", "--lora-rank", 4,
               "--lora-alpha", 8, "--balance", "cell_type", "--epochs", 12, "-@", 1, "-o", tmp_path / "model")  # fmt: skip
    names = differing(small_project.pretrained, tmp_path / "model")
    attention = {
        name for name in names if name.endswith(("self_attn.Wqkv.weight", "self_attn.out_proj.weight"))
    }
    assert len(attention) == 4, names  # two layers
    assert all(name.startswith("cls_decoder.") for name in names - attention), names
    assert config(tmp_path / "model")["training"]["tune"] == "lora"
    epifoundry("predict", small_project.atlas, "--model", tmp_path / "model", "-o", tmp_path / "types.h5ad")
    data = pytest.importorskip("anndata").read_h5ad(tmp_path / "types.h5ad")
    named = data.obs[data.obs["predicted_cell_type"] != "unassigned"]
    assert (named["predicted_cell_type"].astype(str) == named["cell_type"].astype(str)).mean() > 0.6


def test_types_that_no_training_cell_has(small_project, epifoundry, tmp_path):
    unseen = cell_types(small_project.model)[-1]
    done = epifoundry("finetune", small_project.atlas, "--model", small_project.pretrained, *QUICK, "--where",
                      f"not (split == train and cell_type == '{unseen}')", "-o", tmp_path / "model")  # fmt: skip
    assert "no training cell has" in done.stderr and f"'{unseen}'" in done.stderr
    assert unseen not in cell_types(tmp_path / "model")
    assert 0 <= float(table(tmp_path / "model" / "training.tsv")[-1]["val_accuracy"]) <= 1


def test_an_atlas_on_other_peaks_or_genes_is_refused(small_project, epifoundry, tmp_path):
    sim = small_project.sim
    fewer = tmp_path / "fewer.bed"
    fewer.write_text("".join((sim / "peaks.bed").read_text().splitlines(keepends=True)[:-1]))
    epifoundry("count", sim / "D1.fragments.tsv.gz", "--peaks", fewer, "--genes", sim / "genes.tsv", "--chrom-sizes",
               sim / "chrom.sizes", "-o", tmp_path / "count")  # fmt: skip
    fewer_genes = tmp_path / "genes.tsv"
    fewer_genes.write_text("".join((sim / "genes.tsv").read_text().splitlines(keepends=True)[:-1]))
    epifoundry("genes", sim / "D1.rna.h5", "--gene-table", fewer_genes, "-o", tmp_path / "rna.h5ad")
    labels = small_project.folder / "label" / "labels.tsv"
    cells = small_project.folder / "select" / "cells.tsv"
    for atac, rna, what in (
        (tmp_path / "count" / "peaks.h5ad", small_project.folder / "rna.h5ad", "peak"),
        (small_project.atac, tmp_path / "rna.h5ad", "gene"),
    ):
        shard = tmp_path / f"{what}.h5mu"
        epifoundry(
            "pack",
            "--atac",
            atac,
            "--rna",
            rna,
            "--cells",
            cells,
            "--labels",
            labels,
            "--sample",
            "D1",
            "-o",
            shard,
        )
        done = epifoundry("finetune", shard, "--model", small_project.pretrained, *QUICK, "-q", "-o", tmp_path / "model",
                          code=3)  # fmt: skip
        assert what in done.stderr and done.stderr.count("\n") == 1
        assert not (tmp_path / "model").exists()


def test_without_labels_there_is_nothing_to_learn(small_project, epifoundry, tmp_path):
    shard = tmp_path / "unlabelled.h5mu"
    cells = small_project.folder / "select" / "cells.tsv"
    epifoundry("pack", "--atac", small_project.atac, "--rna", small_project.folder / "rna.h5ad", "--cells", cells,
               "--sample", "D1", "-o", shard)  # fmt: skip
    done = epifoundry(
        "finetune", shard, "--model", small_project.pretrained, *QUICK, "-o", tmp_path / "model", code=3
    )
    assert "cell type" in done.stderr and not (tmp_path / "model").exists()


@pytest.mark.parametrize("options", [["--embed-dim", "32"], ["--task", "poetry"], ["--cell-type-loss", "0"],
                                     ["--tune", "soft"], ["--lora-rank", "0"], ["--lora-alpha", "0"],
                                     ["--where", "colour == red"]])  # fmt: skip
def test_wrong_use_is_refused(small_project, epifoundry, tmp_path, options):
    epifoundry("finetune", small_project.atlas, "--model", small_project.pretrained, *options, "-o", tmp_path / "model",
               code=2)  # fmt: skip
    assert not (tmp_path / "model").exists()


def test_an_unfinished_or_damaged_model_is_refused(small_project, epifoundry, tmp_path):
    import shutil

    def broken(change):
        model = tmp_path / "broken"
        shutil.rmtree(model, ignore_errors=True)
        shutil.copytree(small_project.pretrained, model)
        change(model)
        done = epifoundry(
            "finetune", small_project.atlas, "--model", model, *QUICK, "-q", "-o", tmp_path / "model", code=3
        )
        assert not (tmp_path / "model").exists()
        return done.stderr

    def rewrite(name, old, new):
        def change(model):
            text = (model / name).read_text()
            assert old in text
            (model / name).write_text(text.replace(old, new, 1))

        return change

    assert "DONE" in broken(lambda model: (model / "DONE").unlink())
    assert "config.json" in broken(lambda model: (model / "config.json").unlink())
    assert "model.safetensors" in broken(
        lambda model: (model / "model.safetensors").write_bytes(b"\xff" * 40)
    )
    assert "heads" in broken(rewrite("config.json", '"heads"', '"hats"'))
    assert "format" in broken(rewrite("config.json", '"format": 1', '"format": 2'))
    assert "peaks.bed" in broken(lambda model: (model / "peaks.bed").write_text("chr1\t1\t2\n"))
    assert "peaks.bed" in broken(rewrite("peaks.bed", "chr1\t", "chr2\t"))
