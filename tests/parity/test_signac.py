"""`count` against Signac 1.8.0, through the command line: integers identical, floating point within a stated tolerance."""

import csv
import gzip
import math

import anndata
import numpy as np
import pytest
import scipy.io

GOLDEN = "golden/seurat/signac"


@pytest.fixture
def golden(optional_data):
    return optional_data(GOLDEN)


def rows_of(path):
    with open(path) as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def write_gtf(annotation, path):
    """R's table of an annotation as a GTF."""
    with open(path, "w") as out:
        for row in rows_of(annotation):
            names = [f'gene_id "{row["gene_id"]}"', f'gene_biotype "{row["gene_biotype"]}"']
            if row["gene_name"] not in ("", "NA"):
                names.append(f'gene_name "{row["gene_name"]}"')
            fields = [row["seqnames"], "R", row["type"], row["start"], row["end"], ".", row["strand"], "."]
            out.write("\t".join([*fields, "; ".join(names)]) + "\n")
    return path


def our_name(name):
    """chr1-S-E, counted from 1, as we name it."""
    chrom, start, end = name.rsplit("-", 2)
    return f"{chrom}:{int(start) - 1}-{end}"


def read_matrix(golden, name, row_name=str):
    """Signac's matrix as cells x features: values, cells, features."""
    values = scipy.io.mmread(golden / f"{name}.mtx").toarray().T
    cells = (golden / f"{name}.cols.txt").read_text().split()
    features = [row_name(line) for line in (golden / f"{name}.rows.txt").read_text().splitlines()]
    return values, cells, features


def assert_equals_signac(ours, values, cells, features, dropped):
    """`ours` has the same counts for Signac's features in its order; what Signac dropped is zero."""
    assert list(ours.obs_names) == cells
    assert list(ours.var_names[ours.var_names.isin(features)]) == features
    np.testing.assert_array_equal(ours[:, features].X.toarray(), values)
    rest = ours[:, ~ours.var_names.isin(features)]
    assert list(rest.var_names) == dropped
    assert rest.X.sum() == 0


@pytest.fixture
def count(epifoundry, golden, tmp_path):
    """Runs `count` on the golden fragments; returns the folder."""

    def run(*args, fragments=None, peaks=None):
        write_gtf(golden / "annotation.tsv", tmp_path / "genes.gtf")
        epifoundry(
            "count",
            fragments or golden / "fragments.tsv.gz",
            *("--peaks", peaks or golden / "peaks.bed", "--genes", tmp_path / "genes.gtf"),
            *("-o", tmp_path / "out", "--force", *args),
        )
        return tmp_path / "out"

    return run


def qc_of(folder):
    with gzip.open(folder / "qc.tsv.gz", "rt") as file:
        return {row["barcode"]: row for row in csv.DictReader(file, delimiter="\t")}


CELLS = "featurematrix_selected_cells.cols.txt"


def unseen(golden, peaks):
    given = [line.split("\t") for line in peaks.read_text().splitlines()]
    seen = set((golden / "featurematrix_all_barcodes.rows.txt").read_text().splitlines())
    return [f"{c}:{s}-{e}" for c, s, e in given if f"{c}-{int(s) + 1}-{e}" not in seen]


def test_feature_matrix_of_selected_cells(count, golden):
    folder = count("--cells", golden / CELLS)
    matrix = read_matrix(golden, "featurematrix_selected_cells", our_name)
    peaks = anndata.read_h5ad(folder / "peaks.h5ad")
    dropped = unseen(golden, golden / "peaks.bed")
    assert len(dropped) == 1
    # A peak that is given twice has ".1" in its second name.
    features = unique(matrix[2])
    assert_equals_signac(peaks, matrix[0], matrix[1], features, dropped)


def test_depth(count, golden, tmp_path):
    """Seurat's nCount and nFeature, for which a peak that is given twice counts once."""
    peaks = dict.fromkeys((golden / "peaks.bed").read_text().splitlines())
    (tmp_path / "peaks.bed").write_text("\n".join(peaks) + "\n")
    folder = count("--cells", golden / CELLS, peaks=tmp_path / "peaks.bed")
    qc = qc_of(folder)
    entries = np.diff(anndata.read_h5ad(folder / "peaks.h5ad").X.indptr)
    for row, entry in zip(rows_of(golden / "ncount_from_featurematrix.csv"), entries, strict=True):
        assert int(qc[row["cell"]]["peak_fragments"]) == int(row["nCount"])
        assert entry == int(row["nFeature"])


