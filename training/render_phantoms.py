"""Draws phantoms: procedural skin photographs whose attributes are known exactly.

Writes NNNNN.png (picture), NNNNN.txt (caption), NNNNN_mask.png (0 background, 128 skin, 255 lesion) and
metadata.jsonl (one line a phantom). Rash, site and tone are balanced: every combination comes once before any
comes twice; a rash is not drawn at a site where it does not occur. Severities and views, where asked for, are
part of the combinations. The same seed gives the same bytes, however many workers draw. An interrupted run
goes on where it stopped when the same command is given again.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import InputError, Script2SkinError
from core.language.captions import compose_caption
from core.weights.model_cards import OPTIONAL
from training.embedded.phantom_settings import PhantomSettings, read_settings
from training.phantoms.render import render_phantom

SETTINGS_FILE = "phantoms.json"
LATER = ("severities", "views", "true_sites", "even_rashes")
"""Settings that earlier versions did not know."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        settings = read_settings(arguments)
        render_folder(settings, arguments.output, arguments.workers)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, required=True, help="how many pictures")
    parser.add_argument("--seed", type=int, default=0, help="decides everything random (default 0)")
    parser.add_argument("--size", type=int, default=256, help="pixels along one side (default 256)")
    parser.add_argument("--output", type=Path, required=True, help="folder to write into")
    parser.add_argument("--rashes", nargs="*", default=[], help="only these rash keys")
    parser.add_argument("--sites", nargs="*", default=[], help="only these site keys")
    parser.add_argument(
        "--tones", nargs="*", default=[], help="'six' (the named tones, default), 'monk' (ten steps), or keys"
    )
    parser.add_argument("--severities", nargs="*", help="draw severities: all, or only these keys")
    parser.add_argument("--views", nargs="*", help="draw views: all, or only these keys")
    parser.add_argument(
        "--true-sites", action="store_true", help="acne, eczema and tinea only where they occur, too"
    )
    parser.add_argument(
        "--even-rashes", action="store_true", help="every rash equally often, however few its sites"
    )
    parser.add_argument(
        "--hold-out", type=float, default=0.0, help="share of combinations never to be drawn (default 0)"
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    return parser


def render_folder(settings: PhantomSettings, output: Path, workers: int) -> None:
    """Draws all phantoms of ``settings`` that are not in ``output`` yet.

    Raises:
        InputError: a count or size out of range, or the folder holds phantoms of other settings.
    """
    _check(settings, output)
    output.mkdir(parents=True, exist_ok=True)
    said = json.dumps(_said(settings), indent=1)
    (output / SETTINGS_FILE).write_text(said + "\n", encoding="utf-8")
    missing = [i for i in range(settings.count) if not (output / f"{i:05d}.txt").exists()]
    for done, index in enumerate(_drawn(settings, output, missing, workers), 1):
        if done % 200 == 0 or done == len(missing):
            print(f"{done}/{len(missing)} phantoms (last: {index:05d}.png)", flush=True)
    _write_metadata(settings, output)


def _check(settings: PhantomSettings, output: Path) -> None:
    if settings.count < 1:
        raise InputError(f"count is {settings.count}; it must be at least 1.")
    if not 0 <= settings.hold_out < 1:
        raise InputError(f"hold-out is {settings.hold_out}; it must be at least 0 and below 1.")
    if not settings.combinations():
        raise InputError("No combination of these rashes, sites and tones is left to draw.")
    if not 32 <= settings.size <= 1024:
        raise InputError(f"size is {settings.size}; it must be between 32 and 1024 pixels.")
    saved = output / SETTINGS_FILE
    if not saved.exists():
        return
    before = {"hold_out": 0.0} | json.loads(saved.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(_said(settings)))
    if different := [n for n in sorted(before | now) if n != "count" and before.get(n) != now.get(n)]:
        raise InputError(
            f"{output} holds phantoms drawn with {different[0]}={before.get(different[0])!r}, not "
            f"{now.get(different[0])!r}. Choose another folder or the same settings."
        )


def _said(settings: PhantomSettings) -> dict[str, Any]:
    """The settings; what was added later is said only where it was asked for, as in folders of before."""
    return {name: value for name, value in asdict(settings).items() if value or name not in LATER}


def _drawn(settings: PhantomSettings, output: Path, indices: list[int], workers: int) -> Iterator[int]:
    if workers <= 1 or not indices:
        yield from (_draw_one(settings, output, index) for index in indices)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(
            _draw_one, *zip(*((settings, output, i) for i in indices), strict=True), chunksize=16
        )


def _draw_one(settings: PhantomSettings, output: Path, index: int) -> int:
    """Draws one phantom; the caption comes last and marks it complete."""
    attributes = settings.attributes_of(index)
    phantom = render_phantom(attributes, (settings.seed, index), settings.size)
    Image.fromarray(phantom.image).save(output / f"{index:05d}.png", compress_level=3)
    Image.fromarray(phantom.mask).save(output / f"{index:05d}_mask.png", compress_level=3)
    (output / f"{index:05d}.txt").write_text(compose_caption(attributes) + "\n", encoding="utf-8")
    return index


def _write_metadata(settings: PhantomSettings, output: Path) -> None:
    lines = [json.dumps(_record(settings, index)) for index in range(settings.count)]
    (output / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _record(settings: PhantomSettings, index: int) -> dict[str, object]:
    attributes = settings.attributes_of(index)
    return {
        "index": index,
        "seed": [settings.seed, index],
        "rash": attributes.rash,
        "sites": list(attributes.sites),
        "tone": attributes.tone,
        "caption": compose_caption(attributes),
        "image": f"{index:05d}.png",
        "mask": f"{index:05d}_mask.png",
        **{kind: key for kind, key in attributes.named() if kind in OPTIONAL},
    }


if __name__ == "__main__":
    sys.exit(main())
