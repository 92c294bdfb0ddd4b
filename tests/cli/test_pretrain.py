"""`epifoundry pretrain` as a user meets it."""

import hashlib
import json
import signal
import subprocess

import numpy as np
import pytest

from support.programs import BIN
from support.small_atlas import GENES, PEAKS, write
from support.tables import table

QUICK = ["--preset", "tiny", "--epochs", 2, "--peaks-per-cell", 40, "--seed", 4, "-@", 1]


def weights(model):
    return hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def trained(small_project, tmp_path_factory):
    model = tmp_path_factory.mktemp("pretrain") / "model"
    subprocess.run(
        [BIN / "epifoundry", "pretrain", small_project.atlas, *map(str, QUICK), "-q", "-o", model], check=True
    )
    return model


def test_writes_a_whole_model_folder(trained, small_project):
    names = {path.name for path in trained.iterdir()}
    assert names == {"config.json", "model.safetensors", "peaks.bed", "genes.tsv", "chrom.sizes", "cell_types.tsv",
                     "batches.tsv", "training.tsv", "DONE"}  # fmt: skip
    config = json.loads((trained / "config.json").read_text())
    assert config["preset"] == "tiny" and config["task"] == "pretrain"
    assert config["training"]["epochs"] == 2 and config["training"]["peaks_per_cell"] == 40
    assert config["network"]["embed_dim"] > 0 and config["network"]["rows"]["cell_types"] == 0
    log = table(trained / "training.tsv")
    assert [row["epoch"] for row in log] == ["1", "2"]
    assert all(0 < float(row["val_gene_loss"]) < 2 for row in log)


def test_the_same_seed_gives_the_same_bytes(trained, small_project, epifoundry, tmp_path):
    epifoundry("pretrain", small_project.atlas, *QUICK, "-o", tmp_path / "again")
    assert weights(tmp_path / "again") == weights(trained)
    assert (tmp_path / "again" / "training.tsv").read_bytes() == (trained / "training.tsv").read_bytes()


def test_stopped_and_resumed_ends_with_the_same_bytes(trained, small_project, tmp_path):
    model = tmp_path / "model"
    command = [BIN / "epifoundry", "pretrain", small_project.atlas, *map(str, QUICK), "-o", model]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in run.stderr:  # after the first epoch
        if "epoch 1/" in line:
            break
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=60)
    if run.returncode == 0:
        pytest.skip("the training ended before the signal came")
    assert run.returncode == 143
    assert not (model / "DONE").exists() and (model / "checkpoint" / "state.safetensors").exists()
    other = subprocess.run([*command, "--resume", "--dropout", "0.3"], capture_output=True, text=True)
    assert other.returncode == 2 and "another training" in other.stderr
    subprocess.run([*command, "--resume"], check=True)
    assert weights(model) == weights(trained)
    assert (model / "training.tsv").read_bytes() == (trained / "training.tsv").read_bytes()
    assert not (model / "checkpoint").exists()
    again = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=True)
    assert "nothing to do" in again.stderr


def test_refuses_an_existing_output(trained, small_project, epifoundry):
    before = weights(trained)
    done = epifoundry("pretrain", small_project.atlas, *QUICK, "-q", "-o", trained, code=2)
    assert "model" in done.stderr and done.stderr.count("\n") == 1
    assert weights(trained) == before


@pytest.mark.parametrize(
    "options",
    [["--epochs", "0"], ["--heads", "5"], ["--pooling", "sum"], ["--learning-rate", "fast"], ["--preset", "huge"],
     ["--no-such-field", "1"], ["--device", "abacus"]],
)  # fmt: skip
def test_wrong_use_is_refused_before_anything_is_written(small_project, epifoundry, tmp_path, options):
    epifoundry("pretrain", small_project.atlas, *QUICK[:2], *options, "-o", tmp_path / "model", code=2)
    assert not (tmp_path / "model").exists()


def test_an_atlas_without_rna_or_no_atlas_is_refused(small_project, epifoundry, tmp_path):
    done = epifoundry("pretrain", small_project.atac, *QUICK, "-o", tmp_path / "model", code=3)
    assert "RNA" in done.stderr
    epifoundry("pretrain", tmp_path / "absent", *QUICK, "-o", tmp_path / "model", code=3)
    assert not (tmp_path / "model").exists()


def test_cuda_without_a_card_says_what_to_do(small_project, epifoundry, tmp_path):
    doctor = json.loads(epifoundry("doctor", "--json").stdout)
    if any("CUDA device" in str(item) for item in doctor):
        pytest.skip("this machine has a CUDA card")
    done = epifoundry(
        "pretrain", small_project.atlas, *QUICK, "--device", "cuda", "-o", tmp_path / "model", code=4
    )
    assert "cpu" in done.stderr


