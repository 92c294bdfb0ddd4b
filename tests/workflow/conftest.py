"""Runs the workflow as `./run demo` does, once for all tests, in a folder of its own."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("EPIFOUNDRY_BIN", ROOT / "build" / "bin"))
WORKFLOW = ROOT / "workflows" / "miniatlas"


class Workflow:
    """One run of workflows/miniatlas: its results folder and how to call it again."""

    def __init__(self, configfile, results, **overrides):
        self.results = Path(results)
        self.configfile = configfile
        self.overrides = {"results": self.results, **overrides}

    def command(self, *targets, cores=None):
        settings = [f"{key}={value}" for key, value in self.overrides.items()]
        return [
            "snakemake", "--snakefile", str(WORKFLOW / "workflow" / "Snakefile"),
            "--configfile", str(WORKFLOW / "config" / self.configfile),
            "--config", *settings, "--cores", str(cores or os.cpu_count()), "--directory", str(ROOT),
            "--nolock", "--rerun-incomplete", *targets,
        ]  # fmt: skip

    def environment(self):
        return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}

    def run(self, *targets):
        done = subprocess.run(self.command(*targets), capture_output=True, text=True, env=self.environment())
        assert done.returncode == 0, done.stderr[-4000:] + self.failed_logs()
        return done

    def failed_logs(self):
        logs = sorted((self.results / "logs").rglob("*.log"), key=lambda path: path.stat().st_mtime)
        return "".join(f"\n{path}:\n{path.read_text()[-1000:]}" for path in logs[-2:])

    def metrics(self, name):
        return json.loads((self.results / "evaluate" / name / "metrics.json").read_text())["metrics"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The whole demo; its results are shared, so tests only read them."""
    folder = tmp_path_factory.mktemp("demo")
    workflow = Workflow("demo.yaml", folder / "results", folder=folder / "simulate")
    workflow.run()
    return workflow


def read_table(path):
    with open(path, newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))
