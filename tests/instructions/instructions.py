"""Instructions that `count` spends on a fragment, as valgrind counts them.

python tests/instructions/instructions.py --update  stores today's figure, which the test compares with.

They do not move with the load of the machine. Counted are those of the program itself and not those of libraries (libc,
libdeflate), which choose their code by the processor. Two samples are counted: what a run costs before its first fragment
cancels out.
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from support.programs import BIN

FIGURE = Path(__file__).with_name("instructions.json")
CELLS = (100, 300)


def own_instructions(profile, program):
    """The self cost of all functions of one object in a file of callgrind."""
    names, cost, of, skip = {}, Counter(), None, False
    for line in profile.read_text().splitlines():
        if line.startswith("ob="):
            number, _, name = line[3:].partition(" ")
            of = names.setdefault(number, name)
        elif line.startswith("cob="):
            number, _, name = line[4:].partition(" ")
            names.setdefault(number, name)
        elif line.startswith("calls="):
            skip = True  # the next line is the cost of what was called
        elif line.startswith(tuple("0123456789+-*")):
            if not skip:
                cost[of] += int(line.split()[1])
            skip = False
    return cost[str(program)]


def simulate(folder, cells):
    command = [
        "simulate",
        "--fragments-only",
        "--samples",
        1,
        "--cells",
        cells,
        "--peaks",
        3000,
        "--genes",
        500,
    ]
    subprocess.run([BIN / "epifoundry", *map(str, command), "-q", "-o", folder], check=True)


def count_under_valgrind(folder):
    """(fragments, instructions) of a run of `count` on one thread."""
    program = (BIN / "epifoundry").resolve()
    profile = folder / "callgrind.out"
    command = [program, "count", folder / "D1.fragments.tsv.gz", "--peaks", folder / "peaks.bed"]
    command += ["--genes", folder / "genes.tsv", "-@", "1", "-q", "-o", folder / "counts"]
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}"]
    done = subprocess.run([*valgrind, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    totals = json.loads((folder / "counts" / "count.json").read_text())
    return totals["fragments"], own_instructions(profile, program)


def per_fragment():
    with tempfile.TemporaryDirectory() as scratch:
        seen = []
        for cells in CELLS:
            folder = Path(scratch) / str(cells)
            simulate(folder, cells)
            seen.append(count_under_valgrind(folder))
    (few, low), (many, high) = seen
    return (high - low) / (many - few)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="store the figure")
    args = parser.parse_args()
    figure = per_fragment()
    print(f"{figure:.1f} instructions a fragment")
    if args.update:
        FIGURE.write_text(json.dumps({"count_per_fragment": round(figure, 1)}) + "\n")


if __name__ == "__main__":
    main()
