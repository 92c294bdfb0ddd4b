"""`count` on real fragment files of others."""

import gzip
import json

import anndata
import pytest

ROWS = 20_000  # a slow look at more takes minutes


def test_pooled_tss_enrichment(epifoundry, optional_data, tmp_path):
    """All fragments as one barcode: SnapATAC2's formula gives about 12 on this file, which is not sorted."""
    fragments = optional_data("data/taiji_frag_hg38/fragments.bed.gz")
    starts = optional_data("data/ref_genome/bap_hg38.refGene.TSS.bed")
    with gzip.open(fragments, "rt") as file, open(tmp_path / "pooled.tsv", "w") as out:
        for line in file:
            if not line.startswith("#"):
                out.write("\t".join([*line.rstrip("\n").split("\t")[:3], "all"]) + "\n")
    with open(starts) as file, open(tmp_path / "tss.bed", "w") as out:
        for line in file:
            chrom, start, _, strand = line.rstrip("\n").split("\t")
            out.write(f"{chrom}\t{start}\t{int(start) + 1}\tx\t0\t{strand}\n")
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
