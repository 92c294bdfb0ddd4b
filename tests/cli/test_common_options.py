"""What all commands have in common, as a user sees it."""

import os


def test_help_shows_how_many_threads_there_will_be(epifoundry, monkeypatch):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "5")
    lines = epifoundry("count", "--help").stdout.splitlines()
    assert next(line for line in lines if "--threads" in line).endswith("=5")


def test_quiet_with_more_threads_than_cores_says_nothing(epifoundry, tmp_path):
    small = ["--samples", 1, "--cells", 20, "--peaks", 60, "--genes", 20, "--cell-types", 2]
    done = epifoundry("simulate", *small, "-q", "-@", os.cpu_count() + 3, "-o", tmp_path / "out")
    assert done.stderr == ""
