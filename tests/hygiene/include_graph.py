"""Who may include what: the modules of src/CMakeLists.txt, and one owner for each third-party library."""

import re

from sources import cpp_files, includes, modules

# include prefix -> folders that own the library
NN = ("src/model", "src/train", "src/embed", "pipeline/nn", "tools/nn_commands", "tools/epifoundry_nn.cpp")
JSON = (
    "src/io",
    "src/fragments",
    "src/store",
    "src/batches",
    "src/model",
    "src/train",
    "src/report",
    "pipeline",
    "tools",
)
ASSORTHEAD = ("src/matrix", "src/label")
OWNERS = {
    r"htslib/": ("src/io",),
    r"libdeflate\.h": ("src/io",),
    r"isa-l/": ("src/io",),
    r"xxhash\.h": ("src/io",),
    r"zlib\.h": ("src/io",),
    r"openssl/": ("src/io",),
    r"(hdf5|H5\w+)\.h": ("src/store",),
    r"(torch|ATen|c10)/": NN,
    r"mpi\.h": ("src/train/plugins",),
    r"(nccl|cuda_runtime_api)\.h": ("src/train/plugins",),
    r"CLI/": ("tools",),
    r"(tbb|oneapi)/": ("src/core",),
    r"nlohmann/": JSON,
    r"(knncolle|knncolle_\w+|umappp|irlba|kmeans|singlepp|hnswlib|annoy|Eigen|subpar|aarand)/": ASSORTHEAD,
    r"boost/": ("src",),
}
# Heavy libraries that no header may pass on.
IN_CPP_ONLY = re.compile(r"knncolle|umappp/|irlba/|kmeans/|singlepp/|hnswlib/|Eigen/|boost/|htslib/|tbb/")
# Headers that wrap a library for their own module.
PRIVATE = {"store/hdf5.hpp": "src/store/"}
STANDARD = re.compile(
    r"[a-z_]+$|(sys|netinet|arpa)/\w+\.h$|(unistd|fcntl|dlfcn|signal|poll|time|pthread|sched|immintrin|tmmintrin)\.h$"
)


def may_include(path, name, table):
    """Whether the file (relative to the root) may include the project's header `name`."""
    folder = name.split("/")[0]
    if not path.startswith(PRIVATE.get(name, "")):
        return False
    nn_modules = {module for module, entry in table.items() if "epi_torch" in entry.external}
    if path.startswith("src/"):
        return folder in table[path.split("/")[1]].uses
    with_torch = path.startswith(NN)
    if path.startswith("pipeline/") and name.startswith("tools/"):
        return False
    if name.startswith("pipeline/nn/") or folder in nn_modules:
        return with_torch
    return folder in table or folder in ("pipeline", "tools")


def module_violations(root):
    """Includes of the project's own headers that go against the declared order."""
    table = modules(root)
    found = []
    for path in cpp_files(root, ("src", "pipeline", "tools")):
        relative = path.relative_to(root).as_posix()
        if relative.startswith("src/") and relative.split("/")[1] not in table:
            found.append(f"{relative}: its folder is no module of src/CMakeLists.txt")
            continue
        for include in includes(path):
            if include.quoted and not may_include(relative, include.name, table):
                found.append(f'{relative}:{include.line}: may not include "{include.name}"')
    return found


def library_violations(root):
    """Includes of third-party libraries outside the folders that own them."""
    found = []
    for path in cpp_files(root, ("src", "pipeline", "tools")):
        relative = path.relative_to(root).as_posix()
        for include in includes(path):
            if include.quoted or STANDARD.match(include.name):
                continue
            place = f"{relative}:{include.line}"
            owners = next(
                (owners for prefix, owners in OWNERS.items() if re.match(prefix, include.name)), None
            )
            if owners is None:
                found.append(f"{place}: <{include.name}> has no owner in tests/hygiene/include_graph.py")
            elif not relative.startswith(owners):
                found.append(f"{place}: <{include.name}> belongs to {', '.join(owners)}")
            elif path.suffix == ".hpp" and IN_CPP_ONLY.match(include.name):
                found.append(f"{place}: <{include.name}> belongs in a .cpp file")
    return found
