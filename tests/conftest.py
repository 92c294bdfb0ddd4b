"""What every Python test may use: the built programs and the optional data."""

import subprocess

import pytest

from support.optional_data import DATA
from support.programs import BIN


@pytest.fixture(scope="session")
def epifoundry():
    """Runs `epifoundry ARGS...`; fails the test unless the exit code is the expected one (None: any)."""

    def run(*args, code=0, cwd=None, stdin=None):
        done = subprocess.run(
            [BIN / "epifoundry", *map(str, args)],
            capture_output=True,
            text=True,
            errors="replace",
            cwd=cwd,
            input=stdin,
        )
        assert (
            code is None or done.returncode == code
        ), f"exit code {done.returncode}, expected {code}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def optional_data():
    """The path of a piece of optional data; skips the test where it is absent."""

    def find(relative):
        path = DATA / relative
        if not path.exists():
            pytest.skip(f"optional data absent: {relative}")
        return path

    return find
