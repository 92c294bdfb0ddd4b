# QC tables -> kept cells, with the reason for every cell dropped.


rule select:
    input:
        qc=rules.count.output.qc,
        rna=rules.genes.output,
    output:
        cells=f"{RESULTS}/select/{{sample}}/cells.tsv",
        json=f"{RESULTS}/select/{{sample}}/select.json",
    log:
        f"{RESULTS}/logs/select/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/select/{{sample}}.tsv"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        options=options(config["select"]),
        counts=subpath(input.qc, parent=True),
        folder=subpath(output.json, parent=True),
    shell:
        "epifoundry select --counts {params.counts} --rna {input.rna} {params.options} --force -o {params.folder}/"
        " 2> {log}"
