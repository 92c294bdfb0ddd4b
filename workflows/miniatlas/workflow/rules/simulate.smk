# parameters -> paired samples with known truth; only where the config asks for it.

if config.get("simulate"):

    rule simulate:
        output:
            [inside_folder(SAMPLES[name][column]) for name in SAMPLES for column in ("fragments", "rna")],
            [inside_folder(f"{name}.truth.tsv") for name in SAMPLES],
            [
                inside_folder(name)
                for name in (
                    "chrom.sizes",
                    "blacklist.bed",
                    "genes.tsv",
                    "reference.tsv",
                )
            ],
        log:
            f"{RESULTS}/logs/simulate.log",
        benchmark:
            f"{RESULTS}/benchmarks/simulate.tsv"
        threads: workflow.cores
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            options=options(config["simulate"]),
            folder=FOLDER,
        shell:
            "epifoundry simulate {params.options} -@ {threads} --force -o {params.folder}/ 2> {log}"
