# RNA + ATAC of the kept cells -> clusters and cell types; or labels from a table.


rule label:
    input:
        atac=rules.count.output.peaks,
        rna=rules.genes.output,
        cells=rules.select.output.cells,
        reference=optional_file(config["reference"]),
        table=lambda wildcards: optional_file(SAMPLES[wildcards.sample]["labels"]),
    output:
        labels=f"{RESULTS}/label/{{sample}}/labels.tsv",
        embeddings=f"{RESULTS}/label/{{sample}}/embeddings.h5ad",
        json=f"{RESULTS}/label/{{sample}}/label.json",
    log:
        f"{RESULTS}/logs/label/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label/{{sample}}.tsv"
    threads: min(4, workflow.cores)
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        options=options(config["label"]),
        source=label_source,
        folder=subpath(output.json, parent=True),
    shell:
        "epifoundry label --atac {input.atac} --rna {input.rna} --cells {input.cells} {params.source}"
        " {params.options} -@ {threads} --force -o {params.folder}/ 2> {log}"
