#!/usr/bin/env bash
# Mouse cortex, 10,309 paired nuclei: from the published matrices to a network that names cell types, and how well it does.
# usage: run.sh FOLDER RESULTS
# Needs epifoundry in PATH and a Python (PYTHON) with mudata. Says at the end what it reached; about 20 minutes on two cores.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1 results=$2
mkdir -p "$results"

"${PYTHON:-python3}" "$here/to_h5mu.py" "$folder" "$results/mop.h5mu"
epifoundry atlas repack "$results/mop.h5mu" --sample MOp --genome mm10 --force -o "$results/MOp.h5mu"
if [ ! -e "$results/atlas" ]; then
    epifoundry atlas create "$results/atlas" "$results/MOp.h5mu" --genome mm10
    epifoundry atlas split "$results/atlas" --by cell --fractions 0.8,0.1,0.1
fi
epifoundry atlas verify "$results/atlas"
# Continued where they were stopped.
epifoundry pretrain "$results/atlas" --preset small --resume -o "$results/pretrain"
# "Mis" are nuclei that the authors could not place. The network soon learns so few nuclei by heart: then it stops.
epifoundry finetune "$results/atlas" --model "$results/pretrain" --where "cell_type != Mis" --patience 4 --resume \
    -o "$results/finetune"
epifoundry predict "$results/atlas" --model "$results/finetune" --min-confidence 0 --force -o "$results/cell_types.h5ad"
epifoundry atlas cells "$results/atlas" --split test | awk -F '\t' '$7 != "Mis"' >"$results/test_cells.tsv"
epifoundry evaluate "$results/cell_types.h5ad" --truth cell_type --truth-table "$results/test_cells.tsv" --force -o "$results/scores"
echo "genes, validation cells, by epoch (accuracy on half expressed, half silent):"
cut -f 1,11,12 "$results/pretrain/training.tsv"
echo "cell types, test cells:"
cat "$results/scores/metrics.tsv"
