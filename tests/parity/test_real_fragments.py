"""`count` on real fragment files of others."""

import gzip
import json
import re
from collections import Counter

import anndata
import mudata
import numpy as np
import pytest
from support.tables import table

ROWS = 20_000  # a slow look at more takes minutes


def starts_as_bed6(path, out):
    """refGene's TSSs come as `chrom position position strand`."""
    with open(path) as file, open(out, "w") as bed:
        for line in file:
            chrom, start, _, strand = line.rstrip("\n").split("\t")
            bed.write(f"{chrom}\t{start}\t{int(start) + 1}\tx\t0\t{strand}\n")
    return out


def test_pooled_tss_enrichment(epifoundry, optional_data, tmp_path):
    """All fragments as one barcode: SnapATAC2's formula gives about 12 on this file, which is not sorted."""
    fragments = optional_data("data/taiji_frag_hg38/fragments.bed.gz")
    starts = optional_data("data/ref_genome/bap_hg38.refGene.TSS.bed")
    with gzip.open(fragments, "rt") as file, open(tmp_path / "pooled.tsv", "w") as out:
        for line in file:
            if not line.startswith("#"):
                out.write("\t".join([*line.rstrip("\n").split("\t")[:3], "all"]) + "\n")
    starts_as_bed6(starts, tmp_path / "tss.bed")
    (tmp_path / "peaks.bed").write_text("chr1\t100\t200\n")
    files = ["--peaks", tmp_path / "peaks.bed", "--genome", "hg38", "--tss", tmp_path / "tss.bed"]
    done = epifoundry(
        "count",
        tmp_path / "pooled.tsv",
        *files,
        "--all-formulas",
        "--min-fragments",
        1,
        "-o",
        tmp_path / "out",
    )
    assert "the rows are not sorted" in done.stderr
    obs = anndata.read_h5ad(tmp_path / "out" / "peaks.h5ad").obs
    assert float(obs["tss_enrichment_snapatac2"].iloc[0]) == pytest.approx(12, abs=1.5)
    record = json.loads((tmp_path / "out" / "count.json").read_text())
    assert record["files"][0]["sorted"] is False


@pytest.mark.parametrize(
    "file",
    [
        "data/muon_multiome_frag/test_rna_atac_fragments.tsv.gz",
        "data/taiji_frag_hg38/fragments.bed.gz",
        "data/cellxgene_fragments_fixture/fragments.tsv.gz",
        "data/bpcells_mini_frag/mini_fragments.tsv.gz",
        "data/signac_extdata/fragments.tsv.gz",
        "data/signac_extdata/fragments_header.tsv.gz",
    ],
)
def test_equals_a_few_lines_of_python(epifoundry, optional_data, tmp_path, file):
    path = optional_data(file)
    rows, text = [], []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if not line.startswith("#") and len(rows) < ROWS:
                fields = line.rstrip("\n").split("\t")
                rows.append((fields[0], int(fields[1]), int(fields[2]), fields[3]))
                text.append(line)
    (tmp_path / "first.tsv").write_text("".join(text))
    # Peaks at every 100th fragment, some of them overlapping or equal.
    peaks = [(chrom, start, start + 300) for chrom, start, _, _ in rows[::100]]
    (tmp_path / "peaks.bed").write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e in peaks))
    by_chrom = {}
    for i, (chrom, start, end) in enumerate(peaks):
        by_chrom.setdefault(chrom, []).append((start, end, i))
    for rule in ("signac", "arc", "insertion", "fragment"):
        files = ["--peaks", tmp_path / "peaks.bed", "--genome", "hg38", "--rule", rule]
        epifoundry(
            "count", tmp_path / "first.tsv", *files, "--min-fragments", 1, "-f", "-o", tmp_path / "out"
        )
        data = anndata.read_h5ad(tmp_path / "out" / "peaks.h5ad")
        expected = {}
        for chrom, s, e, barcode in rows:
            for start, end, i in by_chrom.get(chrom, ()):
                inside = [start <= x < end for x in (s, e if rule == "arc" else e - 1)]
                n = {"signac": int(s < end and e > start), "fragment": int(any(inside))}.get(
                    rule, sum(inside)
                )
                if n:
                    expected[barcode, i] = expected.get((barcode, i), 0) + n
        entries = data.X.tocoo()
        found = {
            (data.obs_names[r], int(c)): int(v)
            for r, c, v in zip(entries.row, entries.col, entries.data, strict=True)
        }
        assert found == expected


