"""The few figures that matter, as text: how well the new cells were named, beside simple methods, and the run time."""

import csv
import json
from pathlib import Path

out = []


def metrics(path):
    return json.loads(Path(path).read_text())["metrics"]


def line(name, values):
    out.append(f"  {name:<28} {values['accuracy']:8.3f} {values['macro_f1']:9.3f}")


count = len(snakemake.params.baselines)
for i, sample in enumerate(snakemake.params.samples):
    out.append(f"{sample}, named from its fragments alone, against the truth:")
    out.append(f"  {'':<28} accuracy  macro-F1")
    line("EpiFoundry", metrics(snakemake.input.model[i]))
    for j, baseline in enumerate(snakemake.params.baselines):
        line(baseline, metrics(snakemake.input.baselines[i * count + j]))
    auroc = metrics(snakemake.input.expression[i])["auroc_mean"]
    out.append(f"  expressed genes, mean AUROC  {auroc:8.3f}")

seconds = 0.0
for path in Path(snakemake.params.benchmarks).rglob("*.tsv"):
    with open(path) as handle:
        seconds += sum(float(row["s"]) for row in csv.DictReader(handle, delimiter="\t"))
out.append(f"time spent in the workflow's jobs: {seconds:.0f} s")
out.append(f"report: {snakemake.input.report[0]}")

Path(snakemake.output[0]).write_text("\n".join(out) + "\n")
