"""`epifoundry count` as a user runs it."""

import gzip
import json
import struct
import subprocess
import zlib

import anndata
import pytest
from support.programs import BIN
from support.tables import table

FRAGMENTS = (
    "# id=small\n"
    "chr1\t100\t180\tAAAC-1\t2\n"
    "chr1\t150\t300\tCCCG-1\t1\n"
    "chr1\t5000\t5200\tAAAC-1\t1\n"
    "chr2\t10\t60\tAAAC-1\t3\n"
    "GL1\t10\t60\tTTTG-1\t1\n"
)
PEAKS = "chr2\t0\t50\nchr1\t120\t200\nchr3\t5\t9\n"
GENES = (
    "gene_id\tgene_name\tchrom\tstart\tend\tstrand\tgene_type\n"
    "E1\tG1\tchr1\t5100\t5900\t+\tprotein_coding\nE2\tG2\tchr1\t100\t400\t-\tlincRNA\n"
)


@pytest.fixture
def small(tmp_path):
    for name, text in {"f.tsv": FRAGMENTS, "peaks.bed": PEAKS, "genes.tsv": GENES}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def arguments(folder, fragments="f.tsv"):
    return ["count", folder / fragments, "--peaks", folder / "peaks.bed", "--genes", folder / "genes.tsv"]


def test_writes_everything(epifoundry, small):
    done = epifoundry(*arguments(small), "--min-fragments", 1, "-o", small / "out/")
    assert "5 fragments of 3 barcodes; 3 cells x 3 peaks and 1 genes" in done.stderr
    assert {path.name for path in (small / "out").iterdir()} == {
        *(
            "qc.tsv.gz",
            "peaks.h5ad",
            "gene_activity.h5ad",
            "fragment_sizes.tsv",
            "tss_profile.tsv",
            "count.json",
        )
    }
    with gzip.open(small / "out" / "qc.tsv.gz", "rt") as file:
        header, *rows = [line.rstrip("\n").split("\t") for line in file]
    assert (
        header
        == (
            "barcode fragments reads mitochondrial nucleosome_free mononucleosomal nucleosome_signal tss_enrichment "
            "peak_fragments fragments_in_peaks peak_insertions frip blacklist_fragments promoter_fragments duplicate_rate"
        ).split()
    )
    assert [row[0] for row in rows] == ["AAAC-1", "CCCG-1", "TTTG-1"]
    values = dict(zip(header, rows[0], strict=True))
    assert (values["fragments"], values["reads"], values["duplicate_rate"]) == ("3", "6", "0.5")
    assert (values["peak_fragments"], values["peak_insertions"], values["promoter_fragments"]) == (
        "2",
        "2",
        "1",
    )
    peaks = anndata.read_h5ad(small / "out" / "peaks.h5ad")
    assert list(peaks.var_names) == ["chr2:0-50", "chr1:120-200", "chr3:5-9"]
    assert peaks.X.toarray().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert list(peaks.obs["fragments"]) == [3, 1, 1]
    genes = anndata.read_h5ad(small / "out" / "gene_activity.h5ad")
    assert list(genes.var_names) == ["G1"]
    assert (genes.var["gene_ids"].iloc[0], genes.var["chromosome"].iloc[0]) == ("E1", "chr1")
    assert genes.X.toarray().tolist() == [[1], [0], [0]]
    sizes = {int(row["length"]): int(row["fragments"]) for row in table(small / "out" / "fragment_sizes.tsv")}
    assert {length: n for length, n in sizes.items() if n} == {50: 2, 80: 1, 150: 1, 200: 1}
    profile = table(small / "out" / "tss_profile.tsv")
    assert [row["position"] for row in profile if row["insertions"] != "0"] == ["-100", "99"]
    record = json.loads((small / "out" / "count.json").read_text())
    assert record["unknown_contigs"] == {"GL1": 1}
    assert record["barcode_ranks"] == [[1, 3], [2, 1], [3, 1]]