def test_where_and_balance(small_project, epifoundry, tmp_path):
    options = [*QUICK, "--balance", "cell_type", "--where"]
    types = sorted(
        set(json.loads(epifoundry("atlas", "info", small_project.atlas, "--json").stdout)["cell_type"])
    )
    some = f"cell_type == '{types[0]}'"
    epifoundry("pretrain", small_project.atlas, *options, some, "-o", tmp_path / "some")
    config = json.loads((tmp_path / "some" / "config.json").read_text())
    assert config["training"]["balance"] == "cell_type"
    assert config["epifoundry"]["options"]["where"] == some
    assert 0 < config["epifoundry"]["options"]["cells"] < 100
    done = epifoundry(
        "pretrain", small_project.atlas, *options, "tissue == moon", "-o", tmp_path / "none", code=3
    )
    assert "--where" in done.stderr
    done = epifoundry(
        "pretrain", small_project.atlas, *options, "tissue = moon", "-o", tmp_path / "none", code=2
    )
    assert "'='" in done.stderr or "==" in done.stderr
    epifoundry(
        "pretrain", small_project.atlas, *QUICK, "--balance", "colour", "-o", tmp_path / "none", code=2
    )
    assert not (tmp_path / "none").exists()


def test_cells_without_open_peak_or_expressed_gene(epifoundry, tmp_path):
    rng = np.random.default_rng(1)
    cells = [f"C{i}-1" for i in range(24)]
    peaks, counts = rng.poisson(0.5, (24, len(PEAKS))), rng.poisson(1, (24, len(GENES)))
    peaks[3] = 0
    counts[5] = 0
    peaks[7] = counts[7] = 0
    labels = tmp_path / "labels.tsv"
    labels.write_text("barcode\tcell_type\n" + "".join(f"{b}\t{'TB'[i % 2]}\n" for i, b in enumerate(cells)))
    epifoundry("pack", "--atac", write(tmp_path / "peaks.h5ad", peaks, PEAKS, cells), "--rna",
               write(tmp_path / "rna.h5ad", counts, GENES, cells, chromosome=["chr2"] * len(GENES)), "--labels", labels,
               "--sample", "D1", "--genome", "hg38", "-o", tmp_path / "D1.h5mu")  # fmt: skip
    one_by_one = ["--cells-per-update", 1, "--cells-per-batch", 1, "--epochs", 2, "-@", 1]
    epifoundry("pretrain", tmp_path / "D1.h5mu", "--preset", "tiny", *one_by_one, "-o", tmp_path / "model")
    epifoundry(
        "finetune", tmp_path / "D1.h5mu", "--model", tmp_path / "model", *one_by_one, "-o", tmp_path / "typed"
    )
    for model in ("model", "typed"):
        rows = table(tmp_path / model / "training.tsv")
        assert len(rows) == 2 and all(0 < float(row["train_loss"]) < 10 for row in rows)
    epifoundry("predict", tmp_path / "D1.h5mu", "--model", tmp_path / "typed", "-o", tmp_path / "types.h5ad")
    rows = {row["barcode"]: row for row in table(tmp_path / "predictions.tsv")}
    assert len(rows) == 24
    empty = [row for name, row in rows.items() if name.endswith(("C3-1", "C7-1"))]
    assert [row["predicted_cell_type"] for row in empty] == ["unassigned", "unassigned"]


def test_a_new_network_is_trained_whole(small_project, epifoundry, tmp_path):
    done = epifoundry(
        "pretrain", small_project.atlas, *QUICK, "--tune", "lora", "-o", tmp_path / "model", code=2
    )
    assert "--tune" in done.stderr and not (tmp_path / "model").exists()


def test_bf16(trained, small_project, epifoundry, tmp_path):
    epifoundry("pretrain", small_project.atlas, *QUICK, "--precision", "bf16", "-o", tmp_path / "bf16")
    exact, rough = (
        float(table(model / "training.tsv")[-1]["val_loss"]) for model in (trained, tmp_path / "bf16")
    )
    assert exact != rough and abs(rough / exact - 1) < 0.05


def test_help_shows_every_field(epifoundry):
    text = epifoundry("pretrain", "--help").stdout
    for option in ("--embed-dim", "--pooling", "--learning-rate", "--peaks-per-cell", "--init", "--resume", "--where",
                   "--balance", "--tune", "--lora-rank", "--precision", "--keep", "--checkpoint-seconds"):  # fmt: skip
        assert option in text
