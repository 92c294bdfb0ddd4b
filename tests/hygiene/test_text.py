"""Rules on the text of the sources, and proof that each sees a bad example."""

import pytest

import text_rules
from sources import ROOT, none


def test_src_and_pipeline_make_no_forbidden_call():
    none(text_rules.forbidden_calls(ROOT))


def test_headers_have_a_guard():
    none(text_rules.headers_without_guard(ROOT))


def test_no_file_is_too_long():
    none(text_rules.long_files(text_rules.all_files(ROOT), ROOT))


def test_no_file_names_one_machine():
    none(text_rules.local_names(text_rules.all_files(ROOT), ROOT))


def source(root, text):
    path = root / "src/core/a.hpp"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "code",
    [
        "exit(1);",
        "std::abort();",
        'std::cout << "x";',
        'printf("x");',
        "atoi(text);",
        "std::stoi(text);",
        "rand();",
        "std::mt19937 generator;",
        "auto* p = new int;",
        "delete p[0];",
        "malloc(4);",
        "#pragma omp parallel",
        "using namespace std;",
    ],
)
def test_forbidden_calls_are_seen(tmp_path, code):
    source(tmp_path, f"// fine\n{code}\n")
    assert [found.split(":")[1] for found in text_rules.forbidden_calls(tmp_path)] == ["2"]


@pytest.mark.parametrize(
    "code",
    [
        "// exit(1)",
        '"std::cout and exit(1)"',
        "/* rand() */",
        "Type(const Type&) = delete;",
        "operand(1);",
        "n = 1'000'000; /* new x */ m = 1'0;",
        'R"(printf(x))";',
        "restore(i);",
    ],
)
def test_comments_literals_and_other_names_are_allowed(tmp_path, code):
    source(tmp_path, code)
    assert text_rules.forbidden_calls(tmp_path) == []


def test_a_missing_guard_is_seen(tmp_path):
    source(tmp_path, "// #pragma once\n")
    assert len(text_rules.headers_without_guard(tmp_path)) == 1


def test_a_long_file_is_seen(tmp_path):
    path = source(tmp_path, "\n" * (text_rules.MAX_LINES + 1))
    assert len(text_rules.long_files([path], tmp_path)) == 1


@pytest.mark.parametrize("text", ["see /" + "home/me/x", "https://" + "pypi.org/simple"])
def test_paths_and_registries_are_seen(tmp_path, text):
    path = source(tmp_path, f"// {text}\n")
    assert len(text_rules.local_names([path], tmp_path)) == 1