def test_cells_rules_and_ones(epifoundry, small):
    def matrix(*args):
        epifoundry(*arguments(small), *args, "-o", small / "out", "--force")
        data = anndata.read_h5ad(small / "out" / "peaks.h5ad")
        return list(data.obs_names), data.X.toarray().tolist()

    (small / "cells.csv").write_text("barcode,is_cell\nCCCG-1,1\nTTTG-1,0\nNONE-1,1\nAAAC-1,1\n")
    cells = ["--cells", small / "cells.csv"]
    names = ["CCCG-1", "NONE-1", "AAAC-1"]
    assert matrix(*cells) == (names, [[0, 1, 0], [0, 0, 0], [1, 1, 0]])
    assert matrix(*cells, "--rule", "arc") == (names, [[0, 1, 0], [0, 0, 0], [1, 1, 0]])
    (small / "f.tsv").write_text(FRAGMENTS + "chr1\t130\t140\tAAAC-1\t1\nchr1\t130\t140\tAAAC-1\t1\n")
    assert matrix(*cells, "--rule", "arc")[1][2] == [1, 5, 0]
    assert matrix(*cells, "--rule", "insertion", "--dedup")[1][2] == [1, 3, 0]
    assert matrix(*cells, "--rule", "fragment")[1][2] == [1, 3, 0]
    assert matrix(*cells, "--binarize")[1][2] == [1, 1, 0]


def test_reads_standard_input_and_several_files(epifoundry, small):
    (small / "more.tsv").write_text("chr1\t100\t180\tAAAC-1\n")
    args = arguments(small, "more.tsv")
    args.insert(1, "-")
    epifoundry(*args, "--min-fragments", 1, "-o", small / "out", stdin=FRAGMENTS)
    assert list(anndata.read_h5ad(small / "out" / "peaks.h5ad").obs["fragments"]) == [4, 1, 1]


def test_says_what_it_changed(epifoundry, small):
    text = FRAGMENTS.replace("chr", "").replace("2\t10\t60", "1\t10\t60")
    (small / "f.tsv").write_text(text)
    done = epifoundry(*arguments(small), "-o", small / "out")
    assert "took '1' as 'chr1'" in done.stderr
    assert "f.tsv:5: the rows are not sorted" in done.stderr
    assert "no barcode has 500 fragments" in done.stderr
    assert anndata.read_h5ad(small / "out" / "peaks.h5ad").shape == (0, 3)


def test_the_same_bytes_at_any_thread_count(epifoundry, tmp_path):
    sim = tmp_path / "sim"
    epifoundry("simulate", "--samples", 2, "--cells", 100, "--peaks", 300, "--genes", 60, "-o", sim)
    folders = []
    for threads in (1, 2, 3):
        folders.append(tmp_path / f"threads{threads}")
        epifoundry(
            *(
                "count",
                sim / "D1.fragments.tsv.gz",
                "--peaks",
                sim / "peaks.bed",
                "--genes",
                sim / "genes.gtf.gz",
            ),
            *("--blacklist", sim / "blacklist.bed", "--chrom-sizes", sim / "chrom.sizes"),
            *("--min-fragments", 100, "-@", threads, "-o", folders[-1]),
        )
    for path in folders[0].iterdir():
        if path.suffix != ".json":
            assert {path.read_bytes()} == {(folder / path.name).read_bytes() for folder in folders}, path.name
    data = anndata.read_h5ad(folders[0] / "gene_activity.h5ad")
    assert data.n_obs > 0
    assert data.X.sum() > 0


