# fragments -> a fragment cache, which all that looks at them later reads: each file is unzipped once.


rule cache:
    input:
        fragments=sample_file("fragments"),
    output:
        f"{RESULTS}/cache/{{sample}}.cache",
    log:
        f"{RESULTS}/logs/cache/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/cache/{{sample}}.tsv"
    threads: min(4, workflow.cores)
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        options=options({name: value for name, value in config["count"].items() if name in READING}),
    shell:
        "epifoundry count {input.fragments} --cache {output} {params.options} -@ {threads} --force 2> {log}"
