# fragments + peaks + genes, one pass -> QC of every barcode, cell x peak, gene activity.

GENES = inside_folder(config["genes"])


rule count:
    input:
        fragments=f"{RESULTS}/cache/{{sample}}.cache",
        peaks=PEAKS,
        genes=GENES,
        chrom_sizes=CHROM_SIZES,
        blacklist=BLACKLIST,
        cells=called_cells,
    output:
        qc=f"{RESULTS}/count/{{sample}}/qc.tsv.gz",
        peaks=f"{RESULTS}/count/{{sample}}/peaks.h5ad",
        gene_activity=f"{RESULTS}/count/{{sample}}/gene_activity.h5ad",
        json=f"{RESULTS}/count/{{sample}}/count.json",
    log:
        f"{RESULTS}/logs/count/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/count/{{sample}}.tsv"
    threads: min(4, workflow.cores)
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        options=options(config["count"]),
        chrom_sizes=option_for("--chrom-sizes", CHROM_SIZES),
        blacklist=option_for("--blacklist", BLACKLIST),
        cells=lambda wildcards: option_for("--cells", called_cells(wildcards)),
        folder=subpath(output.json, parent=True),
    shell:
        "epifoundry count --from-cache {input.fragments} --peaks {input.peaks} --genes {input.genes} {params.chrom_sizes}"
        " {params.blacklist} {params.cells} {params.options} -@ {threads} --force -o {params.folder}/ 2> {log}"
