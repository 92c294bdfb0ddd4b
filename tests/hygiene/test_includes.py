"""The include graph of the checkout, and proof that the check sees a back edge."""

import pytest

from include_graph import library_violations, module_violations
from sources import ROOT, modules, none

MODULES = """
epi_module(core EXTERNAL TBB::tbb)
epi_module(io USES core EXTERNAL ZLIB::ZLIB)
epi_module(genome USES io)
if(EPI_WITH_TORCH)
  epi_module(model USES core EXTERNAL epi_torch)
endif()
"""


@pytest.fixture
def tree(tmp_path):
    """A small project; write(path, text) adds a file to it."""

    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path

    write("src/CMakeLists.txt", MODULES)
    return write


def test_modules_include_only_what_they_declare():
    none(module_violations(ROOT))


def test_libraries_stay_with_their_owner():
    none(library_violations(ROOT))


def test_use_of_a_module_brings_what_it_uses():
    assert {"core", "io", "genome"} <= modules(ROOT)["genome"].uses


@pytest.mark.parametrize(
    "path, include",
    [
        ("src/core/a.hpp", "io/b.hpp"),
        ("src/io/a.cpp", "genome/b.hpp"),
        ("src/genome/a.cpp", "pipeline/count.hpp"),
        ("src/core/a.cpp", "tools/command.hpp"),
        ("pipeline/a.cpp", "tools/command.hpp"),
        ("pipeline/a.cpp", "model/network.hpp"),
        ("pipeline/a.cpp", "pipeline/nn/embed.hpp"),
        ("tools/commands/a.cpp", "model/network.hpp"),
        ("pipeline/a.cpp", "store/hdf5.hpp"),
    ],
)
def test_back_edges_are_seen(tree, path, include):
    root = tree(path, f'#pragma once\n#include "{include}"\n')
    assert module_violations(root) == [f'{path}:2: may not include "{include}"']


@pytest.mark.parametrize(
    "path, include",
    [
        ("src/genome/a.cpp", "core/error.hpp"),
        ("src/genome/a.cpp", "genome/b.hpp"),
        ("pipeline/a.cpp", "genome/b.hpp"),
        ("pipeline/nn/a.cpp", "model/network.hpp"),
        ("tools/nn_commands/a.cpp", "pipeline/nn/embed.hpp"),
    ],
)
def test_declared_edges_are_allowed(tree, path, include):
    assert module_violations(tree(path, f'#include "{include}"\n')) == []


def test_a_folder_that_is_no_module_is_seen(tree):
    assert "no module" in module_violations(tree("src/extra/a.cpp", ""))[0]


@pytest.mark.parametrize(
    "path, include",
    [
        ("src/genome/a.cpp", "zlib.h"),
        ("src/genome/a.cpp", "htslib/tbx.h"),
        ("src/io/a.cpp", "hdf5.h"),
        ("src/core/a.cpp", "torch/torch.h"),
        ("pipeline/a.cpp", "torch/torch.h"),
        ("pipeline/a.cpp", "CLI/CLI.hpp"),
        ("src/io/a.cpp", "tbb/parallel_for.h"),
        ("src/genome/a.cpp", "nlohmann/json.hpp"),
        ("src/matrix/a.hpp", "umappp/umappp.hpp"),
        ("src/io/a.cpp", "unheard/of.hpp"),
    ],
)
def test_libraries_elsewhere_are_seen(tree, path, include):
    assert len(library_violations(tree(path, f"#include <{include}>\n"))) == 1
