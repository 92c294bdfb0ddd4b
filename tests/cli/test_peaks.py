"""`epifoundry peaks` as a user meets it."""

import gzip
import json

import pytest

NARROW = "\tpeak\t50\t.\t3.1\t5.2\t4.0\t10"
SIZES = "chr2\t1000\nchr1\t500\nchrM\t100\n"


@pytest.fixture
def called(tmp_path):
    path = tmp_path / "called.narrowPeak"
    rows = ["chr2\t10\t20", "chr1\t5\t9", "chr1\t490\t510", "chr2\t20\t30", "chrM\t1\t9", "chr2\t100\t150"]
    path.write_text("".join(f"{row}{NARROW}\n" for row in rows))
    return path


def test_clean_set_with_its_record(epifoundry, tmp_path, called):
    (tmp_path / "sizes").write_text(SIZES)
    (tmp_path / "black.bed").write_text("chr2\t149\t160\tHigh Signal Region\n")
    out = tmp_path / "new" / "peaks.bed"
    done = epifoundry(
        "peaks", called, "--chrom-sizes", tmp_path / "sizes", "--blacklist", tmp_path / "black.bed", "-o", out
    )
    assert out.read_text() == "chr2\t10\t30\nchr1\t5\t9\nchr1\t490\t500\n"
    assert "3 peaks of 6: 1 not on chromosomes 1-22, X, Y, 1 blacklisted, 1 merged" in done.stderr
    record = json.loads((tmp_path / "new" / "peaks.bed.json").read_text())
    assert record["command"] == "peaks" and len(record["inputs"]) == 3
    assert record["peaks"] == {
        "read": 6, "kept": 3, "nonstandard": 1, "without_chromosome_size": 0, "blacklisted": 1, "merged": 1, "trimmed": 1
    }  # fmt: skip


def test_several_inputs_plain_and_gzip_in_natural_order(epifoundry, tmp_path):
    (tmp_path / "a.bed").write_text("# a comment\nchr10\t1\t5\nchrX\t1\t2\n")
    (tmp_path / "b").write_bytes(gzip.compress(b"track name=x\nchr2\t1\t5\nchr10\t5\t7\n"))
    epifoundry("peaks", tmp_path / "a.bed", tmp_path / "b", "-o", tmp_path / "out.bed")
    assert (tmp_path / "out.bed").read_text() == "chr2\t1\t5\nchr10\t1\t7\nchrX\t1\t2\n"


@pytest.mark.parametrize(
    "content, message",
    [
        ("chr1\t5\n", "bad.bed:1"),
        ("chr1\t1\t5\nchr1\tx\t9\n", "bad.bed:2"),
        ("chr1\t9\t5\n", "bad.bed:1"),
        ("", "bad.bed"),
        ("chrM\t1\t5\n", "no peak is left of 1"),
        ("chr1\t600\t700\n", "lies beyond the end of its chromosome (500 bp)"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(epifoundry, tmp_path, content, message):
    (tmp_path / "bad.bed").write_text(content)
    (tmp_path / "sizes").write_text(SIZES)
    done = epifoundry("peaks", tmp_path / "bad.bed", "--chrom-sizes", tmp_path / "sizes", "-q",
                      "-o", tmp_path / "out.bed", code=3)  # fmt: skip
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"bad.bed", "sizes"}


def test_missing_and_truncated_files(epifoundry, tmp_path, called):
    out = tmp_path / "out.bed"
    assert "nowhere" in epifoundry("peaks", tmp_path / "nowhere", "-q", "-o", out, code=3).stderr
    epifoundry("peaks", called, "--blacklist", tmp_path / "nowhere", "-q", "-o", out, code=3)
    epifoundry("peaks", called, "--chrom-sizes", tmp_path / "nowhere", "-q", "-o", out, code=3)
    (tmp_path / "cut.bed.gz").write_bytes(gzip.compress(b"chr1\t1\t5\n" * 1000)[:-12])
    epifoundry("peaks", tmp_path / "cut.bed.gz", "-q", "-o", out, code=3)
    assert {path.name for path in tmp_path.iterdir()} == {"called.narrowPeak", "cut.bed.gz"}


def test_wrong_use(epifoundry, tmp_path, called):
    epifoundry("peaks", "-o", tmp_path / "out.bed", code=2)
    epifoundry("peaks", called, code=2)
    (tmp_path / "out.bed").write_text("mine")
    done = epifoundry("peaks", called, "-q", "-o", tmp_path / "out.bed", code=2)
    assert "--force" in done.stderr and (tmp_path / "out.bed").read_text() == "mine"
    epifoundry("peaks", called, "--force", "-o", tmp_path / "out.bed")
    assert (tmp_path / "out.bed").read_text().startswith("chr1\t5\t9\n")
