"""clang-tidy over all .cpp files, in parallel; a file that was clean is not looked at again until something it sees changes."""

import hashlib
import json
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
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
    digest = hashlib.sha256("\0".join([version, *checks(path, root)]).encode())
    digest.update("\0".join(arguments).replace(str(root), "").encode())
    for seen in (root / ".clang-tidy", path, *own_headers(path, root)):
        digest.update(str(seen.relative_to(root)).encode() + b"\0" + seen.read_bytes() + b"\0")
    return digest.hexdigest()


# Headers that take clang-tidy 15-30 s to walk with all checks: their users get the ones that find crashes.
HEAVY = re.compile(r"#include <(torch|Eigen|umappp)/")
FEW_CHECKS = "-*,bugprone-use-after-move,bugprone-dangling-handle,modernize-use-override,cert-err34-c"


def checks(path, root):
    """The option that narrows the checks for a file that sees a heavy header."""
    seen = [path, *own_headers(path, root)] if path.is_relative_to(root) else [path]
    heavy = any(HEAVY.search(file.read_text()) for file in seen)
    return [f"--checks={FEW_CHECKS}"] if heavy else []


def findings(path, arguments, root):
    """What clang-tidy says of one file; empty if it is clean."""
    header_filter = f"^{root}/(src|pipeline|tools|tests)/"
    done = subprocess.run(
        [
            "clang-tidy",
            "--quiet",
            f"--header-filter={header_filter}",
            *checks(path, root),
            str(path),
            "--",
            *arguments,
        ],
        capture_output=True,
        text=True,
        cwd=root,
    )
    return done.stdout.strip() or (done.stderr.strip() if done.returncode else "")


def check(build, root, cache=None):
    """The findings in all files. Needs a configured build folder."""
    cache = cache or cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout

    def one(item):
        path, arguments = item
        clean = cache / key(path, arguments, root, version)
        if clean.exists():
            clean.touch()
            return ""
        found = findings(path, arguments, root)
        if not found:
            clean.touch()
        return found

    # The slowest first (those that include LibTorch), so that no core waits at the end.
    items = sorted(commands(build, root).items(), key=lambda item: ("torch" not in str(item[1]), item[0]))
    with ThreadPoolExecutor(int(os.environ.get("EPIFOUNDRY_JOBS", os.cpu_count()))) as pool:
        return [found for found in pool.map(one, items) if found]
