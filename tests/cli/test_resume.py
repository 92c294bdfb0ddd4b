"""Trainings that are killed, told to stop, or fail, and what `--resume` makes of them."""

import json
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from support.programs import BIN
from support.tables import table

# Some 60 updates, a checkpoint after each where it is asked for.
SHORT = ["--epochs", 4, "--cells-per-update", 8, "--peaks-per-cell", 40, "--seed", 4, "-@", 1]
CONTINUE = ["--checkpoint-seconds", 0, "--resume"]


def commands(project):
    return {
        "pretrain": ["pretrain", project.atlas, "--preset", "tiny", *SHORT],
        "finetune": ["finetune", project.atlas, "--model", project.pretrained, *SHORT],
        "lora": ["finetune", project.atlas, "--model", project.pretrained, "--tune", "lora", *SHORT],
    }


@pytest.fixture(scope="module", params=["pretrain", "finetune", "lora"])
def training(request, small_project, tmp_path_factory):
    """(command, what the same command makes when nobody disturbs it)"""
    command = commands(small_project)[request.param]
    whole = tmp_path_factory.mktemp(request.param) / "whole"
    start([*command], whole, "-q").wait(timeout=300)
    assert (whole / "DONE").exists()
    return command, whole


def start(command, model, *options):
    return subprocess.Popen(
        [BIN / "epifoundry", *map(str, [*command, *options]), "-o", model], stderr=subprocess.PIPE, text=True
    )


def half_written(model):
    return list((model / "checkpoint").glob(".*.tmp-*"))


def kill_when(command, model, moment):
    """Starts or continues a training and kills it as soon as `moment()`; False if it ended before."""
    run = start(command, model, *CONTINUE)
    while run.poll() is None and not moment():
        time.sleep(0.0005)
    run.kill()
    run.communicate()
    return run.returncode == -signal.SIGKILL


def assert_same_end(model, whole):
    for name in ("model.safetensors", "training.tsv", "cell_types.tsv", "peaks.bed"):
        assert (model / name).read_bytes() == (whole / name).read_bytes(), name
    configs = [json.loads((folder / "config.json").read_text()) for folder in (model, whole)]
    assert configs[0]["calibration"] == configs[1]["calibration"]
    assert {path.name for path in model.iterdir()} == {path.name for path in whole.iterdir()}


def epochs_done(model):
    log = model / "training.tsv"
    return len(table(log)) if log.exists() else 0


def test_killed_at_many_moments(training, tmp_path):
    command, whole = training
    model = tmp_path / "model"
    state = model / "checkpoint" / "state.safetensors"
    later = random.Random(5)
    moments = {
        "before the first checkpoint": lambda: model.exists(),
        "just after a checkpoint": lambda: state.exists(),
        "after the first epoch": lambda: epochs_done(model) >= 1,
        "after the second epoch": lambda: epochs_done(model) >= 2,
    }
    killed = [name for name, moment in moments.items() if kill_when(command, model, moment)]
    assert len(killed) == len(moments), killed
    for _ in range(3):  # any time
        end = time.monotonic() + 0.5 + later.random()
        kill_when(command, model, lambda: time.monotonic() > end)
        if (model / "DONE").exists():
            break
    subprocess.run([BIN / "epifoundry", *map(str, [*command, *CONTINUE]), "-q", "-o", model], check=True)
    assert_same_end(model, whole)


def test_killed_while_a_checkpoint_is_written(training, tmp_path):
    command, whole = training
    model = tmp_path / "model"
    caught = 0
    for attempt in range(30):
        left = {path.name for path in half_written(model)}
        kill_when(
            command, model, lambda: half_written(model) and {p.name for p in half_written(model)} - left
        )
        if (model / "DONE").exists():
            break
        caught += bool({path.name for path in half_written(model)} - left)
        if caught == 3:
            break
    assert caught >= 1
    subprocess.run([BIN / "epifoundry", *map(str, [*command, *CONTINUE]), "-q", "-o", model], check=True)
    assert_same_end(model, whole)


def test_killed_while_the_model_is_written(training, tmp_path):
    command, whole = training
    model = tmp_path / "model"
    if not kill_when(command, model, lambda: (model / "config.json").exists()) or (model / "DONE").exists():
        pytest.skip("the model was written before the kill came")
    subprocess.run([BIN / "epifoundry", *map(str, [*command, *CONTINUE]), "-q", "-o", model], check=True)
    assert_same_end(model, whole)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGUSR1])
def test_told_to_stop(training, tmp_path, sent):
    command, whole = training
    model = tmp_path / "model"
    run = start(command, model)
    for line in run.stderr:
        if "epoch 1/" in line:
            break
    run.send_signal(sent)
    run.communicate(timeout=60)
    assert run.returncode == 143
    assert not (model / "DONE").exists() and (model / "checkpoint" / "state.safetensors").exists()
    subprocess.run([BIN / "epifoundry", *map(str, [*command, "--resume"]), "-q", "-o", model], check=True)
    assert_same_end(model, whole)


def test_a_folder_with_other_files_is_not_resumed_into(small_project, epifoundry, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "thesis.tex").write_text("precious")
    done = epifoundry(*commands(small_project)["pretrain"], "--resume", "-o", model, code=2)
    assert "checkpoint" in done.stderr
    assert [path.name for path in model.iterdir()] == ["thesis.tex"]


def test_a_damaged_checkpoint_is_refused(small_project, tmp_path):
    command = commands(small_project)["pretrain"]
    model = tmp_path / "model"
    state = model / "checkpoint" / "state.safetensors"
    assert kill_when(command, model, lambda: state.exists())
    whole = state.read_bytes()
    state.write_bytes(whole[: len(whole) // 2])
    done = subprocess.run(
        [BIN / "epifoundry", *map(str, command), "--resume", "-q", "-o", model],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3 and "state.safetensors" in done.stderr and done.stderr.count("\n") == 1


def test_a_loss_that_is_no_number_keeps_the_last_checkpoint(small_project, tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    model = tmp_path / "model"
    wild = ["--learning-rate", "1e30", "--clip-norm", "0", "--checkpoint-seconds", "0"]
    done = subprocess.run(
        [BIN / "epifoundry", *map(str, [*commands(small_project)["pretrain"], *wild]), "-q", "-o", model],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3 and done.stderr.count("\n") == 1
    assert re.search(r"update \d+: the loss is no number at cells? D1:[ACGT]+", done.stderr), done.stderr
    assert not (model / "DONE").exists()
    state = safetensors.load_file(model / "checkpoint" / "state.safetensors")
    assert all(abs(values).max() < float("inf") for values in state.values() if values.size)


def test_progress_says_how_fast_it_is(small_project, tmp_path):
    run = start(commands(small_project)["pretrain"], tmp_path / "model")
    text = run.communicate(timeout=300)[1]
    line = next(line for line in text.splitlines() if "epoch 2/" in line)
    assert re.search(r"loss 0\.\d+, learning rate [\d.e-]+, .*[\d,]+ cells/s, [\d,]+ tokens/s", line), line
    assert re.search(r"[\d.]+ % of the time waiting for cells", line), line
    shutil.rmtree(tmp_path / "model")
