"""Draws phantoms: procedural skin photographs whose attributes are known exactly.

Writes NNNNN.png (picture), NNNNN.txt (caption), NNNNN_mask.png (0 background, 128 skin, 255 lesion) and
metadata.jsonl (one line a phantom). Rash, site and tone are balanced: every combination comes once before any
comes twice; a rash is not drawn at a site where it does not occur. The same seed gives the same bytes,
however many workers draw. An interrupted run goes on where it stopped when the same command is given again.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.attributes import Attributes
from core.captions import compose_caption
from core.errors import InputError, Script2SkinError, VocabularyError
from core.vocabulary import load_vocabulary
from training.phantoms.anatomy.sites import SITES
from training.phantoms.lesions import RASHES, sites_of_rash
from training.phantoms.render import render_phantom
from training.triples import all_triples, is_held_out

SETTINGS_FILE = "phantoms.json"


@dataclass(frozen=True)
class PhantomSettings:
    """What decides the bytes of a phantom folder; saved in it as phantoms.json."""

    count: int
    seed: int
    size: int
    rashes: tuple[str, ...]
    sites: tuple[str, ...]
    tones: tuple[str, ...]
    hold_out: float = 0.0
    """Share of the combinations that is never drawn (``training.triples``)."""

    def triples(self) -> list[Attributes]:
        """Every combination of a rash, a site where it occurs and a tone that is not held out."""
        everything = all_triples(self.rashes, self.sites, self.tones)
        return [attributes for attributes in everything if not is_held_out(attributes, self.hold_out)]

    def attributes_of(self, index: int) -> Attributes:
        """Attributes of one phantom: a fresh shuffle of all combinations for every round."""
        triples = self.triples()
        turn, place = divmod(index, len(triples))
        order = np.random.default_rng((self.seed, 0, turn)).permutation(len(triples))
        return triples[order[place]]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        settings = PhantomSettings(
            arguments.count,
            arguments.seed,
            arguments.size,
            _chosen("rash", arguments.rashes, RASHES),
            _chosen("site", arguments.sites, SITES),
            _chosen("tone", arguments.tones, load_vocabulary().tones),
            arguments.hold_out,
        )
        _check_pairs(arguments.rashes, settings.sites)
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
    parser.add_argument("--tones", nargs="*", default=[], help="only these tone keys")
    parser.add_argument(
        "--hold-out", type=float, default=0.0, help="share of combinations never to be drawn (default 0)"
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    return parser


def _chosen(kind: str, asked: Sequence[str], known: Mapping[str, object]) -> tuple[str, ...]:
    if unknown := [key for key in asked if key not in known]:
        raise VocabularyError(f"Unknown {kind} '{unknown[0]}' for phantoms. Known: {', '.join(known)}.")
    return tuple(asked) or tuple(known)


def _check_pairs(asked: Sequence[str], sites: Sequence[str]) -> None:
    """Refuses a rash that was asked for by name and occurs at none of the sites."""
    for rash in asked:
        if RASHES[rash].isdisjoint(sites):
            raise VocabularyError(
                f"The rash '{rash}' does not occur at {', '.join(sites)}. "
                f"Its sites: {', '.join(sites_of_rash(rash))}."
            )


def render_folder(settings: PhantomSettings, output: Path, workers: int) -> None:
    """Draws all phantoms of ``settings`` that are not in ``output`` yet.

    Raises:
        InputError: a count or size out of range, or the folder holds phantoms of other settings.
    """
    _check(settings, output)
    output.mkdir(parents=True, exist_ok=True)
    (output / SETTINGS_FILE).write_text(json.dumps(asdict(settings), indent=1) + "\n", encoding="utf-8")
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
    if not settings.triples():
        raise InputError("No combination of these rashes, sites and tones is left to draw.")
    if not 32 <= settings.size <= 1024:
        raise InputError(f"size is {settings.size}; it must be between 32 and 1024 pixels.")
    saved = output / SETTINGS_FILE
    if not saved.exists():
        return
    before = {"hold_out": 0.0} | json.loads(saved.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(asdict(settings)))
    if different := [name for name in now if name != "count" and before.get(name) != now[name]]:
        raise InputError(
            f"{output} holds phantoms drawn with {different[0]}={before.get(different[0])!r}, not "
            f"{now[different[0]]!r}. Choose another folder or the same settings."
        )


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
    }


if __name__ == "__main__":
    sys.exit(main())
