"""No test can touch the user's library."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library folder of the test's own; what the environment says of the database is forgotten."""
    folder = tmp_path / "library"
    monkeypatch.setenv("SCRIPT2SKIN_LIBRARY", str(folder))
    monkeypatch.delenv("SCRIPT2SKIN_DATABASE", raising=False)
    return folder