def unique(names):
    seen, result = {}, []
    for name in names:
        result.append(f"{name}.{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return result


def test_feature_matrix_of_all_barcodes(count, golden, tmp_path):
    values, cells, features = read_matrix(golden, "featurematrix_all_barcodes", our_name)
    (tmp_path / "cells.txt").write_text("\n".join(cells) + "\n")
    peaks = anndata.read_h5ad(count("--cells", tmp_path / "cells.txt") / "peaks.h5ad")
    assert_equals_signac(peaks, values, cells, unique(features), unseen(golden, golden / "peaks.bed"))
    every = anndata.read_h5ad(count("--min-fragments", 1) / "peaks.h5ad")
    assert set(every.obs_names) == set(
        qc_of(tmp_path / "out")
    ), "every barcode, in order of its first fragment"
    np.testing.assert_array_equal(every[cells].X.toarray(), peaks.X.toarray())


def test_feature_matrix_of_a_few_cells(count, golden, tmp_path):
    values, cells, features = read_matrix(golden, "featurematrix_renamed_subset", our_name)
    cells = [cell.removeprefix("sampleA_") for cell in cells]
    (tmp_path / "cells.txt").write_text("\n".join(cells) + "\n")
    peaks = anndata.read_h5ad(count("--cells", tmp_path / "cells.txt") / "peaks.h5ad")
    assert_equals_signac(peaks, values, cells, unique(features), unseen(golden, golden / "peaks.bed"))


def test_count_fragments(count, golden):
    qc = qc_of(count())
    names = ("frequency_count", "mononucleosomal", "nucleosome_free", "reads_count")
    ours = ("fragments", "mononucleosomal", "nucleosome_free", "reads")
    every = rows_of(golden / "countfragments_all.csv")
    assert [row["CB"] for row in every] == list(qc), "in order of first appearance"
    for row in every + rows_of(golden / "countfragments_three_cells.csv"):
        assert [int(row[name]) for name in names] == [int(qc[row["CB"]][name]) for name in ours]


def same(ours, signac, **tolerance):
    ours, signac = float(ours), float(signac)
    return (
        ours == signac or (math.isnan(ours) and math.isnan(signac)) or math.isclose(ours, signac, **tolerance)
    )


def test_nucleosome_signal(count, golden, tmp_path):
    expected = rows_of(golden / "nucleosome_signal.csv")
    qc = qc_of(count("--cells", golden / CELLS))
    for row in expected:
        assert same(qc[row["cell"]]["nucleosome_signal"], row["default_n"], rel_tol=0, abs_tol=1e-14), row
    good = [row["cell"] for row in expected if float(qc[row["cell"]]["nucleosome_signal"]) < 2]
    assert good == (golden / "subset_nucleosome_lt_2_cells.txt").read_text().split()

    # Signac reads the first 5,000 lines for each cell by default; here that is all of them.
    qc = qc_of(count("--cells", golden / CELLS, "--nucleosome-lines", "auto"))
    for row in expected:
        assert same(qc[row["cell"]]["nucleosome_signal"], row["default_n"], rel_tol=0, abs_tol=1e-14), row
    qc = qc_of(count("--cells", golden / CELLS, "--nucleosome-lines", 3000))
    for row in expected:
        assert same(
            qc[row["cell"]]["nucleosome_signal"], row["first3000lines"], rel_tol=0, abs_tol=1e-14
        ), row

    # The same as a file that ends there.
    with gzip.open(golden / "fragments.tsv.gz", "rt") as file:
        lines = [line for line in file if not line.startswith("#")][:3000]
    (tmp_path / "first.tsv").write_text("".join(lines))
    qc = qc_of(count("--cells", golden / CELLS, fragments=tmp_path / "first.tsv"))
    for row in expected:
        assert same(
            qc[row["cell"]]["nucleosome_signal"], row["first3000lines"], rel_tol=0, abs_tol=1e-14
        ), row


def test_tss_enrichment(count, golden, tmp_path):
    sites = [
        f"{row['chr']}\t{int(row['pos1']) - 1}\t{row['pos1']}\t{row['gene_id']}\t0\t{row['strand']}\n"
        for row in rows_of(golden / "tss_positions.csv")
    ]
    late = [site for site in sites if int(site.split("\t")[2]) > 1001]
    expected = rows_of(golden / "tss_enrichment.csv")
    for column, chosen in {
        "fast_all": None,
        "fast_start_gt_1001": late,
        "fast_first10": sites[:10],
    }.items():
        args = ["--cells", golden / CELLS]
        if chosen is not None:
            (tmp_path / "tss.bed").write_text("".join(chosen))
            args += ["--tss", tmp_path / "tss.bed"]
        qc = qc_of(count(*args))
        for row in expected:
            ours = qc[row["cell"]]["tss_enrichment"]
            assert same(ours, row[column], rel_tol=1e-12), f"{column} {row['cell']}: {ours} != {row[column]}"


def test_full_tss_enrichment(count, golden, tmp_path):
    """TSSEnrichment(fast = FALSE), behind --all-formulas."""
    sites = [
        f"{row['chr']}\t{int(row['pos1']) - 1}\t{row['pos1']}\t{row['gene_id']}\t0\t{row['strand']}\n"
        for row in rows_of(golden / "tss_positions.csv")
    ]
    (tmp_path / "tss.bed").write_text("".join(site for site in sites if int(site.split("\t")[2]) > 1001))
    expected = rows_of(golden / "tss_enrichment.csv")
    for column, args in {"full_all": [], "full_start_gt_1001": ["--tss", tmp_path / "tss.bed"]}.items():
        qc = qc_of(count("--cells", golden / CELLS, "--all-formulas", *args))
        for row in expected:
            ours = qc[row["cell"]]["tss_enrichment_signac_full"]
            assert same(ours, row[column], rel_tol=1e-11), f"{column} {row['cell']}: {ours} != {row[column]}"


def test_gene_activity(count, golden):
    folder = count("--cells", golden / CELLS)
    ours = anndata.read_h5ad(folder / "gene_activity.h5ad")
    values, cells, features = read_matrix(golden, "geneactivity_default")
    assert_equals_signac(ours, values, cells, features, ["PARGENE.1", "YGENE"])
    collapsed = {row["gene_name"]: row for row in rows_of(golden / "collapsed_genes.csv") if row["gene_name"]}
    for name, gene in ours.var.iterrows():
        row = collapsed.get(name) or collapsed.get("NA")
        if name not in ("ENSGEMPTY", "ENSGNA"):
            assert (gene["gene_ids"], gene["chromosome"]) == (row["gene_id"], row["chr"])
            assert (gene["start"], gene["end"]) == (int(row["start1"]) - 1, int(row["end"]))
    total = values.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        lognorm = np.nan_to_num(np.log1p(values / total * 10000))
    np.testing.assert_allclose(ours[:, features].layers["lognorm"].toarray(), lognorm, rtol=0, atol=1e-14)


def test_gene_bodies_of_all_biotypes(count, golden, tmp_path):
    """GeneActivity without extension and limits is a FeatureMatrix of the collapsed genes."""
    genes = rows_of(golden / "collapsed_genes.csv")
    (tmp_path / "bodies.bed").write_text(
        "".join(f"{row['chr']}\t{int(row['start1']) - 1}\t{row['end']}\n" for row in genes)
    )
    values, cells, ids = read_matrix(golden, "geneactivity_all_biotypes_ids_noext_nomax")
    folder = count("--cells", golden / CELLS, peaks=tmp_path / "bodies.bed")
    ours = anndata.read_h5ad(folder / "peaks.h5ad").X.toarray()
    seen = [i for i, row in enumerate(genes) if row["chr"] != "chrY"]
    assert [genes[i]["gene_id"] for i in seen] == ids
    np.testing.assert_array_equal(ours[:, seen], values)
