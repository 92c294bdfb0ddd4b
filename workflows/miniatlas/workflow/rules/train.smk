# atlas -> pretrained model -> model that names cell types.


rule pretrain:
    input:
        rules.atlas.output,
    output:
        f"{RESULTS}/pretrain/DONE",
    log:
        f"{RESULTS}/logs/pretrain.log",
    benchmark:
        f"{RESULTS}/benchmarks/pretrain.tsv"
    threads: workflow.cores
    resources:
        mem_mb=8000,
        runtime=1440,
    params:
        options=options(config["pretrain"]),
        atlas=subpath(input[0], parent=True),
        folder=subpath(output[0], parent=True),
        seed=config["seed"],
    shell:
        "epifoundry pretrain {params.atlas} {params.options} --seed {params.seed} -@ {threads} --force"
        " -o {params.folder}/ 2> {log}"


rule finetune:
    input:
        atlas=rules.atlas.output[0],
        model=rules.pretrain.output[0],
    output:
        f"{RESULTS}/finetune/DONE",
    log:
        f"{RESULTS}/logs/finetune.log",
    benchmark:
        f"{RESULTS}/benchmarks/finetune.tsv"
    threads: workflow.cores
    resources:
        mem_mb=8000,
        runtime=1440,
    params:
        options=options(config["finetune"]),
        atlas=subpath(input.atlas, parent=True),
        model=subpath(input.model, parent=True),
        folder=subpath(output[0], parent=True),
        seed=config["seed"],
    shell:
        "epifoundry finetune {params.atlas} --model {params.model} --task cell-type {params.options}"
        " --seed {params.seed} -@ {threads} --force -o {params.folder}/ 2> {log}"
