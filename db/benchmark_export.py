"""Measures python -m db.export on a made-up library: pictures a second, peak memory, how soon it stops.

    python -m db.benchmark_export --counts 1000 10000
    python -m db.benchmark_export --counts 10000 --formats pairs dicom --side 512

The library lies in a temporary folder: --distinct different pictures (phantoms of data/starts), linked under
as many names as pictures are wanted, a fifth of them rated. Each export is the real command as a process of
its own; its peak memory is the operating system's figure (maximum resident set size). At the end one export
is followed by its progress and interrupted after a fifth, as by Ctrl+C. Prints JSON. For Linux and macOS.
"""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from PIL import Image
from sqlalchemy import insert, select, update

from core.exporting.formats import FORMATS
from core.images import write_png
from core.recipes import Recipe
from core.settings import PROJECT, STARTS_DIR, Settings
from db.made_up_library import START, fill
from db.repository import Repository, open_repository
from db.tables import generations, ratings

PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the operating system counts a process's memory."""


def make_library(library: Path, count: int, side: int, distinct: int) -> None:
    """Rows of ``count`` pictures, all to be seen by everybody, and their files."""
    repository = open_repository(Settings(library, f"sqlite:///{library / 'script2skin.db'}", library))
    fill(repository, count)
    _rate(repository)
    files = [_picture(library / f"picture-{number}.png", number, side) for number in range(distinct)]
    with repository.database.reading() as connection:
        paths = connection.execute(select(generations.c.image_path)).scalars().all()
    for number, path in enumerate(paths):
        (library / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(files[number % distinct], library / path)
    repository.close()


def _rate(repository: Repository) -> None:
    """One answer sheet for each picture that is said to be rated."""
    g = generations.c
    with repository.database.writing() as connection:
        connection.execute(update(generations).values(visibility="library"))
        rated = connection.execute(select(g.id, g.realism_mean).where(g.realism_mean.is_not(None))).all()
        rows = [
            {"generation_id": row.id, "rater_id": 2, "created_at": START, "blind": True, "comment": ""}
            | {"realism": round(row.realism_mean)}
            for row in rated
        ]
        connection.execute(insert(ratings), rows)


def _picture(path: Path, number: int, side: int) -> Path:
    drawn = sorted(STARTS_DIR.rglob("*.webp"))
    with Image.open(drawn[number % len(drawn)]) as start:
        image = start.convert("RGB").resize((side, side))
    recipe = Recipe(
        prompt="tinea type of rash at the foot area on a fair skin",
        seed=number,
        model="embedded",
        num_inference_steps=20,
        guidance_scale=7.5,
        scheduler="unipc",
        height=side,
        width=side,
    )
    write_png(path, image, recipe)
    return path


def measure(library: Path, form: str, output: Path) -> dict[str, Any]:
    """One whole export: seconds, pictures a second, peak memory in MB, size in MB."""
    start = monotonic()
    process = _begin(library, form, output)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = monotonic() - start
    said = process.stdout.read() if process.stdout else ""
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"The export as {form} ended with {process.returncode}.")
    count = int(said.rsplit(":", 1)[1].split()[0].replace(",", ""))
    size = output.stat().st_size
    output.unlink()
    return {
        "pictures": count,
        "seconds": round(seconds, 1),
        "pictures_a_second": round(count / seconds, 1),
        "peak_mb": round(usage.ru_maxrss * PEAK_UNIT / 1e6),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "zip_mb": round(size / 1e6, 1),
    }


def interrupt(library: Path, output: Path, at: int) -> dict[str, Any]:
    """Stops an export once its progress says so many pictures; says how soon it ended and what it left."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background work ignores it
    screen, terminal = pty.openpty()
    process = _begin(library, "pairs", output, terminal)
    os.close(terminal)
    shown = _wait_for(screen, at)
    start = monotonic()
    process.send_signal(signal.SIGINT)
    code = process.wait()
    seconds = round(monotonic() - start, 2)
    os.close(screen)
    left = sorted(path.name for path in output.parent.iterdir())
    return {"progress": shown, "exit_code": code, "seconds_until_stopped": seconds, "left": left}


def _wait_for(screen: int, at: int) -> str:
    """Reads the progress that a person would see until it has come so far; returns its last words."""
    said = ""
    while True:
        said = (said + os.read(screen, 4096).decode())[-200:]
        for words in re.findall(r"[\d,]+ of [\d,]+", said):
            if int(words.split()[0].replace(",", "")) >= at:
                return words


def _begin(library: Path, form: str, output: Path, screen: int | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "SCRIPT2SKIN_LIBRARY": str(library)}
    environment.pop("SCRIPT2SKIN_DATABASE", None)
    command = [sys.executable, "-m", "db.export", "--format", form, "--output", str(output), "--user", "ann"]
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=screen, text=True
    )


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "python -m db.benchmark_export", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10_000], help="sizes of the library")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--side", type=int, default=256, help="pixels of a picture's side (default: 256)")
    parser.add_argument("--distinct", type=int, default=40, help="different pictures (default: 40)")
    parser.add_argument("--folder", type=Path, help="where there is room (default: the temporary folder)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    asked = _parser().parse_args(argv)
    found: dict[str, Mapping[str, Any]] = {}
    with TemporaryDirectory(dir=asked.folder) as place:
        for count in asked.counts:
            found[str(count)] = _measure_all(asked, Path(place), count)
            print(json.dumps({str(count): found[str(count)]}), file=sys.stderr)
    print(json.dumps(found, indent=2))
    return 0


def _measure_all(asked: Namespace, place: Path, count: int) -> dict[str, Any]:
    library, outputs = place / f"library-{count}", place / f"outputs-{count}"
    library.mkdir()
    outputs.mkdir()
    _apart(make_library, library, count, asked.side, asked.distinct)
    found: dict[str, Any] = {}
    for form in asked.formats:
        found[form] = measure(library, form, outputs / "out.zip")
        print(f"{count} {form}: {found[form]}", file=sys.stderr)
    found["interrupted"] = interrupt(library, outputs / "out.zip", count // 5)
    shutil.rmtree(library)
    return found


def _apart(function: Callable[..., None], *arguments: Any) -> None:
    """Calls it in a process of its own: on Linux a command's peak memory is at least that of the process that
    started it, so this one has to stay small."""
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"The library could not be made (exit code {process.exitcode}).")


if __name__ == "__main__":
    raise SystemExit(main())
