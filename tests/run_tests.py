"""Runs all tests that ./run test names and counts their cases; the last line is `N passed, N failed, N skipped`.

Groups are folders of tests; `run_tests.py unit cli` runs only those.
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from support.optional_data import DATA, ROOT

BUILD = ROOT / "build"
RESULTS = BUILD / "test-results"
JOBS = os.environ.get("EPIFOUNDRY_JOBS", str(os.cpu_count()))
# Unit tests run side by side: LibTorch's threads would spin against each other.
ONE_THREAD = ["env", "OMP_NUM_THREADS=1", "OMP_WAIT_POLICY=passive"]


def ctest(build, results):
    return [
        *ONE_THREAD,
        "ctest",
        "--test-dir",
        build,
        "-j",
        JOBS,
        "--output-on-failure",
        "--output-junit",
        results,
    ]


def built(target, build, command):
    """The command, once the target is built; its group fails if that fails."""
    script = 'cmake --build "$0" --target "$1" -j "$2" && shift 2 && exec "$@"'
    return ["sh", "-c", script, build, target, JOBS, *command]


def pytest(folder, results):
    return [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--durations=5",
        f"--junitxml={results}",
        ROOT / "tests" / folder,
    ]


def groups():
    """name -> command, in the order they run: what answers first comes first."""
    table = {"unit": ctest(BUILD, RESULTS / "unit.xml")}
    for folder in ("cli", "format", "pipeline", "parity", "instructions", "hygiene", "workflow"):
        if any((ROOT / "tests" / folder).glob("test_*.py")):
            table[folder] = pytest(folder, RESULTS / f"{folder}.xml")
    table["asan"] = built("unit_tests", BUILD / "asan", ctest(BUILD / "asan", RESULTS / "asan.xml"))
    table["tsan"] = built(
        "thread_tests", BUILD / "tsan", [*ctest(BUILD / "tsan", RESULTS / "tsan.xml"), "-L", "threads"]
    )
    table["fuzz"] = built("fuzz_targets", BUILD / "fuzz", pytest("fuzz", RESULTS / "fuzz.xml"))
    return table


def needs_present_data(case):
    """Whether a case was skipped for want of optional data although that folder is there."""
    text = " ".join([*case.itertext(), *(element.get("message", "") for element in case.iter())])
    return DATA.exists() and "optional data" in text


def outcome(case):
    """passed, failed or skipped, of one <testcase>."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "failed" if needs_present_data(case) else "skipped"
    return "passed"


def run(name, command):
    """Runs one group; counts its cases, and a group that reports none or ends badly as a failure."""
    results = RESULTS / f"{name}.xml"
    results.unlink(missing_ok=True)
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT).returncode
    cases = list(ElementTree.parse(results).iter("testcase")) if results.exists() else []
    counts = Counter(map(outcome, cases))
    for case in cases:
        if outcome(case) == "failed" and case.find("skipped") is not None:
            print(f"failed: {case.get('name')} was skipped, but the optional data is there")
    if code != 0 and counts["failed"] == 0 or not cases:
        print(f"failed: {name} ended with exit code {code} after {len(cases)} cases")
        counts["failed"] += 1
    return counts, time.monotonic() - started


def line(counts):
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


def main(chosen):
    table = groups()
    unknown = set(chosen) - set(table)
    if unknown:
        sys.exit(f"unknown group {', '.join(sorted(unknown))}; there are {', '.join(table)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    total, summary = Counter(), []
    for name in chosen or table:
        counts, seconds = run(name, table[name])
        total += counts
        summary.append(f"{name:10} {seconds:5.0f} s  {line(counts)}")
    print("\n" + "\n".join(summary))
    print(line(total), flush=True)
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
