"""clang-tidy over all .cpp files; a file that was clean is not looked at again until something it sees changes.

clang-tidy walks every header that it sees, and LibTorch's take half a minute. So files are not looked at one by one:
all that see the same heavy headers are included in one generated source. Names in unnamed namespaces may clash there;
the files that fail to compile together get another round without the others.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sources import own_headers


def cache_folder():
    """Where clean results are remembered, outside the clone."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "epifoundry"
    return Path(os.environ.get("EPIFOUNDRY_CACHE", default)) / "tidy"


def arguments_for_clang(command):
    """The compiler arguments without what only g++ understands: its warnings and its precompiled header."""
    kept, words = [], iter(shlex.split(command)[1:])
    for word in words:
        if word in ("-include", "-o", "-c", "-x"):
            next(words)
        elif not word.startswith("-W"):
            kept.append(word)
    return kept


def commands(build, root):
    """source file -> arguments, for every file of ours that the build compiles."""
    entries = json.loads((build / "compile_commands.json").read_text())
    ours = ((Path(entry["file"]), entry["command"]) for entry in entries)
    return {
        path: arguments_for_clang(command)
        for path, command in ours
        if path.is_relative_to(root) and not path.is_relative_to(build)
    }


def key(path, arguments, root, version):
    """Changes with anything that the result depends on."""
    digest = hashlib.sha256(version.encode())
    digest.update("\0".join(arguments).replace(str(root), "").encode())
    for seen in (root / ".clang-tidy", path, *own_headers(path, root)):
        digest.update(str(seen.relative_to(root)).encode() + b"\0" + seen.read_bytes() + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True)
class Finding:
    """What clang-tidy says of one line; `path` is None if it names no line."""

    path: Path | None
    check: str
    text: str


def parse(output):
    """The findings in clang-tidy's output, each with its notes."""
    start = re.compile(r"^(/[^:\n]+):\d+:\d+: (?:error|warning): .*\[([\w.,-]+)\]$", re.MULTILINE)
    matches = list(start.finditer(output))
    ends = [match.start() for match in matches[1:]] + [len(output)]
    return [
        Finding(Path(match[1]), match[2].split(",")[0], output[match.start() : end].strip())
        for match, end in zip(matches, ends)
    ]


def run(paths, arguments, root):
    """The findings in files that are compiled as one."""
    with tempfile.NamedTemporaryFile("w", prefix="tidy-", suffix=".cpp") as unit:
        unit.writelines(f'#include "{path}"\n' for path in paths)
        unit.flush()
        command = [
            "clang-tidy",
            "--quiet",
            f"--config-file={root}/.clang-tidy",
            f"--header-filter=^{root}/(src|pipeline|tools|tests)/",
            unit.name,
            "--",
            "-ferror-limit=0",
            *arguments,
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=root)
    found = parse(done.stdout)
    if done.returncode and not found:
        found.append(Finding(None, "", f"clang-tidy failed on {paths[0]}...:\n{done.stderr.strip()}"))
    return found


def findings(paths, arguments, root):
    """The findings in files, compiled together as far as their names allow."""
    found = run(paths, arguments, root)
    errors = [one for one in found if one.check == "clang-diagnostic-error"]
    if not errors or len(paths) == 1:
        return found
    # An error may lie in a header, where the template or the word stands that two files understand differently;
    # then its notes name the files. If they name none, any of them may be the cause.
    broken = {path for path in paths if any(f"{path}:" in one.text for one in errors)} or set(paths)
    found = [one for one in found if one not in errors and one.path not in broken]
    again = [path for path in paths if path in broken]
    half = len(again) // 2
    for group in [again] if len(again) < len(paths) else [again[:half], again[half:]]:
        found += findings(group, arguments, root)
    return found


def union(argument_lists):
    """All arguments, each once; `-isystem FOLDER` stays together."""
    merged = {}
    for arguments in argument_lists:
        words = iter(arguments)
        for word in words:
            merged[(word, next(words)) if word == "-isystem" else (word,)] = None
    return [word for group in merged for word in group]


def batches(files, root, parts=1):
    """Lists of paths that see the same heavy header, each in so many parts; LibTorch's users first: they take longest."""
    table = defaultdict(list)
    for path in sorted(files):
        text = "".join(seen.read_text() for seen in (path, *own_headers(path, root)))
        table[next((heavy for heavy in ("<torch/", "<gtest/") if heavy in text), "")].append(path)
    lists = (table[heavy][part::parts] for heavy in ("<torch/", "", "<gtest/") for part in range(parts))
    return [paths for paths in lists if paths]


def check(build, root, cache=None):
    """The findings in all files. Needs a configured build folder."""
    cache = cache or cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    files = commands(build, root)
    marks = {path: cache / key(path, arguments, root, version) for path, arguments in files.items()}

    def look(paths):
        found = findings(paths, union(files[path] for path in paths), root)
        bad = {one.path for one in found}
        for path in paths:
            if None not in bad and bad.isdisjoint([path, *own_headers(path, root)]):
                marks[path].touch()
        return [one.text for one in found]

    jobs = int(os.environ.get("EPIFOUNDRY_JOBS", os.cpu_count()))
    groups = batches((path for path in files if not marks[path].exists()), root, jobs)
    with ThreadPoolExecutor(jobs) as pool:
        return sorted({text for found in pool.map(look, groups) for text in found})
