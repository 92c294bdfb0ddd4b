"""Each parser of foreign bytes under libFuzzer with sanitizers: no crash, no endless loop, no read out of bounds.

EPIFOUNDRY_FUZZ_SECONDS=3600 ./run test fuzz  searches longer. What it finds is kept in build/fuzz/found.
"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus import SEEDS
from support.optional_data import ROOT

BUILD = ROOT / "build" / "fuzz"
# The parsers of what everybody reads get a minute between them.
SECONDS = {"fragment_lines": 30, "bgzf": 30}


def fuzz(name, folder):
    """The finished process of one target."""
    folder.mkdir()
    for i, seed in enumerate(SEEDS[name]()):
        (folder / f"seed{i}").write_bytes(seed)
    found = BUILD / "found"
    found.mkdir(exist_ok=True)
    seconds = os.environ.get("EPIFOUNDRY_FUZZ_SECONDS", SECONDS.get(name, 8))
    limits = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", "-rss_limit_mb=4096", "-seed=1"]
    return subprocess.run(
        [BUILD / "bin" / f"fuzz_{name}", *limits, f"-artifact_prefix={found}/{name}-", folder],
        capture_output=True,
        text=True,
        errors="replace",
        # LibTorch keeps what it has allocated. htslib asks for what a header says and can do without.
        env=os.environ
        | {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=256"},
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    jobs = int(os.environ.get("EPIFOUNDRY_JOBS", os.cpu_count()))
    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip(SEEDS, pool.map(lambda name: fuzz(name, folder / name), SEEDS)))


@pytest.mark.parametrize("name", SEEDS)
def test_survives_any_bytes(name, runs):
    done = runs[name]
    assert done.returncode == 0, done.stderr[-4000:]
    ending = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
    assert ending and int(ending[0].split()[1]) > len(SEEDS[name]())
