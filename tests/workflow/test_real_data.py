"""The same workflow on a real 10x Multiome PBMC excerpt: 70 % of the labelled cells train, the others are annotated from
ATAC alone."""

import statistics

import pytest
from conftest import Workflow

SEEDS = [1, 2, 3]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, optional_data):
    folder = optional_data("data/muon_multiome_frag")
    workflows = []
    for seed in SEEDS:
        results = tmp_path_factory.mktemp(f"pbmc{seed}") / "results"
        workflows.append(Workflow("pbmc_multiome.yaml", results, folder=folder, seed=seed))
        workflows[-1].run()
    return workflows


def mean_accuracy(runs, name):
    return statistics.mean(run.metrics(f"pbmc.{name}")["accuracy"] for run in runs)


def test_names_real_cells_as_well_as_simple_methods(runs):
    simple = {name: mean_accuracy(runs, name) for name in ("peaks-logistic", "peaks-naive-bayes", "lsi-knn")}
    ours = mean_accuracy(runs, "model")
    assert simple["peaks-naive-bayes"] > 0.75, simple
    assert ours >= max(simple["peaks-logistic"], simple["peaks-naive-bayes"]) - 0.03, (ours, simple)
