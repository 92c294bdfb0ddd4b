"""`fragments` against what SnapATAC2 makes of the same BAM file."""

import gzip

import pytest


@pytest.mark.parametrize("memory", ["4G", "100K"])
def test_equals_snapatac2(epifoundry, optional_data, tmp_path, memory):
    """6,216 fragments of one barcode, which stands at the start of the read's name."""
    out = tmp_path / "out.tsv.gz"
    reads = optional_data("data/snapatac2_tests/test.bam")
    epifoundry("fragments", reads, "--barcode-regex", "^([ACGTN]+):", "--memory", memory, "-o", out)
    with gzip.open(out, "rt") as ours, gzip.open(
        optional_data("data/snapatac2_tests/test.bed.gz"), "rt"
    ) as theirs:
        found, expected = ours.read().splitlines(), theirs.read().splitlines()
    assert len(expected) == 6216
    assert sorted(found) == sorted(expected)
