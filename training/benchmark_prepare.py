"""Measures training.prepare on made-up JPEG files of 720x480 pixels, DermNet's size. Prints JSON.

The files are made first, in a temporary folder, and don't count; everything else does: listing, worker
processes, decoding, writing, near-duplicates, split, report. The exit code is 1 below --least
pictures a second.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import psutil
from PIL import Image

from training.photographs.duplicates import near_duplicates
from training.prepare import Request, prepare

WIDTH, HEIGHT = 720, 480
FOLDER = Path("train", "Eczema Photos")
HASHES = 20_000


def make_jpegs(folder: Path, count: int, seed: int = 0) -> None:
    """Writes pictures of soft shapes with a grain like a camera's, about 75 KB each, as DermNet's are."""
    place = folder / FOLDER
    place.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for index in range(count):
        coarse = Image.fromarray(rng.integers(60, 230, (12, 18, 3), np.uint8))
        soft = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.int16)
        grain = rng.normal(0, 6, (HEIGHT, WIDTH, 1)).astype(np.int16)
        picture = Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
        picture.save(place / f"eczema-hand-{index}.jpg", quality=85)


def measure(count: int, workers: int) -> dict[str, float]:
    """Pictures a second of a whole run, this process's memory, and the search among 20,000 hashes."""
    with TemporaryDirectory() as folder:
        source, output = Path(folder, "source"), Path(folder, "dataset")
        make_jpegs(source, count)
        request = Request(source, output, "made up", "shows nobody", workers=workers)
        start = perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            manifest = prepare(request)
        seconds = perf_counter() - start
    return {
        "pictures": manifest.count,
        "workers": workers,
        "seconds": round(seconds, 2),
        "pictures_per_second": round(manifest.count / seconds, 1),
        "memory_mb": round(psutil.Process().memory_info().rss / 1e6),
        "seconds_for_duplicates_among_20000": round(_search_seconds(), 2),
    }


def _search_seconds() -> float:
    values = np.random.default_rng(0).integers(0, 2**64, HASHES, np.uint64, endpoint=False)
    hashes = [f"{value:016x}" for value in values]
    start = perf_counter()
    near_duplicates(hashes, 6)
    return perf_counter() - start


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        "python -m training.benchmark_prepare",
        None,
        __doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1000, help="pictures (default: 1000)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    parser.add_argument("--least", type=float, default=60.0, help="pictures a second wanted (default: 60)")
    arguments = parser.parse_args(argv)
    figures = measure(arguments.count, arguments.workers)
    print(json.dumps(figures, indent=2))
    return 0 if figures["pictures_per_second"] >= arguments.least else 1


if __name__ == "__main__":
    raise SystemExit(main())
