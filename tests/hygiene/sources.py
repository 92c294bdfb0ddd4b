"""The project's source files, their includes, and the modules with what they may use."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("src", "pipeline", "tools", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def none(found):
    """Fails with all that was found, uncut."""
    assert not found, "\n".join(["", *found])


@dataclass(frozen=True)
class Include:
    """One #include of a file: `quoted` tells "own/header.hpp" from <library.h>."""

    line: int
    name: str
    quoted: bool


def cpp_files(root, folders=CODE_FOLDERS):
    """All .cpp and .hpp files below the folders, in a fixed order."""
    files = (
        path for folder in folders for path in (root / folder).rglob("*") if path.suffix in (".cpp", ".hpp")
    )
    return sorted(files)


def tracked_files(root):
    """The text files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    paths = (root / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096])


def includes(path):
    """The includes of one file."""
    text = path.read_text()
    return [
        Include(text.count("\n", 0, match.start(2)) + 1, match[2], match[1] == '"')
        for match in INCLUDE.finditer(text)
    ]


def own_headers(path, root):
    """The project's headers that a file includes, directly or through others."""
    found, waiting = set(), [path]
    while waiting:
        for include in includes(waiting.pop()):
            for base in ("src", ".", "tests"):
                header = (root / base / include.name).resolve()
                if include.quoted and header.is_file() and header not in found:
                    found.add(header)
                    waiting.append(header)
    return sorted(found)


@dataclass
class Module:
    """One epi_module() line of src/CMakeLists.txt."""

    uses: set
    external: set


def modules(root):
    """name -> Module; `uses` is closed: what a used module uses may be used too."""
    text = re.sub(r"#.*", "", (root / "src/CMakeLists.txt").read_text())
    table = {}
    for arguments in re.findall(r"epi_module\(([^)]*)\)", text):
        words = arguments.split()
        external = words.index("EXTERNAL") if "EXTERNAL" in words else len(words)
        uses = words[2:external] if words[1:2] == ["USES"] else []
        table[words[0]] = Module(
            {words[0]}.union(*(table[name].uses for name in uses)), set(words[external + 1 :])
        )
    return table


def without_comments_and_strings(text):
    """C++ text with comments and literals blanked, line by line as before."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL
    )

    def blank(match):
        before = text[match.start() - 1 : match.start()]
        if match[0].startswith("'") and before.isalnum():  # 1'000'000
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return token.sub(blank, text)