def test_equals_cell_ranger_arc(epifoundry, optional_data, tmp_path):
    """Cell Ranger's own counts, in the 123 peaks that the exported windows hold whole, in all 1,000 cells."""
    theirs = mudata.read_h5mu(optional_data("data/muon_multiome_frag/test_rna_atac.h5mu")).mod["atac"]
    recount = table(optional_data("data/muon_multiome_frag/derived_peak_recount.tsv"))
    exact = [row["peak"] for row in recount if row["exact_in_all_1000_cells"] == "True"]
    assert len(exact) == 123
    (tmp_path / "peaks.bed").write_text(
        "".join("\t".join(re.split("[:-]", p)) + "\n" for p in theirs.var_names)
    )
    (tmp_path / "cells.txt").write_text("\n".join(theirs.obs_names) + "\n")
    fragments = optional_data("data/muon_multiome_frag/test_rna_atac_fragments.tsv.gz")
    epifoundry(
        "count", fragments, "--peaks", tmp_path / "peaks.bed", "--genome", "hg38", "--rule", "arc",
        "--cells", tmp_path / "cells.txt", "-o", tmp_path / "out",
    )  # fmt: skip
    ours = anndata.read_h5ad(tmp_path / "out" / "peaks.h5ad")
    assert list(ours.obs_names) == list(theirs.obs_names)
    assert list(ours.var_names) == list(theirs.var_names)
    assert abs(ours[:, exact].X - theirs[:, exact].X).sum() == 0
    assert ours[:, exact].X.sum() == sum(int(row["matrix_sum"]) for row in recount if row["peak"] in exact)


@pytest.mark.parametrize(
    "file", ["cellxgene_fragments_fixture/fragments.tsv.gz", "bpcells_mini_frag/mini_fragments.tsv.gz"]
)
def test_quality_of_every_barcode(epifoundry, optional_data, tmp_path, file):
    path = optional_data(f"data/{file}")
    (tmp_path / "peaks.bed").write_text("chr1\t800000\t900000\nchrX\t1\t100000000\n")
    expected = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            chrom, start, end, barcode, *rest = line.split()
            length, row = int(end) - int(start), expected.setdefault(barcode, [0] * 5)
            row[0] += 1
            row[1] += int(rest[0]) if rest else 1
            row[2] += length < 147
            row[3] += 147 < length < 294
            row[4] += chrom in ("chrM", "MT")
    genome = "hg19" if "bpcells" in file else "hg38"
    epifoundry("count", path, "--peaks", tmp_path / "peaks.bed", "--genome", genome, "-o", tmp_path / "out")
    rows = table(tmp_path / "out" / "qc.tsv.gz")
    names = ("fragments", "reads", "nucleosome_free", "mononucleosomal", "mitochondrial")
    assert {row["barcode"]: [int(row[name]) for name in names] for row in rows} == expected
    record = json.loads((tmp_path / "out" / "count.json").read_text())
    assert record["fragments"] == sum(row[0] for row in expected.values())
    assert "likelier" not in record.get("genome_check", {})


WRONG = [
    ("taiji_frag_hg38/fragments.bed.gz", "hg19", "hg38"),
    ("taiji_frag_hg38/fragments.bed.gz", "mm10", "hg38"),
    ("bpcells_mini_frag/mini_fragments.tsv.gz", "hg38", "hg19"),
]


@pytest.mark.parametrize(("file", "given", "true"), WRONG)
def test_the_wrong_genome_is_noticed(epifoundry, optional_data, tmp_path, file, given, true):
    fragments = optional_data(f"data/{file}")
    (tmp_path / "peaks.bed").write_text("chr1\t800000\t900000\n")
    for genome in (given, true):
        done = epifoundry(
            "count",
            fragments,
            "--peaks",
            tmp_path / "peaks.bed",
            "--genome",
            genome,
            "-f",
            "-o",
            tmp_path / "out",
        )
        warned = f"these are likely fragments of {true}; give peaks, genes and --genome of it" in done.stderr
        assert warned == (genome == given), done.stderr
        assert "likely fragments of" not in done.stderr or warned


def test_cells_are_called(epifoundry, optional_data, tmp_path):
    """The count of barcodes above a tenth of the 99th percentile of x barcodes that is nearest to x."""
    fragments = optional_data("data/muon_multiome_frag/test_rna_atac_fragments.tsv.gz")
    with gzip.open(fragments, "rt") as lines:
        counts = Counter(line.split("\t")[3] for line in lines if not line.startswith("#"))
    ranked = np.array(sorted(counts.values(), reverse=True))
    losses = []
    for x in range(2, len(ranked) + 1):
        least = ranked[(x - 1) // 100] // 10 + 1
        called = int((ranked >= least).sum())
        losses.append(((called - x) ** 2 / x, x, int(least), called))
    _, expected, threshold, cells = min(losses)
    (tmp_path / "peaks.bed").write_text("chr1\t800000\t900000\n")
    files = ["--peaks", tmp_path / "peaks.bed", "--genome", "hg38"]
    epifoundry("count", fragments, *files, "--call-cells", "-o", tmp_path / "out")
    rows = list(anndata.read_h5ad(tmp_path / "out" / "peaks.h5ad").obs_names)
    assert set(rows) == {barcode for barcode, n in counts.items() if n >= threshold}
    record = json.loads((tmp_path / "out" / "count.json").read_text())["cells"]
    assert record == {
        "count": cells, "chosen_by": "call_cells", "listed_without_fragments": 0, "method": "ordmag",
        "threshold": threshold, "expected": expected,
    }  # fmt: skip
