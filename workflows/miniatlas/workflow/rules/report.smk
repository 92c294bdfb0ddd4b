# everything -> one page to look at, and the few figures that matter as text.


rule report:
    input:
        expand(rules.count.output.json, sample=ATLAS_SAMPLES),
        expand(rules.select.output.json, sample=ATLAS_SAMPLES),
        expand(rules.label.output.json, sample=ATLAS_SAMPLES),
        rules.pretrain.output,
        rules.finetune.output,
        expand(rules.annotate.output.json, sample=ANNOTATED),
        rules.evaluate_embedding.output,
        rules.evaluate_atlas.output,
        expand(rules.evaluate_annotation.output, sample=ANNOTATED),
        expand(rules.evaluate_baseline.output, sample=ANNOTATED, baseline=BASELINES),
        expand(rules.evaluate_expression.output, sample=ANNOTATED),
    output:
        f"{RESULTS}/report/report.html",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        folders=lambda wildcards, input: [str(Path(path).parent) for path in input],
        folder=subpath(output[0], parent=True),
    shell:
        "epifoundry report {params.folders} --force -o {params.folder}/ 2> {log}"


rule summary:
    input:
        model=expand(rules.evaluate_annotation.output, sample=ANNOTATED),
        baselines=expand(rules.evaluate_baseline.output, sample=ANNOTATED, baseline=BASELINES),
        expression=expand(rules.evaluate_expression.output, sample=ANNOTATED),
        report=rules.report.output,
        lsi=rules.baseline.output,
    output:
        f"{RESULTS}/summary.txt",
    log:
        f"{RESULTS}/logs/summary.log",
    benchmark:
        f"{RESULTS}/benchmarks/summary.tsv"
    params:
        samples=ANNOTATED,
        baselines=BASELINES,
        benchmarks=f"{RESULTS}/benchmarks",
    script:
        "../scripts/summary.py"
