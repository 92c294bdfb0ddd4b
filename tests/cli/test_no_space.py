"""A disk without space, a folder that cannot be written, and an end in the middle: nothing half-written is left."""

import resource
import signal
import subprocess
import time

import pytest

from support.programs import BIN

ROWS = 30_000


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Enough cells and peaks that every output is larger than a block of the disk."""
    folder = tmp_path_factory.mktemp("sample")
    lines = [
        f"chr1\t{40 * i}\t{40 * i + 150}\t{''.join('ACGT'[i * p >> 3 & 3] for p in range(3, 19))}-1\t1\n"
        for i in range(ROWS)
    ]
    (folder / "fragments.tsv").write_text("".join(lines))
    (folder / "peaks.bed").write_text("".join(f"chr1\t{1000 * i}\t{1000 * i + 600}\n" for i in range(1200)))
    genes = [f"chr1\t{5000 * i + 10000}\t{5000 * i + 13000}\tGENE{i}\t.\t+\n" for i in range(200)]
    (folder / "genes.bed").write_text("".join(genes))
    return folder


def command(sample, out, fragments=None):
    return [
        *(
            BIN / "epifoundry",
            "count",
            fragments or sample / "fragments.tsv",
            "--peaks",
            sample / "peaks.bed",
        ),
        *("--genes", sample / "genes.bed", "--min-fragments", "1", "-o", out, "-@", "2"),
    ]


def with_room_for(size):
    """A limit on the size of every file: a write beyond it fails as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 1, 4096, 20_000, 60_000])
def test_no_room(sample, tmp_path, size):
    done = subprocess.run(
        command(sample, tmp_path / "out"), capture_output=True, text=True, preexec_fn=with_room_for(size)
    )
    assert done.returncode == 4, done.stderr
    assert "disk" in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_enough_room(sample, tmp_path):
    subprocess.run(command(sample, tmp_path / "out"), check=True, preexec_fn=with_room_for(100_000_000))
    largest = max(path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert largest > 60_000  # or the sizes above would be none to fail at


def test_no_room_for_pairs_beside_the_memory(sample, tmp_path):
    done = subprocess.run(
        [*command(sample, tmp_path / "out"), "--memory", "1K"],
        capture_output=True,
        text=True,
        preexec_fn=with_room_for(3000),
    )
    assert done.returncode == 4, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_files(sample):
    done = subprocess.run(command(sample, "/proc/out"), capture_output=True, text=True)
    assert done.returncode == 4, done.stderr
    assert "/proc" in done.stderr


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_in_the_middle(sample, tmp_path, sent, code):
    process = subprocess.Popen(
        command(sample, tmp_path / "out", "-"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdin.write((sample / "fragments.tsv").read_text())
    process.stdin.flush()
    time.sleep(0.3)
    process.send_signal(sent)
    process.communicate()
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_killed_and_run_again(sample, tmp_path):
    process = subprocess.Popen(command(sample, tmp_path / "out", "-"), stdin=subprocess.PIPE, text=True)
    process.stdin.write((sample / "fragments.tsv").read_text())
    process.stdin.flush()
    process.kill()
    process.communicate()
    assert not (tmp_path / "out").exists()
    subprocess.run(command(sample, tmp_path / "out"), check=True)
    assert (tmp_path / "out" / "count.json").exists()
