# shards -> the atlas: a manifest, and which cells train, validate and test.


rule atlas:
    input:
        expand(rules.pack.output, sample=ATLAS_SAMPLES),
    output:
        f"{RESULTS}/atlas/atlas.json",
    log:
        f"{RESULTS}/logs/atlas.log",
    benchmark:
        f"{RESULTS}/benchmarks/atlas.tsv"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        folder=subpath(output[0], parent=True),
        split=options(config["split"]),
        seed=config["seed"],
    shell:
        "(epifoundry atlas create {params.folder} {input} --force &&"
        " epifoundry atlas split {params.folder} {params.split} --seed {params.seed} &&"
        " epifoundry atlas verify {params.folder}) 2> {log}"