BAD_FRAGMENTS = {
    "three columns": ("chr1\t1\t5\n", "f.tsv:1: 3 columns"),
    "letters": ("chr1\t1\t5\tA\nchr1\t1\tfive\tA\n", "f.tsv:2: 'five' is not a coordinate"),
    "backwards": ("chr1\t9\t5\tA\n", "f.tsv:1: end (5) is before start (9)"),
    "negative": ("chr1\t-1\t5\tA\n", "f.tsv:1: '-1' is not a coordinate"),
    "beyond 2^31": ("chr1\t1\t2147483649\tA\n", "f.tsv:1: '2147483649' is not a coordinate"),
    "NUL in a number": ("chr1\t1\0\t5\tA\n", "f.tsv:1: '1?' is not a coordinate"),
    "NUL in a barcode": ("chr1\t1\t5\tA\0\n", "f.tsv:1: the barcode 'A?' holds bytes that are no text"),
    "NUL in a name": ("chr\0\t1\t5\tA\n", "f.tsv:1: the chromosome 'chr?' holds bytes that are no text"),
    "NUL alone": ("chr1\t1\t5\tA\n\0\0\n", "f.tsv:2: 1 column"),
    "10 MB": ("chr1\t1\t5\tA\n" + "x" * 10_000_000, "f.tsv:2: a line longer than 1 MiB"),
    "10 MB in a column": (
        "chr1\t1\t5\tA\t1\n" * 9 + "chr1\t1\t5\tA\t1\t" + "x" * 10_000_000 + "\nchr1\t1\t5\tA\t1\n",
        "f.tsv:10: a line longer than 1 MiB",
    ),
    "a long barcode": ("chr1\t1\t5\t" + "A" * 10_000 + "\n", "AAA...' is too long"),
    "empty": ("", "f.tsv: there is no fragment in it"),
    "header only": ("# id=x\n", "f.tsv: there is no fragment in it"),
    "another genome": ("scaffold\t1\t5\tA\n", "no chromosome is shared with"),
}


@pytest.mark.parametrize("name", BAD_FRAGMENTS)
def test_bad_fragments_leave_no_output(epifoundry, small, name):
    text, message = BAD_FRAGMENTS[name]
    (small / "f.tsv").write_text(text)
    done = epifoundry(*arguments(small), "-q", "-o", small / "out", code=3)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in small.iterdir()) == ["f.tsv", "genes.tsv", "peaks.bed"]


def test_names_that_are_no_text(epifoundry, small):
    for row, message in {
        b"chr1\t1\t5\t\xff\xfe\n": "f.tsv:1: the barcode '??' holds bytes that are no text; check that",
        b"chr\xc3\t1\t5\tA\n": "f.tsv:1: the chromosome 'chr?' holds bytes that are no text",
    }.items():
        (small / "f.tsv").write_bytes(row)
        assert message in epifoundry(*arguments(small), "-q", "-o", small / "out", code=3).stderr
    (small / "f.tsv").write_text(FRAGMENTS.replace("AAAC-1", "Zürich:7"), encoding="utf-8")
    epifoundry(*arguments(small), "--min-fragments", 1, "-o", small / "out")
    assert anndata.read_h5ad(small / "out" / "peaks.h5ad").obs_names[0] == "Zürich:7"


def test_however_the_same_rows_are_written(epifoundry, small):
    """Ends of lines, empty lines, more columns, no end of the last line; gzip in members; standard input."""
    rows = [line for line in FRAGMENTS.splitlines() if not line.startswith("#")]
    texts = {
        "plain": FRAGMENTS,
        "crlf": FRAGMENTS.replace("\n", "\r\n"),
        "gaps": "# a\n\n" + "\n\n# b\n\n".join(rows) + "\n\n\n",
        "columns": "".join(row + "\t+\tmore\n" for row in rows),
        "no end": FRAGMENTS.rstrip("\n"),
    }
    made = {}
    for name, text in texts.items():
        (small / name).write_bytes(text.encode())
        (small / (name + " in gzip")).write_bytes(gzip.compress(text.encode()))
        (small / (name + " in bgzip")).write_bytes(bgzip(text))
        pieces = text.encode()[:40], text.encode()[40:]
        (small / (name + " in members")).write_bytes(b"".join(map(gzip.compress, [*pieces, b""])))
    for path in sorted(small.iterdir()):
        if path.name.split(" in ")[0] not in texts:
            continue
        for stdin in (False, True):
            args = arguments(small, path.name)
            if stdin:
                args[1] = "-"
            with path.open("rb") as file:
                command = [BIN / "epifoundry", *map(str, args), "--min-fragments", "1", "-f", "-q"]
                subprocess.run([*command, "-o", small / "out"], check=True, stdin=file)
            made[path.name, stdin] = gzip.open(small / "out" / "qc.tsv.gz").read()
    assert len(made) == 40 and len(set(made.values())) == 1


