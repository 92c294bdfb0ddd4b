# pooled fragments -> peak calls (MACS3) -> one clean peak set. A given peak file replaces the calls.

PEAKS = f"{RESULTS}/peaks/peaks.bed"
CHROM_SIZES = optional_file(config["chrom_sizes"])
BLACKLIST = optional_file(config["blacklist"])


# All fragments of the atlas samples as text, only while they are looked at; the record of them stays.
rule pooled_fragments:
    input:
        [f"{RESULTS}/cache/{name}.cache" for name in ATLAS_SAMPLES],
    output:
        fragments=temp(f"{RESULTS}/peaks/pooled.fragments.tsv"),
        json=f"{RESULTS}/peaks/pooled.fragments.tsv.json",
    log:
        f"{RESULTS}/logs/pooled_fragments.log",
    benchmark:
        f"{RESULTS}/benchmarks/pooled_fragments.tsv"
    resources:
        mem_mb=2000,
        runtime=60,
    shell:
        "epifoundry fragments {input} --force -o {output.fragments} 2> {log}"


# The arguments of Signac's CallPeaks, on all barcodes of all atlas samples; see docs/decisions/0002-peak-calling.md.
rule call_peaks:
    input:
        fragments=rules.pooled_fragments.output.fragments,
        chrom_sizes=CHROM_SIZES,
    output:
        f"{RESULTS}/peaks/pooled_peaks.narrowPeak",
    log:
        f"{RESULTS}/logs/call_peaks.log",
    benchmark:
        f"{RESULTS}/benchmarks/call_peaks.tsv"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        folder=subpath(output[0], parent=True),
    shell:
        "genome_size=$(awk '{{ sum += $2 }} END {{ printf \"%.0f\", sum }}' {input.chrom_sizes}) && "
        "macs3 callpeak -t {input.fragments} -g $genome_size -f BED --nomodel --extsize 200 --shift -100"
        " -n pooled --outdir {params.folder} 2> {log}"


rule peaks:
    input:
        calls=(inside_folder(config["peaks"]) if config["peaks"] else rules.call_peaks.output),
        chrom_sizes=CHROM_SIZES,
        blacklist=BLACKLIST,
    output:
        bed=PEAKS,
        json=f"{PEAKS}.json",
    log:
        f"{RESULTS}/logs/peaks.log",
    benchmark:
        f"{RESULTS}/benchmarks/peaks.tsv"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        chrom_sizes=option_for("--chrom-sizes", CHROM_SIZES),
        blacklist=option_for("--blacklist", BLACKLIST),
    shell:
        "epifoundry peaks {input.calls} {params.chrom_sizes} {params.blacklist} --force -o {output.bed} 2> {log}"
