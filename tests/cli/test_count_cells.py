"""`epifoundry count`: which barcodes are cells, and whether the genome is the right one."""

import gzip
import json
import random

import anndata
import pytest
from support.optional_data import ROOT
from support.tables import table


@pytest.mark.parametrize("depth", [1200, 5000])
def test_calls_the_cells_of_a_simulated_sample(epifoundry, tmp_path, depth):
    sim = tmp_path / "sim"
    epifoundry("simulate", "--samples", 1, "--cells", 300, "--peaks", 800, "--genes", 60, "--depth", depth,
               "--fragments-only", "--seed", depth, "-o", sim)  # fmt: skip
    done = epifoundry(
        "count", sim / "D1.fragments.tsv.gz", "--peaks", sim / "peaks.bed", "--genes", sim / "genes.tsv",
        "--call-cells", "-o", tmp_path / "out",
    )  # fmt: skip
    assert "likely fragments of" not in done.stderr
    rows = set(anndata.read_h5ad(tmp_path / "out" / "peaks.h5ad").obs_names)
    quality = {row["barcode"]: row["quality"] for row in table(sim / "D1.truth.tsv")}
    good = {barcode for barcode, what in quality.items() if what == "good"}
    background = {barcode for barcode, what in quality.items() if what == "background"}
    assert len(rows & good) >= 0.97 * len(good)
    assert len(rows & background) <= 0.01 * len(rows)
    record = json.loads((tmp_path / "out" / "count.json").read_text())
    fragments = {row["barcode"]: int(row["fragments"]) for row in table(tmp_path / "out" / "qc.tsv.gz")}
    assert record["cells"]["method"] == "ordmag" and record["cells"]["chosen_by"] == "call_cells"
    assert rows == {b for b, n in fragments.items() if n >= record["cells"]["threshold"]}
    ranked = sorted(fragments.values(), reverse=True)
    ranks = record["barcode_ranks"]
    assert ranks[0] == [1, ranked[0]] and all(n == ranked[rank - 1] for rank, n in ranks)


def test_no_cells_and_wrong_use(epifoundry, tmp_path):
    (tmp_path / "f.tsv").write_text("chr1\t100\t180\tAAAC-1\t2\nchr1\t150\t300\tCCCG-1\t1\n")
    (tmp_path / "peaks.bed").write_text("chr1\t120\t200\n")
    (tmp_path / "cells").write_text("AAAC-1\n")
    given = ["count", tmp_path / "f.tsv", "--peaks", tmp_path / "peaks.bed", "--genome", "hg38"]
    done = epifoundry(*given, "--call-cells", "-o", tmp_path / "out")
    assert "no cells can be called: the matrices have no row; give --cells or --min-fragments" in done.stderr
    for more in (["--cells", tmp_path / "cells"], ["--min-fragments", 5]):
        done = epifoundry(*given, "--call-cells", *more, "-o", tmp_path / "no", code=2)
        assert "--call-cells" in done.stderr and "excludes" in done.stderr


def gene_starts(genome):
    """Where the genes of a built-in genome start."""
    with gzip.open(ROOT / "share" / "genomes" / f"{genome}.genes.tsv.gz", "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in list(file)[1:]]
    return [(row[2], int(row[3]) if row[5] == "+" else int(row[4]) - 1) for row in rows]


@pytest.fixture
def sample(tmp_path):
    """Fragments around the gene starts of a genome, and some anywhere."""

    def make(genome, name_of=str):
        rng = random.Random(5)
        starts = rng.sample(gene_starts(genome), 3000)
        rows = []
        for chrom, start in starts:
            for spread in (60, 60, 2000):
                at = max(0, start + round(rng.gauss(0, spread)) - 40)
                rows.append(f"{name_of(chrom)}\t{at}\t{at + 80}\tAAAC-1\t1\n")
        path = tmp_path / f"{genome}.tsv"
        path.write_text("".join(rows))
        (tmp_path / "peaks.bed").write_text("chr1\t1\t100000000\n")
        return [path, "--peaks", tmp_path / "peaks.bed"]

    return make


@pytest.mark.parametrize("true", ["hg38", "hg19", "mm10"])
def test_the_likelier_genome_is_named(epifoundry, tmp_path, sample, true):
    for style in (str, lambda name: name.removeprefix("chr")):
        files = sample(true, style)
        for given in ("hg38", "hg19", "mm10"):
            done = epifoundry("count", *files, "--genome", given, "-f", "-o", tmp_path / "out")
            record = json.loads((tmp_path / "out" / "count.json").read_text())
            if given == true:
                assert "likely fragments of" not in done.stderr
                assert "likelier" not in record.get("genome_check", {})
            else:
                assert f"at the gene starts of {true}: these are likely fragments of {true}" in done.stderr
                assert record["genome_check"]["likelier"] == true
                assert record["genome_check"]["known"][true]["tss_enrichment"] > 4


def test_chromosome_ends_name_the_genome(epifoundry, tmp_path):
    """Fragments in the last bases of hg19's chr1, which is 300 kb longer than hg38's."""
    rows = "".join(f"chr1\t{249_240_000 + i}\t{249_240_100 + i}\tAAAC-1\t1\n" for i in range(100))
    (tmp_path / "f.tsv").write_text(rows)
    (tmp_path / "peaks.bed").write_text("chr1\t1\t249250000\n")
    given = ["count", tmp_path / "f.tsv", "--peaks", tmp_path / "peaks.bed", "-f", "-o", tmp_path / "out"]
    done = epifoundry(*given, "--genome", "hg38")
    assert "100 fragments end beyond the end of their chromosome" in done.stderr
    assert "on the chromosomes of hg19 no fragment ends beyond the end" in done.stderr
    assert "likely" not in epifoundry(*given, "--genome", "hg19").stderr


def test_standard_input_is_not_looked_at_again(epifoundry, tmp_path, sample):
    path, *files = sample("hg38")
    done = epifoundry(
        "count", "-", *files, "--genome", "hg19", "-o", tmp_path / "out", stdin=path.read_text()
    )
    assert "likely fragments of" not in done.stderr
    assert "genome_check" not in json.loads((tmp_path / "out" / "count.json").read_text())
