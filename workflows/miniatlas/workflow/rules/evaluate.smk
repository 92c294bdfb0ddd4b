# embeddings and predictions against the truth -> metrics.

BASELINES = ["lsi-knn", "peaks-logistic", "peaks-naive-bayes"]


rule evaluate_embedding:
    input:
        rules.embed.output,
    output:
        f"{RESULTS}/evaluate/embedding/metrics.json",
    log:
        f"{RESULTS}/logs/evaluate/embedding.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/embedding.tsv"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        folder=subpath(output[0], parent=True),
    shell:
        "epifoundry evaluate {input} --embedding X_epifoundry --label cell_type --batch batch --force"
        " -o {params.folder}/ 2> {log}"


rule evaluate_atlas:
    input:
        rules.predict.output,
    output:
        f"{RESULTS}/evaluate/atlas/metrics.json",
    log:
        f"{RESULTS}/logs/evaluate/atlas.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/atlas.tsv"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        folder=subpath(output[0], parent=True),
    shell:
        "epifoundry evaluate {input} --truth cell_type --predicted predicted_cell_type --force -o {params.folder}/"
        " 2> {log}"


rule evaluate_annotation:
    input:
        cells=rules.annotate.output.cells,
        truth=truth_table,
    output:
        f"{RESULTS}/evaluate/{{sample}}.model/metrics.json",
    log:
        f"{RESULTS}/logs/evaluate/{{sample}}.model.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{sample}}.model.tsv"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        truth=truth_options,
        folder=subpath(output[0], parent=True),
    shell:
        "epifoundry evaluate {input.cells} {params.truth} --predicted predicted_cell_type --force"
        " -o {params.folder}/ 2> {log}"


rule evaluate_baseline:
    input:
        cells=f"{RESULTS}/baseline/{{sample}}.{{baseline}}/cells.h5ad",
        truth=truth_table,
    output:
        f"{RESULTS}/evaluate/{{sample}}.{{baseline}}/metrics.json",
    log:
        f"{RESULTS}/logs/evaluate/{{sample}}.{{baseline}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{sample}}.{{baseline}}.tsv"
    wildcard_constraints:
        baseline="|".join(BASELINES),
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        truth=truth_options,
        folder=subpath(output[0], parent=True),
    shell:
        "epifoundry evaluate {input.cells} {params.truth} --predicted predicted_cell_type --force"
        " -o {params.folder}/ 2> {log}"


rule evaluate_expression:
    input:
        predicted=rules.predict_expression.output,
        rna=rules.genes.output,
    output:
        f"{RESULTS}/evaluate/{{sample}}.expression/metrics.json",
    log:
        f"{RESULTS}/logs/evaluate/{{sample}}.expression.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{sample}}.expression.tsv"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        folder=subpath(output[0], parent=True),
    shell:
        "epifoundry evaluate {input.predicted} {input.rna} --force -o {params.folder}/ 2> {log}"
