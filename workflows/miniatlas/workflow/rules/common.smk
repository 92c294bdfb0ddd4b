# What the rules share: the sample sheet, paths, and the options of a command as text.

RESULTS = config["results"]
FOLDER = Path(config["folder"])


def read_samples(path):
    with open(path, newline="") as handle:
        samples = {row["sample"]: row for row in csv.DictReader(handle, delimiter="\t")}
    for row in samples.values():
        validate(row, "../schemas/samples.schema.yaml")
    return samples


SAMPLES = read_samples(config["samples"])
NEW_SAMPLES = config["annotate"]["samples"]
ATLAS_SAMPLES = [name for name in SAMPLES if name not in NEW_SAMPLES]
# Annotated in the end: samples that the atlas never saw, or else the atlas samples' cells of one split.
ANNOTATED = NEW_SAMPLES or ATLAS_SAMPLES

for name in NEW_SAMPLES:
    if name not in SAMPLES:
        raise ValueError(f"annotate.samples: {name} is not in {config['samples']}")
if not ATLAS_SAMPLES:
    raise ValueError("annotate.samples leaves no sample for the atlas")


def inside_folder(path):
    """A path of the sheet or the config; relative ones lie in `folder`."""
    return str(FOLDER / path)


def sample_file(column):
    return lambda wildcards: inside_folder(SAMPLES[wildcards.sample][column])


def optional_file(path):
    return inside_folder(path) if path else []


def options(section):
    """{'min_fragments': 100, 'binarize': True} -> '--min-fragments 100 --binarize'"""
    words = []
    for key, value in section.items():
        flag = f"--{key.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return " ".join(words)


# Options of count that say how a fragment file is read, and so belong to its cache.
READING = ("skip_bad_lines", "allow_truncated")


def option_for(flag, path):
    """The flag with its file where there is one."""
    return f"{flag} {path}" if path else ""


def label_source(wildcards):
    """The options that say where labels come from."""
    table = SAMPLES[wildcards.sample]["labels"]
    if not table:
        return option_for("--reference", optional_file(config["reference"]))
    columns = config["labels"]
    return (
        f"--labels {inside_folder(table)} --cell-column {columns['cell_column']}"
        f" --label-column {columns['label_column']}"
        f" {option_for('--unlabelled', columns['unlabelled'])}"
    )


def called_cells(wildcards):
    """The table of called cells, where the config names one."""
    return optional_file((config["cells"] or "").format(sample=wildcards.sample))


def truth_table(wildcards):
    """The table of the config; without one, the labels that the workflow was given or made."""
    if config.get("truth"):
        return inside_folder(config["truth"]["table"].format(sample=wildcards.sample))
    return f"{RESULTS}/label/{wildcards.sample}/labels.tsv"


def truth_options(wildcards):
    truth = config.get("truth") or {
        "cell_column": "barcode",
        "label_column": "cell_type",
        "where": None,
    }
    where = f" --where '{truth['where']}'" if truth["where"] else ""
    return (
        f"--truth-table {truth_table(wildcards)} --cell-column {truth['cell_column']}"
        f" --truth {truth['label_column']}{where}"
    )