def test_thousands_of_contigs_in_either_style(epifoundry, small):
    names = [f"chr{i}_scaffold" for i in range(6000)]
    (small / "peaks.bed").write_text("chr1\t0\t9\n" + "".join(f"{name}\t0\t9\n" for name in names))
    for cut, said in ((0, False), (3, True)):
        rows = ["chr1"[cut:], *(name[cut:] for name in names)]
        (small / "f.tsv").write_text("".join(f"{name}\t{i % 9}\t99\tA\n" for i, name in enumerate(rows)))
        done = epifoundry(*arguments(small), "--min-fragments", 1, "-@", 2, "-f", "-o", small / "out")
        assert ("took '1' as 'chr1'" in done.stderr) is said and "unsorted" not in done.stderr
        peaks = anndata.read_h5ad(small / "out" / "peaks.h5ad")
        assert peaks.X.toarray().tolist() == [[1] * 6001]


def test_damaged_files_leave_no_output(epifoundry, small):
    packed = gzip.compress((FRAGMENTS * 1000).encode())
    (small / "truncated.gz").write_bytes(packed[:-100])
    (small / "corrupt.gz").write_bytes(packed[:60] + bytes(40) + packed[100:])
    (small / "rubbish.gz").write_bytes(bytes(range(256)) * 10)
    (small / "name.gz").write_text(FRAGMENTS)
    for name, message in {
        "truncated.gz": "truncated",
        "corrupt.gz": "corrupt",
        "rubbish.gz": "rubbish.gz:1: ",
        "none.gz": "No such file",
    }.items():
        done = epifoundry(*arguments(small, name), "-q", "-o", small / "out", code=3)
        assert message in done.stderr
        assert not (small / "out").exists()
    epifoundry(*arguments(small, "name.gz"), "-o", small / "out")


def test_bad_side_inputs_leave_no_output(epifoundry, small):
    (small / "empty").write_text("")
    (small / "cells.txt").write_text("XXXX-1\n")
    for option, file in {
        "--blacklist": "empty",
        "--tss": "empty",
        "--chrom-sizes": "empty",
        "--cells": "cells.txt",
    }.items():
        epifoundry(*arguments(small), option, small / file, "-q", "-o", small / "out", code=3)
        assert not (small / "out").exists()
    (small / "peaks.bed").write_text("chr1\t9\t5\n")
    assert "peaks.bed:1" in epifoundry(*arguments(small), "-o", small / "out", code=3).stderr


def test_wrong_use(epifoundry, small):
    epifoundry("count", code=2)
    epifoundry(*arguments(small), code=2)
    epifoundry(*arguments(small), "--rule", "archr", "-o", small / "out", code=2)
    epifoundry(*arguments(small), "--genome", "hg17", "-o", small / "out", code=2)
    epifoundry(*arguments(small), "--min-fragments", -1, "-o", small / "out", code=2)
    done = epifoundry("count", small / "f.tsv", "--peaks", small / "peaks.bed", "-o", small / "out", code=2)
    assert "--genome" in done.stderr
    epifoundry(*arguments(small), "-o", small / "out")
    assert "--force" in epifoundry(*arguments(small), "-o", small / "out", code=2).stderr
    epifoundry(*arguments(small), "--force", "-o", small / "out")


def test_an_interrupted_run_leaves_nothing(small):
    command = [BIN / "epifoundry", *map(str, arguments(small, "-")), "-o", small / "out"]
    command[2] = "-"
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(FRAGMENTS.encode() * 20000)
    process.stdin.flush()
    process.terminate()
    process.stdin.close()
    assert process.wait(timeout=60) == 143
    process.stderr.close()
    assert sorted(path.name for path in small.iterdir()) == ["f.tsv", "genes.tsv", "peaks.bed"]


def bgzip(text):
    """The text as bgzip blocks of 1,000 characters, with the marker of the end."""
    blocks = b""
    for piece in [*(text[i : i + 1000] for i in range(0, len(text), 1000)), ""]:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        data = deflate.compress(piece.encode()) + deflate.flush()
        footer = struct.pack("<II", zlib.crc32(piece.encode()), len(piece))
        header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(data) + 25)
        blocks += header + data + footer
    return blocks


def fragments_in(folder):
    return anndata.read_h5ad(folder / "peaks.h5ad").obs["fragments"].sum()


