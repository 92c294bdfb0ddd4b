"""Trainings by several processes, as mpirun starts them."""

import hashlib
import os
import shutil
import signal
import subprocess
import time

import pytest

from support.programs import BIN
from support.tables import table

pytestmark = pytest.mark.skipif(
    shutil.which("mpirun") is None or not (BIN / "epifoundry-mpi.so").exists(), reason="no MPI was built in"
)
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
QUICK = ["--preset", "tiny", "--epochs", 2, "--peaks-per-cell", 40, "--seed", 4, "-@", 1]
NO_DROPOUT = ["--dropout", 0, "--attention-dropout", 0]


def command(processes, *args):
    start = [*MPIRUN, "-n", processes] if processes > 1 else []
    return list(map(str, [*start, BIN / "epifoundry", *args]))


def train(processes, *args, code=0):
    done = subprocess.run(command(processes, *args), capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    return done


def weights(model):
    return hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest()


def expect_same_losses(model, other):
    rows, others = table(model / "training.tsv"), table(other / "training.tsv")
    assert len(rows) == len(others)
    for row, again in zip(rows, others):
        assert row["updates"] == again["updates"]
        for column in row:
            # Adam makes whole steps of gradients that are all rounding; a small validation set shows them.
            rel = 5e-3 if column.startswith("val_") else 1e-3
            if column.endswith("loss"):
                assert float(row[column]) == pytest.approx(float(again[column]), rel=rel, nan_ok=True), column


def processes_below(pid):
    """The epifoundry-nn processes that a launcher started."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            status = open(f"/proc/{entry}/stat").read()
        except (OSError, NotADirectoryError):
            continue
        name, rest = status[status.index("(") + 1 :].rsplit(") ", 1)
        if int(rest.split()[1]) == pid and name.startswith("epifoundry"):
            found.append(int(entry))
    return sorted(found)


def is_running(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False


def started(*args):
    """A training that has ended its first epoch."""
    run = subprocess.Popen(command(2, *args), stderr=subprocess.PIPE, text=True)
    for line in run.stderr:
        if "epoch 1/" in line:
            return run
    pytest.fail("the training did not begin")


@pytest.fixture(scope="module")
def trained(small_project, tmp_path_factory):
    model = tmp_path_factory.mktemp("processes") / "model"
    done = train(2, "pretrain", small_project.atlas, *QUICK, "-o", model)
    assert done.stderr.count("epoch 2/2") == 1  # one of them talks
    assert done.stderr.count("wrote") == 1
    return model


def test_two_processes_have_the_losses_of_one(small_project, tmp_path):
    options = [*QUICK, *NO_DROPOUT, "--tokens-per-batch", 500, "-q", "-o"]
    train(1, "pretrain", small_project.atlas, *options, tmp_path / "one")
    train(2, "pretrain", small_project.atlas, *options, tmp_path / "two")
    expect_same_losses(tmp_path / "one", tmp_path / "two")


def test_fine_tuning_by_two_processes(small_project, tmp_path):
    options = ["--model", small_project.pretrained, "--task", "cell-type", "--class-weights", "balanced",
               "--epochs", 3, "-@", 1, *NO_DROPOUT, "-q", "-o"]  # fmt: skip
    train(1, "finetune", small_project.atlas, *options, tmp_path / "one")
    train(2, "finetune", small_project.atlas, *options, tmp_path / "two")
    expect_same_losses(tmp_path / "one", tmp_path / "two")
    for name in ("cell_types.tsv", "config.json", "DONE"):
        assert (tmp_path / "two" / name).exists()


def test_the_same_number_gives_the_same_bytes(trained, small_project, tmp_path):
    train(2, "pretrain", small_project.atlas, *QUICK, "-q", "-o", tmp_path / "again")
    assert weights(tmp_path / "again") == weights(trained)
    assert (tmp_path / "again" / "training.tsv").read_bytes() == (trained / "training.tsv").read_bytes()


def test_a_signal_writes_one_checkpoint_that_as_many_continue(trained, small_project, tmp_path):
    model = tmp_path / "model"
    run = started("pretrain", small_project.atlas, *QUICK, "-o", model)
    run.send_signal(signal.SIGUSR1)  # mpirun hands it to all
    _, errors = run.communicate(timeout=60)
    if run.returncode == 0:
        pytest.skip("the training ended before the signal came")
    assert run.returncode == 143, errors
    assert not (model / "DONE").exists()
    assert [path.name for path in (model / "checkpoint").iterdir()] == ["state.safetensors"]
    other = train(1, "pretrain", small_project.atlas, *QUICK, "-o", model, "--resume", code=2)
    assert "2 processes, not 1" in other.stderr and "mpirun -n 2" in other.stderr
    train(2, "pretrain", small_project.atlas, *QUICK, "-o", model, "--resume")
    assert weights(model) == weights(trained)
    again = train(2, "pretrain", small_project.atlas, *QUICK, "-o", model, "--resume")
    assert again.stderr.count("nothing to do") == 1


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_others(small_project, tmp_path, victim):
    long = ["--preset", "tiny", "--epochs", 500, "-@", 1, "-o", tmp_path / "model"]
    run = started("pretrain", small_project.atlas, *long)
    pids = processes_below(run.pid)
    assert len(pids) == 2
    os.kill(pids[victim], signal.SIGKILL)
    begun = time.monotonic()
    _, errors = run.communicate(timeout=60)
    assert run.returncode not in (0, None)
    assert "Killed" in errors, errors
    while any(map(is_running, pids)):
        assert time.monotonic() - begun < 60
        time.sleep(0.5)


def test_a_wrong_option_is_told_by_all_and_ends_with_its_code(small_project, tmp_path):
    done = train(2, "pretrain", small_project.atlas, *QUICK, "--heads", 5, "-o", tmp_path / "model", code=2)
    assert "heads" in done.stderr
    assert not (tmp_path / "model").exists()


def test_an_existing_output_stays(trained, small_project):
    before = weights(trained)
    done = train(2, "pretrain", small_project.atlas, *QUICK, "-o", trained, code=2)
    assert "--force" in done.stderr
    assert weights(trained) == before


def test_a_folder_without_a_checkpoint_is_refused_by_all(small_project, tmp_path):
    (tmp_path / "precious").write_text("kept")
    done = train(2, "pretrain", small_project.atlas, *QUICK, "-o", tmp_path, "--resume", code=2)
    assert "has no checkpoint to resume" in done.stderr
    assert (tmp_path / "precious").exists()


def test_a_launcher_without_its_plugin_is_an_error(small_project, tmp_path):
    variables = {**os.environ, "RANK": "0", "WORLD_SIZE": "2"}
    done = subprocess.run(
        command(1, "pretrain", small_project.atlas, *QUICK, "-o", tmp_path / "model"),
        capture_output=True, text=True, env=variables, timeout=100,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "another MPI" in done.stderr
    variables["RANK"] = "5"
    done = subprocess.run(
        command(1, "pretrain", small_project.atlas, *QUICK, "-o", tmp_path / "model"),
        capture_output=True, text=True, env=variables, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2 and "RANK" in done.stderr


def test_doctor_tells_of_the_plugins(epifoundry):
    text = epifoundry("doctor").stdout
    assert "several processes on CPUs: Open MPI" in text
    assert "several CUDA cards" in text
