# RNA in any of its formats -> cell x gene on the fixed gene table.


rule genes:
    input:
        rna=sample_file("rna"),
        genes=GENES,
    output:
        f"{RESULTS}/genes/{{sample}}/rna.h5ad",
    log:
        f"{RESULTS}/logs/genes/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/genes/{{sample}}.tsv"
    resources:
        mem_mb=4000,
        runtime=30,
    shell:
        "epifoundry genes {input.rna} --gene-table {input.genes} --force -o {output} 2> {log}"
