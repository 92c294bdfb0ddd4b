# atlas + model -> embeddings and predictions of its own cells; the same by a simple method.


rule embed:
    input:
        atlas=rules.atlas.output[0],
        model=rules.finetune.output[0],
    output:
        f"{RESULTS}/embed/atlas.h5ad",
    log:
        f"{RESULTS}/logs/embed.log",
    benchmark:
        f"{RESULTS}/benchmarks/embed.tsv"
    threads: workflow.cores
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        atlas=subpath(input.atlas, parent=True),
        model=subpath(input.model, parent=True),
    shell:
        "epifoundry embed {params.atlas} --model {params.model} -@ {threads} --force -o {output} 2> {log}"


rule predict:
    input:
        atlas=rules.atlas.output[0],
        model=rules.finetune.output[0],
    output:
        f"{RESULTS}/predict/atlas.h5ad",
    log:
        f"{RESULTS}/logs/predict.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict.tsv"
    threads: workflow.cores
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        atlas=subpath(input.atlas, parent=True),
        model=subpath(input.model, parent=True),
    shell:
        "epifoundry predict {params.atlas} --model {params.model} --task cell-type -@ {threads} --force -o {output}"
        " 2> {log}"


rule baseline:
    input:
        rules.atlas.output,
    output:
        f"{RESULTS}/baseline/lsi-knn/cells.h5ad",
    log:
        f"{RESULTS}/logs/baseline.log",
    benchmark:
        f"{RESULTS}/benchmarks/baseline.tsv"
    threads: min(4, workflow.cores)
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        atlas=subpath(input[0], parent=True),
    shell:
        "epifoundry baseline {params.atlas} --method lsi --classifier knn -@ {threads} --force -o {output} 2> {log}"
