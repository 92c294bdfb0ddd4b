"""`epifoundry simulate` as a user meets it: what is in the folder, and that Python reads it."""

import gzip

import numpy as np
import pandas as pd
import pytest
import scanpy as sc

SMALL = ("--cells", 40, "--peaks", 300, "--genes", 60, "--cell-types", 4, "--depth", 400)
FILES = """blacklist.bed chrom.sizes genes.gtf.gz genes.tsv peak_gene.tsv peaks.bed reference.tsv samples.tsv
simulate.json""".split()


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".json"}


def fragments_of(path):
    return pd.read_csv(
        path, sep="\t", comment="#", header=None, names="chrom start end barcode reads".split()
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """One small experiment for the tests that only read."""
    import subprocess

    from support.programs import BIN

    folder = tmp_path_factory.mktemp("simulate") / "sim"
    subprocess.run(
        [
            BIN / "epifoundry",
            "simulate",
            *map(str, SMALL),
            "--samples",
            "3",
            "--seed",
            "5",
            "-q",
            "-o",
            folder,
        ],
        check=True,
    )
    return folder


def test_writes_what_the_contract_names(small):
    expected = set(FILES)
    for sample in ("D1", "D2", "D3"):
        expected |= {
            f"{sample}.{end}" for end in ("fragments.tsv.gz", "fragments.tsv.gz.tbi", "rna.h5", "truth.tsv")
        }
    assert {path.name for path in small.iterdir()} == expected
    sheet = pd.read_csv(small / "samples.tsv", sep="\t", keep_default_na=False)
    assert list(sheet.columns) == "sample fragments rna batch donor tissue labels".split()
    assert list(sheet["sample"]) == ["D1", "D2", "D3"]
    assert list(sheet["donor"]) == ["D1", "D2", "D3"]
    assert list(sheet["batch"]) == ["batchA", "batchB", "batchA"]
    for name in [*sheet["fragments"], *sheet["rna"]]:
        assert (small / name).exists()
    truth = pd.read_csv(small / "D2.truth.tsv", sep="\t", keep_default_na=False)
    assert list(truth.columns) == "barcode cell_type donor batch quality".split()
    assert truth["quality"].value_counts().to_dict() == {
        "background": 160, "good": 40, "low_quality": 4, "doublet": 2
    }  # fmt: skip
    assert set(truth.loc[truth["quality"].isin(["background", "doublet"]), "cell_type"]) == {""}
    assert "" not in set(truth.loc[truth["quality"].isin(["good", "low_quality"]), "cell_type"])
    reference = pd.read_csv(small / "reference.tsv", sep="\t", index_col=0)
    assert reference.shape == (60, 4)
    assert set(truth["cell_type"]) <= {*reference.columns, ""}


def test_fragments_are_a_sorted_fragment_file_of_the_genome(small):
    sizes = dict(line.split("\t") for line in (small / "chrom.sizes").read_text().splitlines())
    order = {name: i for i, name in enumerate(sizes)}
    fragments = fragments_of(small / "D1.fragments.tsv.gz")
    place = fragments["chrom"].map(order)
    assert place.is_monotonic_increasing
    assert all(part["start"].is_monotonic_increasing for _, part in fragments.groupby("chrom"))
    assert (fragments["start"] >= 0).all() and (fragments["end"] > fragments["start"]).all()
    assert (fragments["end"] <= fragments["chrom"].map(sizes).astype(int)).all()
    assert (fragments["reads"] >= 1).all() and (fragments["reads"] > 1).any()
    assert not fragments.duplicated(["chrom", "start", "end", "barcode"]).any()
    assert {"chrM", "KI270728.1"} <= set(fragments["chrom"])
    assert set(fragments["barcode"]) <= set(pd.read_csv(small / "D1.truth.tsv", sep="\t")["barcode"])
    assert fragments["barcode"].str.fullmatch("[ACGT]{16}-1").all()


def test_scanpy_reads_the_counts_and_peaks_are_the_cut_sites(small):
    data = sc.read_10x_h5(small / "D1.rna.h5", gex_only=False)
    truth = pd.read_csv(small / "D1.truth.tsv", sep="\t")
    assert list(data.obs_names) == list(truth["barcode"])
    assert dict(data.var["feature_types"].value_counts()) == {"Peaks": 300, "Gene Expression": 60}
    genes = pd.read_csv(small / "genes.tsv", sep="\t")
    assert list(data.var_names[:60]) == list(genes["gene_name"])
    assert list(data.var["gene_ids"][:60]) == list(genes["gene_id"])
    # every cut site against every peak, for one barcode
    peaks = pd.read_csv(small / "peaks.bed", sep="\t", header=None, names=["chrom", "start", "end"])
    barcode = truth.loc[truth["quality"] == "good", "barcode"].iloc[0]
    rows = fragments_of(small / "D1.fragments.tsv.gz").query("barcode == @barcode")
    expected = np.zeros(300, int)
    for row in rows.itertuples():
        for cut in (row.start, row.end - 1):
            expected += (
                (peaks["chrom"] == row.chrom) & (peaks["start"] <= cut) & (cut < peaks["end"])
            ).to_numpy()
    assert expected.sum() > 50
    assert list(data[barcode, 60:].X.toarray().ravel().astype(int)) == list(expected)


def test_links_and_gtf_fit_the_other_files(small):
    peaks = pd.read_csv(small / "peaks.bed", sep="\t", header=None)
    names = {f"{chrom}:{start}-{end}" for chrom, start, end in peaks.itertuples(index=False)}
    links = pd.read_csv(small / "peak_gene.tsv", sep="\t")
    genes = pd.read_csv(small / "genes.tsv", sep="\t").set_index("gene_id")
    assert set(links["peak"]) <= names and set(links["gene_id"]) <= set(genes.index)
    assert (links["distance"] <= 150_000).all()
    with gzip.open(small / "genes.gtf.gz", "rt") as lines:
        spans = [line.split("\t") for line in lines if "\tgene\t" in line]
    assert [(row[0], int(row[3]) - 1, int(row[4]), row[6]) for row in spans] == list(
        genes[["chrom", "start", "end", "strand"]].itertuples(index=False, name=None)
    )


def test_same_bytes_at_any_thread_count_and_others_for_another_seed(epifoundry, tmp_path):
    for name, more in {"a": ("-@", 1), "b": ("-@", 2), "c": ("-@", 3), "other": ("--seed", 6)}.items():
        epifoundry("simulate", *SMALL, "--samples", 1, *more, "-o", tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") == contents(tmp_path / "c")
    assert (
        contents(tmp_path / "a")["D1.fragments.tsv.gz"] != contents(tmp_path / "other")["D1.fragments.tsv.gz"]
    )


def test_fragments_only(epifoundry, tmp_path):
    epifoundry("simulate", *SMALL, "--samples", 1, "--fragments-only", "-o", tmp_path / "lean")
    epifoundry("simulate", *SMALL, "--samples", 1, "-o", tmp_path / "whole")
    lean, whole = contents(tmp_path / "lean"), contents(tmp_path / "whole")
    assert "D1.rna.h5" not in lean and "D1.rna.h5" in whole
    assert lean["D1.fragments.tsv.gz"] == whole["D1.fragments.tsv.gz"]
    assert pd.read_csv(tmp_path / "lean" / "samples.tsv", sep="\t")["rna"].isna().all()


@pytest.mark.parametrize("more", [[], ["--fragments-only"]])
def test_background_depth_is_the_median_of_barcodes_without_a_cell(epifoundry, tmp_path, more):
    """Others of the sample keep theirs."""
    medians = {}
    for depth in (9, 60):
        out = tmp_path / str(depth)
        epifoundry(
            "simulate",
            *SMALL,
            "--samples",
            1,
            "--background",
            20,
            "--background-depth",
            depth,
            *more,
            "-o",
            out,
        )
        truth = pd.read_csv(out / "D1.truth.tsv", sep="\t", keep_default_na=False).set_index("barcode")
        with gzip.open(out / "D1.fragments.tsv.gz", "rt") as lines:
            rows = [line.split("\t")[3] for line in lines if not line.startswith("#")]
        fragments = pd.Series(rows).value_counts().reindex(truth.index, fill_value=0)
        medians[depth] = fragments.groupby(truth["quality"]).median()
        assert abs(medians[depth]["background"] / depth - 1) < 0.15
    assert abs(medians[9]["good"] / medians[60]["good"] - 1) < 0.1


def test_wrong_use(epifoundry, tmp_path):
    for option, value in (("--cells", 0), ("--peaks", 3), ("--batches", 9), ("--donors", 9), ("--depth", -1),
                          ("--genes", "x"), ("--peak-fraction", 2), ("--background-depth", 0)):  # fmt: skip
        done = epifoundry("simulate", "--samples", 2, option, value, "-q", "-o", tmp_path / "out", code=2)
        assert option in done.stderr and done.stderr.count("\n") == 1
    epifoundry("simulate", code=2)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_kept_without_force(epifoundry, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    done = epifoundry("simulate", *SMALL, "-q", "-o", tmp_path / "out", code=2)
    assert "--force" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine"]
    epifoundry("simulate", *SMALL, "--samples", 1, "--force", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "samples.tsv").exists() and not (tmp_path / "out" / "mine").exists()
