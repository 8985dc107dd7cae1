import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from photograph_folders import TERMS, encoded, pairs_folder, picture, prepared, put

from core.errors import DatasetError, InputError
from core.photographs.datasets import Progress, open_dataset, read_progress
from training.prepare import Request, main, prepare

ROOT = Path(__file__).resolve().parent.parent
COUNT = 120


def command(source: Path, output: Path) -> list[str]:
    terms = [f"--{name}={value}" for name, value in TERMS.items()]
    return ["--source", str(source), "--output", str(output), "--workers", "2", *terms]


def wait_until(happened: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for index in range(COUNT):
        put(folder / f"{index:03d}.jpg", encoded(picture(index, (600, 450))))
        put(folder / f"{index:03d}.txt", "acne on the chin")
    return folder


def killed_in_the_middle(source: Path, output: Path) -> None:
    """Starts the command as a process of its own and kills it as soon as some pictures are recorded."""
    process = subprocess.Popen(
        [sys.executable, "-m", "training.prepare", *command(source, output)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    done = output / ".prepare" / "done.jsonl"
    wait_until(lambda: done.is_file() and done.stat().st_size > 0)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert workers
    wait_until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers), 30)


def test_a_killed_run_goes_on_and_takes_no_half_written_file_for_a_whole_one(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    killed_in_the_middle(source, output)
    done = output / ".prepare" / "done.jsonl"
    lines = done.read_text().splitlines()
    assert 0 < len(lines) < COUNT
    assert read_progress(output) == Progress(len(lines), COUNT)
    with pytest.raises(DatasetError, match="same command again"):
        open_dataset(output)
    pictures = sorted(path for path in (output / "images").rglob("*.jpg") if not path.name.startswith("."))
    torn, kept = pictures[0], pictures[1:]
    torn.write_bytes(torn.read_bytes()[:100])
    done.write_bytes(done.read_bytes() + lines[-1].encode()[:50])
    stray = put(output / "images" / "00" / ".half.jpg.1.tmp", "half")
    before = {path: path.stat().st_mtime_ns for path in kept}

    assert main(command(source, output)) == 0
    dataset = open_dataset(output)
    whole = prepared(source, tmp_path / "whole")
    assert dataset.photographs == whole.photographs
    assert [*dataset.damaged()] == []
    assert read_progress(output) is None
    assert not stray.exists() and not (output / ".prepare").exists()
    rewritten = sum(path.stat().st_mtime_ns != time for path, time in before.items())
    assert rewritten <= len(pictures) - len(lines) + 1


def test_what_changed_in_the_source_between_two_runs_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pairs_folder(tmp_path / "in", ["acne"] * 5)
    output = tmp_path / "out"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("training.prepare.finish", interrupted)
        assert main([*command(folder, output)]) == 130
    put(folder / "01.txt", "eczema on the hand")
    put(folder / "02.jpg", encoded(picture(77)))
    os.utime(folder / "02.jpg", ns=(1, 1))
    (folder / "03.jpg").unlink()
    dataset = prepared(folder, output)
    assert dataset.photographs == prepared(folder, tmp_path / "fresh").photographs
    assert [photograph.source for photograph in dataset.photographs] == [
        "00.jpg",
        "01.jpg",
        "02.jpg",
        "04.jpg",
    ]
    assert len([*(output / "images").rglob("*.jpg")]) == 4


def test_a_run_goes_on_with_its_own_settings_and_terms_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, output = pairs_folder(tmp_path / "in", ["acne"] * 3), tmp_path / "out"
    with monkeypatch.context() as broken:
        broken.setattr("training.prepare.finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert main(command(folder, output)) == 130
    with pytest.raises(InputError, match="size=512, not 256"):
        prepared(folder, output, size=256)
    with pytest.raises(InputError, match="licence"):
        prepared(folder, output, licence="another")
    manifest = prepare(Request(folder, output, workers=1))
    assert (manifest.licence, manifest.count) == (TERMS["licence"], 3)


def test_two_runs_never_write_one_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, output = pairs_folder(tmp_path / "in", ["acne"] * 3), tmp_path / "out"

    def second_run(*_: object) -> None:
        monkeypatch.undo()
        with pytest.raises(InputError, match="Another process"):
            prepared(folder, output)
        raise KeyboardInterrupt

    monkeypatch.setattr("training.prepare.finish", second_run)
    assert main(command(folder, output)) == 130
