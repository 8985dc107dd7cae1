"""No test can touch the user's library or the network, and none waits for another's threads."""

import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from library_parts import Clock

    from db.repository import Repository

# Read by libraries when they are imported, so set before any test module is.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] = "false"
os.environ.pop("SCRIPT2SKIN_DATABASE", None)
os.environ.pop("SCRIPT2SKIN_MODELS", None)

_HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Points even fixtures of whole modules away from the user's library."""
    config.stash[_HOME] = Path(tempfile.mkdtemp(prefix="script2skin-tests-"))
    os.environ["SCRIPT2SKIN_LIBRARY"] = str(config.stash[_HOME] / "library")
    os.environ["SCRIPT2SKIN_DATASETS"] = str(config.stash[_HOME] / "datasets")
    os.environ["SCRIPT2SKIN_RUNS"] = str(config.stash[_HOME] / "runs")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes what pytest_configure made."""
    shutil.rmtree(config.stash[_HOME], ignore_errors=True)


@pytest.fixture(autouse=True)
def own_program() -> Iterator[None]:
    """Streamlit's test runner leaves the app as the program that runs, and a spawned process would run it."""
    program = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = program


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library folder of the test's own; what the environment says of the database is forgotten."""
    folder = tmp_path / "library"
    monkeypatch.setenv("SCRIPT2SKIN_LIBRARY", str(folder))
    monkeypatch.delenv("SCRIPT2SKIN_DATABASE", raising=False)
    return folder


@pytest.fixture
def clock() -> "Clock":
    """A clock for ``repository`` that stands still until it is moved."""
    from library_parts import Clock

    return Clock()


@pytest.fixture(params=["sqlite", *(["postgresql"] if "SCRIPT2SKIN_TEST_POSTGRES" in os.environ else [])])
def repository(request: pytest.FixtureRequest, library: Path, clock: "Clock") -> "Iterator[Repository]":
    """An empty library with the users ann and bob, on every database that is at hand."""
    from library_parts import fresh_settings, opened

    with fresh_settings(request.param, library) as settings:
        opened_here = opened(settings, clock)
        yield opened_here
        opened_here.close()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets sockets reach this machine alone."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise PermissionError(f"A test tried to reach {address[0]}; tests use no network.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
