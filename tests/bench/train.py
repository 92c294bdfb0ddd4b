"""How fast the network and its trainer are on a CPU, beside the same network written the plain way.

usage: python tests/bench/train.py [--rounds N] [--parts PART,...] [--cells N] [--peaks N]

The peers are LibTorch programs, too (tests/bench/peer_network.hpp), in four layouts:
  reference   every cell padded to 12,000 peaks and 8,000 genes, masked attention, the cell repeated for every gene
  ref_unpad   the same, but attention sees real tokens only, as the reference's flash attention does
  batchmax    padded to the longest cell of the batch
  packed      no padding, the last layer for the CLS token only, the gene decoder split
`ours_bf16` is ours with --precision bf16. Of our training the last column says which share of an epoch it waited for cells.
First the outputs of all are compared. Rounds are interleaved; ratios are of the best.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("EPIFOUNDRY_BIN", ROOT / "build" / "bin"))
# part: (what must be reached of each peer, cells in all)
PARTS = {
    "infer small": ({"reference": 24, "ref_unpad": 4.2, "batchmax": 6.7, "packed": 1.2}, 16),
    "train small": ({"reference": 21, "ref_unpad": 5.4, "batchmax": 6.2, "packed": 1.2}, 16),
    "infer paper": ({"reference": 20, "ref_unpad": 3.3, "batchmax": 2.1, "packed": 1.0}, 4),
}
THREADS = "2"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--cells", type=int, help="cells of each part")
    parser.add_argument("--peaks", type=int, default=100_000)
    return parser.parse_args()


def measure(part, variant, cells, peaks):
    # The peers run as LibTorch comes; ours chooses the kernels that the processor has.
    env = os.environ | ({} if variant.startswith("ours") else {"EPIFOUNDRY_MKL_DISPATCH": "vendor"})
    command = [
        BIN / "bench_train",
        *part.split(),
        variant,
        str(cells),
        str(min(8, cells)),
        THREADS,
        str(peaks),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode != 0:
        sys.exit(f"{part} {variant} failed: {done.stderr}")
    return json.loads(done.stdout)


def main():
    args = arguments()
    checked = subprocess.run([BIN / "bench_train", "check"], capture_output=True, text=True)
    if checked.returncode != 0:
        sys.exit(f"the outputs differ: {checked.stdout}{checked.stderr}")
    print(f"largest difference of any output: {float(checked.stdout):.1g}\n")
    print("| part | variant | cells/s, best | median | ours is x times | asked | MB at most | waiting |")
    print("|---|---|---|---|---|---|---|---|")
    for part in args.parts.split(","):
        goals, cells = PARTS[part]
        cells = args.cells or cells
        runs = {name: [] for name in ("ours", "ours_bf16", *goals)}
        for _ in range(args.rounds):
            for name in runs:
                runs[name].append(measure(part, name, cells, args.peaks))
        rates = {name: [cells / run["seconds"] for run in done] for name, done in runs.items()}
        for name, done in runs.items():
            ratio = max(rates["ours"]) / max(rates[name])
            best, median = max(rates[name]), statistics.median(rates[name])
            asked = goals.get(name, "")
            print(
                f"| {part} | {name} | {best:.2f} | {median:.2f} | {ratio:.2f} | {asked} |"
                f" {max(run['mb'] for run in done):.0f} | {max(run['waiting'] for run in done):.1%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
