"""`epifoundry fragments` as a user runs it."""

import gzip
import json
import random
import signal
import subprocess

import pytest
from support.alignments import CONTIGS, bam, pair, random_pairs, sam, slow_fragments
from support.programs import BIN


@pytest.fixture
def make(epifoundry, tmp_path):
    """Runs `fragments` on reads; gives the rows."""

    def run(reads, *options, name="in.sam", code=0):
        data = bam(reads) if name.endswith(".bam") else sam(reads).encode()
        (tmp_path / name).write_bytes(data)
        done = epifoundry(
            "fragments", tmp_path / name, *options, "-f", "-o", tmp_path / "o.tsv.gz", code=code
        )
        return done.stderr if code else rows_of(tmp_path / "o.tsv.gz")

    return run


def rows_of(path):
    with gzip.open(path, "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [(row[0], int(row[1]), int(row[2]), row[3], int(row[4]), *row[5:]) for row in rows]


def test_a_pair_is_a_row(make, tmp_path):
    """The molecule 100-300: cuts of the transposase at 104 and 294."""
    assert make(pair("a", 100, 300)) == [("chr2", 104, 295, "AAAC-1", 1)]
    record = json.loads((tmp_path / "o.tsv.gz.json").read_text())
    assert (record["command"], record["reads"], record["fragments"]) == ("fragments", 2, 1)
    assert record["options"]["barcode_tag"] == "CB"
    assert record["reads_by_fate"]["kept"] == 2
    assert (tmp_path / "o.tsv.gz.tbi").exists()
    assert make(pair("a", 100, 300), "--shift", "0,0") == [("chr2", 100, 300, "AAAC-1", 1)]
    assert make(pair("a", 100, 300), "--shift", "-200,9") == [("chr2", 0, 309, "AAAC-1", 1)]


def test_rows_stand_in_the_order_of_the_header(make, tmp_path):
    reads = [
        *pair("a", 300, 500, contig=1),
        *pair("b", 100, 300, contig=1),
        *pair("c", 600, 800, "TT"),
        *pair("d", 600, 800, "AA"),
    ]
    assert [(row[0], row[1], row[3]) for row in make(reads)] == [
        ("chr2", 604, "AA"),
        ("chr2", 604, "TT"),
        ("chr1", 104, "AAAC-1"),
        ("chr1", 304, "AAAC-1"),
    ]
    found = subprocess.run(
        ["tabix", tmp_path / "o.tsv.gz", "chr1:200-400"], capture_output=True, text=True, check=True
    )
    assert found.stdout.split("\t")[:3] == ["chr1", "104", "295"]


def test_equal_molecules_are_one_row(make):
    """Equal 5' ends with clipped bases; each end is that of the better read."""
    reads = [
        *pair("a", 100, 300, quality=(20, 20)),
        *pair("b", 100, 300, clip=(3, 0), quality=(40, 20)),
        *pair("c", 100, 300, clip=(0, 2), quality=(10, 15)),
        *pair("d", 100, 300, "CCCG-1", swapped=True),
    ]
    assert make(reads) == [("chr2", 104, 295, "CCCG-1", 1), ("chr2", 107, 295, "AAAC-1", 3)]
    kept = make(reads, "--keep-duplicates")
    assert [row[1:3] for row in kept] == [(104, 293), (104, 295), (104, 295), (107, 295)]
    assert {row[4] for row in kept} == {1}
    marked = [*reads[:2], *(read._replace(flag=read.flag | 0x400) for read in reads[2:4])]
    assert make(marked)[0][4] == 2
    assert make(marked, "--drop-marked-duplicates") == [("chr2", 104, 295, "AAAC-1", 1)]


def test_what_is_left_out(make, tmp_path):
    good = pair("a", 100, 300)
    improper = [read._replace(flag=read.flag & ~2) for read in pair("b", 100, 400)]
    elsewhere = [read._replace(mate_contig=1) for read in pair("c", 100, 500)]
    same_strand = [read._replace(flag=flag) for read, flag in zip(pair("d", 0, 90), (67, 131), strict=True)]
    two_barcodes = [
        read._replace(tags=[tag]) for read, tag in zip(pair("e", 0, 90), ("CB:Z:A", "CB:Z:C"), strict=True)
    ]
    reads = [
        *good,
        *improper,
        *elsewhere,
        *same_strand,
        *two_barcodes,
        *pair("f", 100, 600, mapq=(60, 29)),
        *pair("g", 100, 700, barcode=None),
        *pair("h", 100, 2110),
        *pair("i", 100, 108, length=8),
        *pair("j", 100, 300, contig=2),
        pair("k", 200, 300)[0]._replace(flag=4, contig=-1, cigar="*", mate_contig=-1),
        pair("l", 200, 300)[0]._replace(flag=99 | 0x800),
        pair("m", 200, 300)[0]._replace(flag=99 | 0x200),
    ]  # fmt: skip
    assert make(reads) == [("chr2", 104, 295, "AAAC-1", 1), ("chrM", 104, 295, "AAAC-1", 1)]
    record = json.loads((tmp_path / "o.tsv.gz.json").read_text())
    assert record["reads_by_fate"] == {
        "kept": 13, "unmapped": 1, "secondary_or_supplementary": 1, "quality_failed": 1, "without_barcode": 2,
        "marked_duplicate": 0, "low_mapq": 1, "unpaired": 0, "mate_elsewhere": 2, "improper_pair": 2,
        "mitochondrial": 0,
    }  # fmt: skip
    assert (record["reads_without_mate"], record["pairs"], record["molecules"]) == (1, 6, 4)
    assert (record["pairs_of_other_orientation"], record["pairs_of_two_barcodes"]) == (1, 1)
    assert (record["molecules_too_short"], record["molecules_too_long"]) == (1, 1)
    assert len(make(reads, "--drop-mitochondrial")) == 1
    assert len(make(reads, "--improper-pairs")) == 3
    assert len(make(reads, "--min-mapq", 29)) == 3
    assert len(make(reads, "--max-length", 2001)) == 3


def test_single_ends(make):
    reads = [
        pair("a", 100, 300)[0]._replace(flag=0),
        pair("b", 100, 300)[1]._replace(flag=16),
        pair("c", 100, 300, clip=(3, 0))[0]._replace(flag=0),
    ]
    assert make(reads, "--single-end") == [
        ("chr2", 104, 140, "AAAC-1", 2, "+"),
        ("chr2", 260, 295, "AAAC-1", 1, "-"),
    ]
    assert "no read is paired; give --single-end" in make(reads, code=3)


def test_the_barcode_in_the_name(make):
    reads = [read._replace(name="x:" + read.name, tags=["XX:Z:1"]) for read in pair("ACGT_7:1", 100, 300)]
    assert make(reads, "--barcode-regex", "^x:([ACGT]+)_")[0][3] == "ACGT"
    assert make([r._replace(tags=["CR:Z:GG"]) for r in reads], "--barcode-tag", "CR")[0][3] == "GG"


@pytest.mark.parametrize("seed", range(6))
def test_equals_a_slow_implementation(make, tmp_path, seed):
    """In any order, as SAM or BAM, with any memory and number of threads the same bytes."""
    reads = random_pairs(seed, 400)
    assert make(reads) == slow_fragments(reads)
    expected = (tmp_path / "o.tsv.gz").read_bytes(), (tmp_path / "o.tsv.gz.tbi").read_bytes()
    for name, threads, memory in (("in.bam", 1, "4G"), ("in.bam", 3, "20K"), ("in.sam", 2, "1K")):
        random.Random(threads).shuffle(reads)
        make(reads, "-@", threads, "--memory", memory, name=name)
        assert ((tmp_path / "o.tsv.gz").read_bytes(), (tmp_path / "o.tsv.gz.tbi").read_bytes()) == expected


def test_barcodes_that_are_no_text(make, tmp_path):
    """A tab in a tag of BAM would be another column."""
    reads = [
        *pair("a", 100, 300),
        *pair("b", 500, 700, "A\tC"),
        *pair("c", 500, 700, "\x01"),
        *pair("d", 500, 700, "A\n"),
    ]
    assert make(reads, name="in.bam") == [("chr2", 104, 295, "AAAC-1", 1)]
    record = json.loads((tmp_path / "o.tsv.gz.json").read_text())
    assert record["reads_by_fate"]["without_barcode"] == 6


def test_several_files(epifoundry, tmp_path):
    """Equal read names in two files are different reads."""
    (tmp_path / "a.bam").write_bytes(bam(pair("same", 100, 300)))
    (tmp_path / "b.sam").write_text(sam(pair("same", 100, 300) + pair("other", 500, 700)))
    inputs = [tmp_path / "a.bam", tmp_path / "b.sam"]
    epifoundry("fragments", *inputs, "-o", tmp_path / "o.tsv.gz")
    assert [row[4] for row in rows_of(tmp_path / "o.tsv.gz")] == [2, 1]
    (tmp_path / "c.sam").write_text(sam(pair("x", 100, 300), CONTIGS[::-1]))
    done = epifoundry("fragments", *inputs, tmp_path / "c.sam", "-f", "-o", tmp_path / "o.tsv.gz", code=3)
    assert "its contigs are not those of" in done.stderr


def test_standard_input_and_long_contigs(epifoundry, tmp_path):
    text = sam(pair("a", 600_000_000, 600_000_300), [("long", 700_000_000)])
    epifoundry("fragments", "-", "-o", tmp_path / "o.tsv.gz", stdin=text)
    assert rows_of(tmp_path / "o.tsv.gz") == [("long", 600_000_004, 600_000_295, "AAAC-1", 1)]
    assert (tmp_path / "o.tsv.gz.csi").exists() and not (tmp_path / "o.tsv.gz.tbi").exists()
    text = sam(pair("a", 100, 300), [("longer", 2_147_483_000)])
    done = epifoundry("fragments", "-", "-o", tmp_path / "p.tsv.gz", stdin=text, code=3)
    assert "contig 'longer' is too long" in done.stderr


ONE = pair("a", 100, 300)
BROKEN = {
    "text": (b"chr1\t1\t2\n", "is no SAM, BAM or CRAM file"),
    "no header": (b"@HD\tVN:1.6\n", "its header names no contigs"),
    "no read": (sam([]).encode(), "holds no read; give the aligned reads"),
    "half a line": (sam(ONE).encode()[:-60] + b"\nr\t99\tchr2\tx\n", "is truncated or corrupt behind read"),
    "no end": (bam(random_pairs(1, 3000))[:-28], "is truncated: the marker of its end is missing"),
    "half": (bam(random_pairs(1, 3000))[:50_000], "is truncated: the marker of its end is missing"),
    "hole": (
        (whole := bam(random_pairs(1, 3000)))[:50_000] + bytes(500) + whole[50_500:],
        "is truncated or corrupt behind read",
    ),
    "half a header": (bam(ONE)[:40] + bam([])[-28:], "its header is truncated or corrupt"),
    "end behind a hole": (
        whole[:50_000] + whole[-28:],
        "is truncated or corrupt behind read",
    ),
    "no tag": (
        sam([read._replace(tags=["CR:Z:A", "NM:i:0"]) for read in ONE]).encode(),
        "no read has the tag CB; the tags are CR, NM; give one of them to --barcode-tag, or --barcode-regex if "
        "names ('a') hold the barcode",
    ),
    "low": (
        sam(pair("a", 100, 300, mapq=(9, 9))).encode(),
        "no fragment is left of its 2 reads (2 low_mapq)",
    ),
    "twice": (sam([ONE[0], ONE[0], *ONE]).encode(), "more than one pair has the same read name"),
    "mate": (
        sam([ONE[0], ONE[1]._replace(mate_start=77)]).encode(),
        "a read does not lie where its mate says (or pairs share a name); run samtools fixmate on it",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("memory", ["4G", "1K"])
def test_bad_input_leaves_no_output(epifoundry, tmp_path, case, memory):
    data, message = BROKEN[case]
    (tmp_path / "in").write_bytes(data)
    out = tmp_path / "out"
    done = epifoundry("fragments", tmp_path / "in", "--memory", memory, "-q", "-o", out / "o.tsv.gz", code=3)
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert list(out.iterdir()) == []


def test_a_name_that_does_not_fit(make):
    message = make(ONE, "--barcode-regex", "^([0-9]+)x", code=3)
    assert "no read's name fits '^([0-9]+)x'; the first is 'a'; give a --barcode-regex for it" in message


def test_mates_that_are_missing_are_said(epifoundry, tmp_path):
    (tmp_path / "in.sam").write_text(sam([*ONE, *(pair(f"r{i}", 100, 300)[0] for i in range(5))]))
    done = epifoundry("fragments", tmp_path / "in.sam", "-o", tmp_path / "o.tsv.gz")
    assert "5 of 7 reads are without their mates" in done.stderr


def test_wrong_use(epifoundry, tmp_path):
    (tmp_path / "in.sam").write_text(sam(ONE))
    out = ["-o", tmp_path / "o.tsv.gz"]
    for options, message in (
        (["--barcode-tag", "CBX"], "'CBX' is no tag"),
        (["--barcode-regex", "(x"], "is no regular expression; give one with a group"),
        (["--barcode-regex", "x"], "'x' has no group"),
        (["--barcode-regex", "(x)", "--barcode-tag", "CB"], "excludes"),
        (["--shift", "4"], "'4' are not two numbers of bases"),
        (["--min-mapq", "300"], "300"),
        (["-o", tmp_path / "o.tsv"], "does not end in .gz"),
    ):
        given = options if "-o" in options else [*options, *out]
        assert message in epifoundry("fragments", tmp_path / "in.sam", *given, code=2).stderr
    assert "No such file" in epifoundry("fragments", tmp_path / "none.bam", *out, code=3).stderr
    (tmp_path / "o.tsv.gz.tbi").write_text("")
    assert "already exists" in epifoundry("fragments", tmp_path / "in.sam", *out, code=2).stderr
    done = subprocess.run(
        [BIN / "epifoundry", "fragments", tmp_path / "in.sam", "--memory", "1K", "-o", tmp_path / "p.tsv.gz"],
        env={"TMPDIR": str(tmp_path / "nowhere")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, "nothing had to go to the disk"
    (tmp_path / "many.bam").write_bytes(bam(random_pairs(2, 500)))
    done = subprocess.run(
        [
            BIN / "epifoundry",
            "fragments",
            tmp_path / "many.bam",
            "--memory",
            "1K",
            "-o",
            tmp_path / "q.tsv.gz",
        ],
        env={"TMPDIR": str(tmp_path / "nowhere")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4 and "making a temporary file failed" in done.stderr
    assert "TMPDIR" in done.stderr and not (tmp_path / "q.tsv.gz").exists()


def test_an_interrupted_run_leaves_nothing(tmp_path):
    running = subprocess.Popen(
        [BIN / "epifoundry", "fragments", "-", "-q", "-o", tmp_path / "out" / "o.tsv.gz"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    text = sam(random_pairs(1, 20_000))
    running.stdin.write(text)
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    running.communicate()
    assert running.returncode == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_count_reads_it(make, epifoundry, tmp_path):
    make(pair("a", 100, 300) + pair("b", 1100, 1300, "CCCG-1"))
    (tmp_path / "peaks.bed").write_text("chr2\t0\t200\n")
    (tmp_path / "genes.bed").write_text("chr2\t1000\t2000\tG\t0\t+\n")
    done = epifoundry(
        "count", tmp_path / "o.tsv.gz", "--peaks", tmp_path / "peaks.bed", "--genes", tmp_path / "genes.bed",
        "--min-fragments", 1, "-o", tmp_path / "count",
    )  # fmt: skip
    assert "2 fragments of 2 barcodes; 2 cells" in done.stderr and "not sorted" not in done.stderr
