# shellcheck shell=bash
# Brings what the project needs onto this machine; sourced by ./run. Everything but the Debian packages goes into
# $cache, outside the clone, in folders keyed by the lock file they were made from: a second clone finds them there.

cache=${EPIFOUNDRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/epifoundry}
python=${EPIFOUNDRY_PYTHON:-$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)}

unset PYTHONPATH PYTHONHOME
export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-}}
[ -n "$UV_DEFAULT_INDEX" ] || unset UV_DEFAULT_INDEX
export UV_CACHE_DIR=$cache/uv UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export CCACHE_DIR=$cache/ccache CCACHE_MAXSIZE=3G EPIFOUNDRY_CACHE=$cache

say() { echo "run: $*" >&2; }
die() { say "$*"; exit 4; }

# The names in package lists, without comments.
listed() { sed 's/#.*//' "$@" | awk 'NF { print $1 }'; }

missing_packages() {
    local package
    for package in $(listed "$@"); do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

# debian_packages LIST...: installs what is missing, or says in one line what a person has to install.
debian_packages() {
    [ -z "${EPIFOUNDRY_NO_APT:-}" ] || return 0
    if ! command -v dpkg-query apt-get >/dev/null; then
        die "this is no Debian system: install $(listed "$@" | paste -sd' '), then set EPIFOUNDRY_NO_APT=1"
    fi
    local missing
    missing=$(missing_packages "$@" | paste -sd' ')
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "as root: apt-get install $missing"
    say "installing Debian packages: $missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of names
    quietly apt-get update -q && quietly apt-get install -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends $missing
}

# in_cache and its makers join commands by &&: a shell function called in a condition does not stop at errors.

# Runs a command whose output matters only when it fails.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "failed: $*"
    fi
    rm -f "$log"
}

# in_cache NAME LOCK MAKER: prints the folder of NAME for this lock file; MAKER FOLDER LOCK fills it if it isn't whole.
in_cache() {
    local key folder
    key=$({ cat "$2"; "$python" -V; } | sha256sum | cut -c1-12)
    folder=$cache/$1-$key
    mkdir -p "$cache"
    (
        flock 9
        if [ ! -e "$folder/.complete" ]; then
            say "setting up $1 in $folder"
            rm -rf "$folder"
            "$3" "$folder" "$2" && touch "$folder/.complete"
        fi
    ) 9>"$cache/.$1.lock" >&2 || die "could not set up $1"
    echo "$folder"
}

make_installer() {
    quietly "$python" -m venv "$1" &&
        quietly "$1/bin/pip" install --no-deps --require-hashes -r "$2"
}

installer() { in_cache installer env/installer.lock make_installer; }

make_environment() {
    local uv without=()
    # Its lock leaves out what a package says it needs.
    [ "$2" != env/bench.lock ] || without=(--no-deps)
    uv=$(installer)/bin/uv &&
        quietly "$uv" venv -q --python "$python" "$1" &&
        quietly "$uv" pip install -q --python "$1/bin/python" "${without[@]}" --require-hashes \
            -b env/build.lock -r "$2"
}

# The Python environments: `run` for the workflows, `test` for what the tests need beside it, `bench` for a peer.
environment() { in_cache "$1" "env/$1.lock" make_environment; }

make_torch() {
    local uv
    uv=$(installer)/bin/uv &&
        quietly "$uv" pip install -q --python "$python" --target "$1" --no-deps --require-hashes -r "$2"
}

# The folder of the Python package torch, whose LibTorch is linked. EPIFOUNDRY_TORCH names another (one with CUDA).
torch_dir() {
    [ -n "${EPIFOUNDRY_TORCH:-}" ] && echo "$EPIFOUNDRY_TORCH" && return
    local folder
    folder=$(in_cache torch env/torch.lock make_torch) && echo "$folder/torch"
}

# The source package is only unpacked: its headers are all that is needed, and its wheel takes minutes to build.
make_assorthead() {
    local download=$1/download pip
    mkdir -p "$download"
    pip=$(installer)/bin/pip &&
        quietly "$pip" download --no-deps --no-binary :all: --no-build-isolation --require-hashes \
            -r "$2" -d "$download" &&
        tar -xzf "$download"/*.tar.gz -C "$download" --strip-components=1 &&
        mv "$download/src/assorthead/include" "$download/src/assorthead/licenses" "$1/" &&
        rm -rf "$download"
}

assorthead_dir() {
    local folder
    folder=$(in_cache assorthead env/assorthead.lock make_assorthead) && echo "$folder/include"
}
