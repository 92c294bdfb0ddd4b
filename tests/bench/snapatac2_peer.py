"""What `count` does in one pass, done by SnapATAC2: CPU seconds of each step as JSON. Run by count.py in an environment
of its own.

usage: python snapatac2_peer.py FOLDER OUT   (FOLDER as `epifoundry simulate` leaves it)
"""

import json
import os
import resource
import sys
from pathlib import Path

import snapatac2


def main():
    folder, out = map(Path, sys.argv[1:])
    fragments, peaks, genes = folder / "D1.fragments.tsv.gz", folder / "peaks.bed", folder / "genes.gtf.gz"
    sizes = {name: int(size) for name, size in map(str.split, (folder / "chrom.sizes").open())}
    seconds, last = {}, sum(os.times()[:4])

    def done(step):
        nonlocal last
        now = sum(os.times()[:4])
        seconds[step] = round(now - last, 2)
        last = now

    data = snapatac2.pp.import_fragments(
        fragments,
        sizes,
        file=out / "snapatac2.h5ad",
        min_num_fragments=0,
        sorted_by_barcode=False,
        tempdir=out,
    )
    done("import")
    snapatac2.metrics.tsse(data, genes)
    done("TSS enrichment")
    matrix = snapatac2.pp.make_peak_matrix(data, peak_file=peaks, counting_strategy="paired-insertion")
    done("peaks")
    activity = snapatac2.pp.make_gene_matrix(data, genes)
    done("genes")
    print(
        json.dumps(
            {
                "version": snapatac2.__version__,
                "seconds": seconds,
                "barcodes": matrix.shape[0],
                "fragments": int(data.obs["n_fragment"].sum()),
                "peak_counts": int(matrix.X.sum()),
                "genes": activity.shape[1],
                "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
