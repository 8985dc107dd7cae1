"""A command as its own process: started, followed, stopped, told from another process of the same number."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core import commands
from core.commands import is_running, log_tail, read_command, start, stop
from core.errors import InputError, StorageError
from core.settings import PROJECT

HELP = ("json.tool", ("--help",))
SLEEPER = "timeit"
FOREVER = ("-n", "1", "-r", "1", "import time; time.sleep(600)")
PATIENCE = 300


def wait(place: Path) -> None:
    for _ in range(PATIENCE * 10):
        if not is_running(place):
            return
        time.sleep(0.1)
    raise AssertionError("the command did not end")


def test_a_command_runs_by_itself_and_its_words_can_be_read(tmp_path: Path) -> None:
    command = start(tmp_path / "place", *HELP, "ann")
    assert read_command(tmp_path / "place") == command
    assert (command.module, command.arguments, command.by, command.stopped_by) == (*HELP, "ann", "")
    wait(tmp_path / "place")
    assert "usage" in log_tail(tmp_path / "place", 100)


def test_a_second_start_is_refused_until_the_first_is_stopped(tmp_path: Path) -> None:
    first = start(tmp_path, SLEEPER, FOREVER, "ann")
    assert is_running(tmp_path)
    with pytest.raises(InputError, match="running already"):
        start(tmp_path, SLEEPER, FOREVER, "bob")
    stop(tmp_path, "bob")
    assert not is_running(tmp_path) and not alive(first.pid)
    assert read_command(tmp_path) == replace(first, stopped_by="bob")
    second = start(tmp_path, *HELP, "bob")
    assert second.stopped_by == ""
    wait(tmp_path)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_stopping_ends_the_processes_it_started_too(tmp_path: Path) -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    parent = start(tmp_path, SLEEPER, ("-n", "1", "-r", "1", child), "ann")
    family: list[psutil.Process] = []
    for _ in range(PATIENCE * 10):
        if family := psutil.Process(parent.pid).children(recursive=True):
            break
        time.sleep(0.1)
    assert family
    stop(tmp_path, "ann")
    assert not any(alive(member.pid) for member in family)


def test_it_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    program = f"from pathlib import Path\nfrom core.commands import start\nstart(Path({str(tmp_path)!r}), "
    program += f"{SLEEPER!r}, {FOREVER!r}, 'ann')"
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, timeout=PATIENCE)
    assert is_running(tmp_path)
    stop(tmp_path, "ann")
    assert not is_running(tmp_path)


def test_another_process_that_got_the_number_is_not_taken_for_it(tmp_path: Path) -> None:
    start(tmp_path, *HELP, "ann")
    wait(tmp_path)
    old = read_command(tmp_path)
    assert old is not None
    own = psutil.Process(os.getpid())
    commands._record(tmp_path, replace(old, pid=own.pid, began=own.create_time() - 60))
    assert not is_running(tmp_path)
    stop(tmp_path, "ann")
    commands._record(tmp_path, replace(old, pid=own.pid, began=own.create_time()))
    assert is_running(tmp_path)


def test_bars_are_left_out_of_what_was_said_and_an_ended_command_is_not_stopped(tmp_path: Path) -> None:
    bar = " 50%|████     | 1/2 [00:01<00:01,  1.0picture/s]"
    (tmp_path / commands.LOG).write_text(f"first\n\r{bar}\r{bar}\nThe folder is full.\n")
    assert log_tail(tmp_path) == "first\nThe folder is full."
    assert log_tail(tmp_path, 1) == "The folder is full."
    assert log_tail(tmp_path / "none") == "" and read_command(tmp_path) is None
    stop(tmp_path, "ann")
    assert read_command(tmp_path) is None


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / commands.RECORD).write_text("{")
    with pytest.raises(StorageError, match=r"command.json"):
        is_running(tmp_path)
