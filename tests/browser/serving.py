"""The real app as a process of its own, for tests in the browser."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from core.settings import PROJECT

SETTLED = (
    "() => !document.querySelector('[data-test-script-state=\"running\"]')"
    " && !document.querySelector('[data-testid=stSkeleton]')"
)
"""JavaScript: no script runs, and nothing waits to be drawn."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app(environment: dict[str, str], *options: str, port: int = 0) -> Iterator[str]:
    """Yields the app's address; ``environment`` names library and folders, ``options`` are Streamlit's."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), *options]
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment})
    try:
        _wait_until_up(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_up(url: str, process: subprocess.Popen) -> None:
    for _ in range(240):
        assert process.poll() is None, "the app ended while starting"
        try:
            with urlopen(url, timeout=5):
                return
        except URLError:
            time.sleep(0.5)
    raise AssertionError("the app did not start within two minutes")
