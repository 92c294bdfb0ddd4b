"""The demo: simulated samples D1-D3 make the model, the unseen donor D4 is annotated from its fragments alone."""

import json
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import Workflow, read_table
from sklearn.metrics import adjusted_rand_score

SIMPLE = ["lsi-knn", "peaks-logistic", "peaks-naive-bayes"]


def truth_of(workflow, sample):
    return {
        row["barcode"]: row
        for row in read_table(workflow.results.parent / "simulate" / f"{sample}.truth.tsv")
    }


def test_names_the_unseen_donor_as_well_as_lsi_and_knn(demo):
    accuracy = {name: demo.metrics(f"D4.{name}")["accuracy"] for name in [*SIMPLE, "model"]}
    assert 0.75 <= accuracy["lsi-knn"] <= 0.92, accuracy
    assert accuracy["model"] >= accuracy["lsi-knn"] - 0.02, accuracy


def test_predicts_which_genes_are_expressed(demo):
    assert demo.metrics("D4.expression")["auroc_mean"] > 0.55


def test_clusters_agree_with_the_simulated_types(demo):
    for sample in ("D1", "D2", "D3"):
        truth = truth_of(demo, sample)
        rows = read_table(demo.results / "label" / sample / "labels.tsv")
        good = [row for row in rows if truth[row["barcode"]]["quality"] == "good"]
        types = [truth[row["barcode"]]["cell_type"] for row in good]
        assert adjusted_rand_score(types, [row["cell_type"] for row in good]) >= 0.8, sample


def test_good_cells_are_unassigned_least_often(demo):
    truth = truth_of(demo, "D4")
    seen, unassigned = Counter(), Counter()
    for row in read_table(demo.results / "annotate" / "D4" / "annotations.tsv"):
        quality = truth[row["barcode"]]["quality"] if row["barcode"] in truth else "background"
        seen[quality] += 1
        unassigned[quality] += row["predicted_cell_type"] == "unassigned"
    share = {quality: unassigned[quality] / seen[quality] for quality in seen}
    others = [share[quality] for quality in share if quality != "good"]
    assert others and share["good"] < 0.15, share
    assert all(share["good"] < 0.5 * other for other in others), share


def test_d4_enters_only_at_the_end(demo):
    atlas = json.loads((demo.results / "atlas" / "atlas.json").read_text())
    assert sorted(name for shard in atlas["shards"] for name in shard["samples"]) == ["D1", "D2", "D3"]
    pooled = json.loads((demo.results / "peaks" / "pooled.fragments.tsv.json").read_text())
    assert [Path(file["path"]).name for file in pooled["inputs"]] == ["D1.cache", "D2.cache", "D3.cache"]


def test_a_second_run_has_nothing_to_do(demo):
    assert "Nothing to be done" in demo.run().stderr


def test_summary_holds_the_figures_of_the_evaluation(demo):
    summary = (demo.results / "summary.txt").read_text()
    for name in [*SIMPLE, "model"]:
        assert f"{demo.metrics(f'D4.{name}')['accuracy']:.3f}" in summary
    assert (demo.results / "report" / "report.html").stat().st_size > 1_000_000


def test_shuffled_labels_teach_nothing(demo, epifoundry, tmp_path):
    """Labels shuffled within each sample before training: accuracy on D4 must fall to chance."""
    shards = []
    for number, sample in enumerate(("D1", "D2", "D3")):
        rows = read_table(demo.results / "label" / sample / "labels.tsv")
        labels = [row["cell_type"] for row in rows]
        random.Random(number).shuffle(labels)
        table = tmp_path / f"{sample}.tsv"
        table.write_text(
            "barcode\tcell_type\n"
            + "".join(f"{row['barcode']}\t{label}\n" for row, label in zip(rows, labels))
        )
        shards.append(tmp_path / f"{sample}.h5mu")
        epifoundry(
            "pack", "--atac", demo.results / "count" / sample / "peaks.h5ad",
            "--rna", demo.results / "genes" / sample / "rna.h5ad",
            "--cells", demo.results / "select" / sample / "cells.tsv", "--labels", table,
            "--sample", sample, "--batch", "b", "--donor", sample, "--tissue", "t", "-o", shards[-1],
        )  # fmt: skip
    atlas, model = tmp_path / "atlas", tmp_path / "model"
    epifoundry("atlas", "create", atlas, *shards)
    epifoundry("atlas", "split", atlas, "--val", "D3")
    epifoundry(
        "finetune", atlas, "--model", demo.results / "pretrain", "--task", "cell-type",
        "--epochs", "5", "--peaks-per-cell", "96", "--gene-loss", "0", "-o", model,
    )  # fmt: skip
    cells = demo.results / "annotate" / "D4" / "annotated.h5ad"
    predicted = tmp_path / "predicted.h5ad"
    epifoundry(
        "predict", cells, "--model", model, "--task", "cell-type", "--min-confidence", "0", "-o", predicted
    )
    epifoundry(
        "evaluate", predicted, "--truth-table", demo.results.parent / "simulate" / "D4.truth.tsv",
        "--cell-column", "barcode", "--truth", "cell_type", "--where", "quality=good",
        "--predicted", "predicted_cell_type", "-o", tmp_path / "scores",
    )  # fmt: skip
    scores = json.loads((tmp_path / "scores" / "metrics.json").read_text())["metrics"]
    types = Counter(row["cell_type"] for row in truth_of(demo, "D4").values() if row["quality"] == "good")
    chance = max(types.values()) / sum(types.values())
    assert scores["accuracy"] <= chance + 0.1, (scores, chance)


def test_goes_on_after_a_kill(demo, tmp_path):
    """Killed while it counts, the workflow ends with the same files as one that was left alone."""
    workflow = Workflow("demo.yaml", tmp_path / "results", folder=demo.overrides["folder"])
    target = [str(workflow.results / "label" / sample / "labels.tsv") for sample in ("D1", "D2")]
    process = subprocess.Popen(
        workflow.command(*target, cores=1),
        env=workflow.environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.time() + 300
    while not list(workflow.results.glob("count/D?/qc.tsv.gz")) and time.time() < deadline:
        time.sleep(0.2)
    subprocess.run(["pkill", f"-{signal.SIGKILL.value}", "-s", str(process.pid)], check=False)
    process.wait()
    workflow.run(*target)
    for sample in ("D1", "D2"):
        relative = f"label/{sample}/labels.tsv"
        assert (workflow.results / relative).read_bytes() == (demo.results / relative).read_bytes()
