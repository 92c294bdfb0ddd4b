# a fragment file alone + the model -> cell types. Either samples that the atlas never saw, or the atlas samples' own cells
# of the split that training left out.

if not NEW_SAMPLES:

    rule held_out_cells:
        input:
            rules.atlas.output,
        output:
            f"{RESULTS}/annotate/{{sample}}.cells.tsv",
        log:
            f"{RESULTS}/logs/held_out_cells/{{sample}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/held_out_cells/{{sample}}.tsv"
        resources:
            mem_mb=1000,
            runtime=5,
        params:
            split=config["annotate"]["split"],
            atlas=subpath(input[0], parent=True),
        shell:
            "epifoundry atlas cells {params.atlas} --split {params.split} --sample {wildcards.sample}"
            " > {output} 2> {log}"


HELD_OUT = [] if NEW_SAMPLES else f"{RESULTS}/annotate/{{sample}}.cells.tsv"


rule annotate:
    input:
        # Those of an atlas sample were read before.
        fragments=(sample_file("fragments") if NEW_SAMPLES else f"{RESULTS}/cache/{{sample}}.cache"),
        model=rules.finetune.output[0],
        cells=HELD_OUT,
    output:
        annotations=f"{RESULTS}/annotate/{{sample}}/annotations.tsv",
        cells=f"{RESULTS}/annotate/{{sample}}/annotated.h5ad",
        report=f"{RESULTS}/annotate/{{sample}}/report.html",
        json=f"{RESULTS}/annotate/{{sample}}/annotate.json",
    log:
        f"{RESULTS}/logs/annotate/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/annotate/{{sample}}.tsv"
    threads: workflow.cores
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        options=options(config["annotate"]["options"]),
        cells=option_for("--cells", HELD_OUT),
        model=subpath(input.model, parent=True),
        folder=subpath(output.json, parent=True),
    shell:
        "epifoundry annotate {input.fragments} --model {params.model} {params.cells} {params.options}"
        " -@ {threads} --force -o {params.folder}/ 2> {log}"


# What the model says of the genes of these cells, to compare with their RNA.
rule predict_expression:
    input:
        cells=rules.annotate.output.cells,
        model=rules.pretrain.output[0],
    output:
        f"{RESULTS}/annotate/{{sample}}.expression.h5ad",
    log:
        f"{RESULTS}/logs/predict_expression/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_expression/{{sample}}.tsv"
    threads: workflow.cores
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        model=subpath(input.model, parent=True),
    shell:
        "epifoundry predict {input.cells} --model {params.model} --task expression -@ {threads} --force -o {output}"
        " 2> {log}"


# What simple methods, trained on the same cells, say of them.
rule baseline_annotate:
    input:
        atlas=rules.atlas.output[0],
        cells=rules.annotate.output.cells,
    output:
        f"{RESULTS}/baseline/{{sample}}.{{method}}-{{classifier}}/cells.h5ad",
    log:
        f"{RESULTS}/logs/baseline_annotate/{{sample}}.{{method}}-{{classifier}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/baseline_annotate/{{sample}}.{{method}}-{{classifier}}.tsv"
    wildcard_constraints:
        method="lsi|peaks",
        classifier="knn|logistic|naive-bayes",
    threads: min(4, workflow.cores)
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        atlas=subpath(input.atlas, parent=True),
    shell:
        "epifoundry baseline {params.atlas} --method {wildcards.method} --classifier {wildcards.classifier}"
        " --apply {input.cells} -@ {threads} --force -o {output} 2> {log}"
