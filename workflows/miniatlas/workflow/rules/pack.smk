# one sample -> one shard of the store.


rule pack:
    input:
        atac=rules.count.output.peaks,
        rna=rules.genes.output,
        cells=rules.select.output.cells,
        labels=rules.label.output.labels,
    output:
        f"{RESULTS}/pack/{{sample}}.h5mu",
    log:
        f"{RESULTS}/logs/pack/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/pack/{{sample}}.tsv"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        batch=lambda wildcards: SAMPLES[wildcards.sample]["batch"],
        donor=lambda wildcards: SAMPLES[wildcards.sample]["donor"],
        tissue=lambda wildcards: SAMPLES[wildcards.sample]["tissue"],
    shell:
        "epifoundry pack --atac {input.atac} --rna {input.rna} --cells {input.cells} --labels {input.labels}"
        " --sample {wildcards.sample} --batch '{params.batch}' --donor '{params.donor}' --tissue '{params.tissue}'"
        " --force -o {output} 2> {log}"