def test_a_bgzip_file_without_its_end(epifoundry, small):
    packed = bgzip(FRAGMENTS * 200)
    (small / "f.gz").write_bytes(packed[:-28])
    args = [*arguments(small, "f.gz"), "--min-fragments", 1, "-o", small / "out"]
    done = epifoundry(*args, code=3)
    assert "f.gz: the marker of its end is missing: the file is truncated" in done.stderr
    assert not (small / "out").exists()
    done = epifoundry(*args, "--allow-truncated")
    assert "its end is missing; counted the 1,000 fragments" in done.stderr
    assert fragments_in(small / "out") == 1000
    (small / "f.gz").write_bytes(packed[: len(packed) // 2])
    epifoundry(*args, "--allow-truncated", "--force")
    record = json.loads((small / "out" / "count.json").read_text())
    assert record["files"][0]["truncated"] and 300 < record["fragments"] < 700


def test_bgzip_that_goes_on_as_gzip(epifoundry, small):
    for name, content in {
        "a.gz": bgzip(FRAGMENTS) + gzip.compress(FRAGMENTS.encode()) + bgzip(""),
        "b.gz": gzip.compress(FRAGMENTS.encode()) + bgzip(FRAGMENTS),
    }.items():
        (small / name).write_bytes(content)
        epifoundry(*arguments(small, name), "--min-fragments", 1, "-f", "-o", small / "out")
        assert fragments_in(small / "out") == 10


def test_bad_lines_can_be_skipped(epifoundry, small):
    (small / "f.tsv").write_text(FRAGMENTS + "chr1\t5\n" + FRAGMENTS + "chr1\t9\t5\tA\nchr1\t8\n")
    args = [*arguments(small), "--min-fragments", 1, "-o", small / "out"]
    assert "f.tsv:7: 2 columns" in epifoundry(*args, code=3).stderr
    assert "f.tsv:15: 2 columns" in epifoundry(*args, "--skip-bad-lines", 2, code=3).stderr
    done = epifoundry(*args, "--skip-bad-lines", 3)
    assert "skipped 2 lines: 2 columns" in done.stderr
    assert fragments_in(small / "out") == 10
    record = json.loads((small / "out" / "count.json").read_text())
    assert sum(record["skipped_lines"].values()) == 3


def test_little_memory_gives_the_same_bytes(epifoundry, tmp_path):
    sim = tmp_path / "sim"
    epifoundry("simulate", "--samples", 1, "--cells", 100, "--peaks", 300, "--genes", 60, "-o", sim)
    made = []
    for memory in ("1G", "1K"):
        out = tmp_path / memory
        files = ["--peaks", sim / "peaks.bed", "--genes", sim / "genes.gtf.gz"]
        epifoundry("count", sim / "D1.fragments.tsv.gz", *files, "--memory", memory, "-o", out)
        made.append([(out / name).read_bytes() for name in ("qc.tsv.gz", "fragment_sizes.tsv")])
        data = anndata.read_h5ad(out / "peaks.h5ad")
        made[-1].append((data.X.indptr.tolist(), data.X.indices.tolist(), data.X.data.tolist()))
    assert made[0] == made[1]


def test_genes_without_coordinates_are_left_out(epifoundry, small):
    (small / "genes.tsv").write_text(GENES + "E3\tG3\tchr1\t0\t0\t-\tprotein_coding\n")
    done = epifoundry(*arguments(small), "--min-fragments", 1, "-o", small / "out")
    assert "1 genes without coordinates are left out" in done.stderr
    assert list(anndata.read_h5ad(small / "out" / "gene_activity.h5ad").var_names) == ["G1"]
    assert json.loads((small / "out" / "count.json").read_text())["tss_sites"] == 1


def test_more_wrong_use(epifoundry, small):
    epifoundry(*arguments(small), "--nucleosome-lines", "some", "-o", small / "out", code=2)
    args = arguments(small)
    args[1] = "-"
    done = epifoundry(*args, "--nucleosome-lines", 2, "-o", small / "out", code=2, stdin=FRAGMENTS)
    assert "standard input cannot be read again" in done.stderr
    (small / "f.tsv").write_text(FRAGMENTS + "chr1\t5\t6\t" + "A" * 17_000_000 + "\n")
    done = epifoundry(*arguments(small), "-o", small / "out", code=3)
    assert "f.tsv:7: a line longer than 1 MiB" in done.stderr
    assert not (small / "out").exists()
