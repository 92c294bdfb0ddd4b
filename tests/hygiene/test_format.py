"""Sources and workflows are as ./run format leaves them; linters find nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tidy
from sources import ROOT, cpp_files

BUILD = ROOT / "build"
TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted(path.parent.parent for path in (ROOT / "workflows").glob("*/workflow/Snakefile"))


def output(command, **options):
    """The output of a command, empty if it ended well."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return "" if done.returncode == 0 else done.stdout or f"exit code {done.returncode}"


def nothing(found):
    assert not found, f"\n{found}"


def clang_format(files):
    return output(["clang-format", "--dry-run", "--Werror", *files])


def test_clang_format():
    nothing(clang_format(cpp_files(ROOT)))


def test_clang_format_sees_a_bad_file(tmp_path):
    shutil.copy(ROOT / ".clang-format", tmp_path)
    bad = tmp_path / "bad.cpp"
    bad.write_text("int  x ;\n")
    assert "bad.cpp:1" in clang_format([bad])


def test_shellcheck():
    jobs = [*(ROOT / "workflows").rglob("*.sh"), *(ROOT / "workflows").rglob("*.sbatch")]
    nothing(output(["shellcheck", "run", "env/setup.sh", ".ci/run", *jobs], cwd=ROOT))


def test_black():
    nothing(output([TOOLS / "black", "--check", "-q", ROOT / "tests", ROOT / "workflows"]))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_snakefmt(workflow):
    nothing(output([TOOLS / "snakefmt", "--check", workflow], cwd=ROOT))


def lint(workflow):
    """What Snakemake's linter finds, but for conda or a container per rule: ./run locks all that the rules start."""
    configs = sorted((workflow / "config").glob("demo*.y*ml")) or sorted((workflow / "config").glob("*.y*ml"))
    command = [
        "snakemake",
        "--lint",
        "text",
        "--snakefile",
        workflow / "workflow/Snakefile",
        "--configfile",
        configs[0],
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    text = done.stdout + done.stderr
    found = [
        line for line in text.splitlines() if line.startswith("    * ") and "conda environment" not in line
    ]
    return text if found or "rror" in text or (done.returncode and "Lints for" not in text) else ""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_snakemake_lint(workflow):
    nothing(lint(workflow))


def test_snakemake_lint_sees_a_bad_rule(tmp_path):
    (tmp_path / "workflow").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "config/a.yaml").write_text("{}\n")
    (tmp_path / "workflow/Snakefile").write_text(
        "rule a:\n    output:\n        'x',\n    shell:\n        'touch {output}'\n"
    )
    assert "No log directive" in lint(tmp_path)


def test_clang_tidy():
    nothing("\n".join(tidy.check(BUILD, ROOT)))


def written(folder, **files):
    """Sources below src/, beside the project's settings of clang-tidy."""
    shutil.copy(ROOT / ".clang-tidy", folder)
    (folder / "src").mkdir()
    paths = [folder / f"src/{name}.cpp" for name in files]
    for path, text in zip(paths, files.values()):
        path.write_text(text)
    return paths


def checks_by_file(paths, root):
    return sorted({(one.path.stem, one.check) for one in tidy.findings(paths, ["-std=c++20"], root)})


def test_clang_tidy_sees_a_bad_file(tmp_path):
    text = "#include <cstdlib>\nint WrongName(const char* text) { return std::atoi(text); }\n"
    assert checks_by_file(written(tmp_path, bad=text), tmp_path) == [
        ("bad", "cert-err34-c"),
        ("bad", "readability-identifier-naming"),
    ]


def test_clang_tidy_parts_files_whose_names_clash(tmp_path):
    same = "namespace {\nint same() { return 1; }\n}\n"
    paths = written(
        tmp_path,
        a=same + "int first() { return same(); }\n",
        b=same + "int WrongName() { return same(); }\n",
        c="int AlsoWrong() { return 1; }\n",
    )
    naming = "readability-identifier-naming"
    assert checks_by_file(paths, tmp_path) == [("b", naming), ("c", naming)]


def test_clang_tidy_parts_files_that_clash_within_a_header(tmp_path):
    (tmp_path / "word.hpp").write_text(
        "namespace all {\nstruct Word {};\nvoid use(Word word);\n}  // namespace all\n"
    )
    own = "namespace all {\nnamespace {\nstruct Word {};\n}  // namespace\n}  // namespace all\n"
    paths = written(
        tmp_path,
        a=own + "int WrongName() { return sizeof(all::Word); }\n",
        b=f'#include "{tmp_path}/word.hpp"\nint AlsoWrong() {{ return 1; }}\n',
    )
    naming = "readability-identifier-naming"
    assert checks_by_file(paths, tmp_path) == [("a", naming), ("b", naming)]


def test_clang_tidy_reports_what_does_not_compile(tmp_path):
    paths = written(tmp_path, a="int first() { return 1; }\n", b="int second() { return missing; }\n")
    assert checks_by_file(paths, tmp_path) == [("b", "clang-diagnostic-error")]


def test_clang_tidy_looks_again_when_a_header_changes(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / ".clang-tidy").write_text("")
    header, file = tmp_path / "src/a.hpp", tmp_path / "src/a.cpp"
    header.write_text("#pragma once\n")
    file.write_text('#include "a.hpp"\n')
    before = tidy.key(file, [], tmp_path, "14")
    assert before == tidy.key(file, [], tmp_path, "14")
    header.write_text("#pragma once\nint x();\n")
    assert before != tidy.key(file, [], tmp_path, "14")
