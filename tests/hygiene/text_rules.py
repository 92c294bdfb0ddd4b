"""What no source file may contain."""

import re

from sources import cpp_files, tracked_files, without_comments_and_strings

FORBIDDEN_CALLS = {
    r"\b(exit|_exit|quick_exit|abort|terminate)\s*\(": "throw an Error instead; only tools end the process",
    r"std::(cout|cerr|clog)\b|\b(f|v|)printf\s*\(|\b(puts|putchar)\s*\(": "only tools print",
    r"\b(ato[ifl]|atoll|strto\w+|sto(i|l|ll|ul|ull|f|d))\s*\(": "parse numbers with core/text.hpp",
    r"\bs?rand\s*\(|\bstd::(mt19937|random_device|\w+_distribution)\b": "draw with core/random.hpp",
    r"\bnew\s+\w|\bdelete\b(?!\s*[;,])": "values, vectors and unique_ptr own memory",
    r"\b(malloc|calloc|realloc)\s*\(": "values, vectors and unique_ptr own memory",
    r"#\s*pragma\s+omp": "threads are started through core/parallel.hpp",
    r"\busing\s+namespace\b": "name what is used",
}
MAX_LINES = 400
COUNTED = {".cpp", ".hpp", ".py", ".sh", ".smk", ".cmake"}
# One machine's paths and addresses of package registries: they hold nowhere else.
LOCAL = re.compile(
    r"(?<![\w.$}/-])/(work|home|root)/\w|https?://[\w.-]*(pypi|pythonhosted|debian|conda|npmjs)\.\w+"
)


def forbidden_calls(root):
    """Calls that src and pipeline may not make."""
    found = []
    for path in cpp_files(root, ("src", "pipeline")):
        code = without_comments_and_strings(path.read_text())
        for pattern, remedy in FORBIDDEN_CALLS.items():
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(root)}:{line}: {match[0].strip()}: {remedy}")
    return found


def headers_without_guard(root):
    """Headers that do not start with #pragma once."""
    headers = (path for path in cpp_files(root) if path.suffix == ".hpp")
    return [
        f"{path.relative_to(root)}: no #pragma once"
        for path in headers
        if not re.search(r"^#pragma once$", path.read_text(), re.MULTILINE)
    ]


def long_files(files, root):
    """Source files with more than MAX_LINES lines."""
    counts = ((path, len(path.read_text().splitlines())) for path in files if path.suffix in COUNTED)
    return [f"{path.relative_to(root)}: {count} lines" for path, count in counts if count > MAX_LINES]


def local_names(files, root):
    """Lines that name a path of one machine or the address of a package registry."""
    return [
        f"{path.relative_to(root)}:{number}: {line.strip()[:80]}"
        for path in files
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if LOCAL.search(line)
    ]


def all_files(root):
    """The files that the rules on text apply to."""
    return [path for path in tracked_files(root) if "test-data" not in path.parts]
