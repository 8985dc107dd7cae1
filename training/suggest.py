"""Measures a dataset's photographs for the caption studio: skin tone and, with a CLIP, the likeliest site.

The judge marks unaffected skin, and its colour is compared with that of known phantoms at the site. A CLIP
compares the photograph with one caption for each site that its model card names; the released one has seen
drawn phantoms of few sites alone, so none is used unless you name one that was trained on photographs. What
is measured is shown as a suggestion and never becomes a caption by itself.

An interrupted run goes on where it stopped when the same command is given again.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from PIL import Image
from tqdm import tqdm

from core.errors import InputError, Script2SkinError, StorageError
from core.measuring.judge import WEIGHTS_NAME, Judge, load_judge
from core.measuring.tone import ToneReference, load_reference, measure_tone
from core.photographs.datasets import Dataset, open_dataset, sha256_of
from core.photographs.photographs import Photograph
from core.photographs.suggestions import SUGGESTIONS, Suggestion, read_suggestions
from core.settings import JUDGE, Settings
from training.clip_tuning.site_reader import SiteReader

AT_ONCE = 8
NO_SKIN = "no skin was recognised"


@dataclass(frozen=True, slots=True)
class Instruments:
    """What measures, loaded once. ``judge_name`` is the SHA-256 of the judge's weights."""

    judge: Judge
    reference: ToneReference
    judge_name: str
    sites: SiteReader | None

    @classmethod
    def load(cls, judge: Path, clip: Path | None) -> "Instruments":
        """Raises ModelError where a folder can't be used."""
        sites = SiteReader.load(clip) if clip else None
        return cls(load_judge(judge), load_reference(judge), sha256_of(judge / WEIGHTS_NAME), sites)

    @property
    def clip_name(self) -> str:
        """The SHA-256 of the CLIP's vision weights; empty without one."""
        return self.sites.name if self.sites else ""


def suggest(folder: Path, instruments: Instruments) -> int:
    """Measures every photograph that these instruments have not measured yet; returns how many.

    Raises:
        DatasetError: the dataset can't be read.
        InputError: another process is measuring it.
        StorageError: suggestions.jsonl can't be written.
    """
    dataset, path = open_dataset(folder), folder / SUGGESTIONS
    try:
        with FileLock(f"{path}.lock", timeout=0):
            _cut_back(path)
            left = list(_left(dataset, instruments))
            with path.open("a", encoding="utf-8") as file, tqdm(total=len(left), unit="picture") as bar:
                for group in _groups(left):
                    lines = [found.to_json() + "\n" for found in measure(dataset, group, instruments)]
                    file.write("".join(lines))
                    file.flush()
                    bar.update(len(lines))
            return len(left)
    except Timeout as error:
        raise InputError(f"Another process is measuring {folder}; wait for it to end.") from error
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror or error}.") from error


def _left(dataset: Dataset, instruments: Instruments) -> Iterator[Photograph]:
    known = read_suggestions(dataset.folder)
    names = instruments.judge_name, instruments.clip_name
    for photograph in dataset.photographs:
        old = known.get(photograph.id)
        if old is None or (old.sha256, old.judge, old.clip) != (photograph.sha256, *names):
            yield photograph


def _groups(photographs: Iterable[Photograph]) -> Iterator[list[Photograph]]:
    waiting = iter(photographs)
    while group := list(islice(waiting, AT_ONCE)):
        yield group


def _cut_back(path: Path) -> None:
    """Drops a last line that was cut off by a kill, so that the next stands alone."""
    if path.is_file():
        content = path.read_bytes()
        if (whole := content.rfind(b"\n") + 1) < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)


def measure(
    dataset: Dataset, photographs: Sequence[Photograph], instruments: Instruments
) -> list[Suggestion]:
    """A suggestion for each; a picture that can't be read gets one that says so."""
    found, images = {}, {}
    for photograph in photographs:
        blank = Suggestion(photograph.id, photograph.sha256, instruments.judge_name, instruments.clip_name)
        found[photograph.id] = blank
        try:
            with Image.open(dataset.path_of(photograph)) as image:
                images[photograph.id] = image.convert("RGB")
        except (OSError, ValueError) as error:
            found[photograph.id] = replace(blank, note=f"the picture can't be read: {error}")
    readable = [photograph for photograph in photographs if photograph.id in images]
    pictures = list(images.values())
    tones = _tones(readable, pictures, instruments)
    sites = _sites(readable, pictures, instruments)
    for photograph, tone, site in zip(readable, tones, sites, strict=True):
        found[photograph.id] = replace(found[photograph.id], **tone, **site)
    return list(found.values())


def _tones(
    photographs: Sequence[Photograph], pictures: list[Image.Image], instruments: Instruments
) -> Iterator[dict[str, Any]]:
    readings = instruments.judge.read_many(pictures) if pictures else []
    for photograph, picture, reading in zip(photographs, pictures, readings, strict=True):
        site = photograph.attributes.site
        tone = measure_tone(picture, reading.skin, site, instruments.reference)
        if tone is None:
            yield {"note": NO_SKIN}
        else:
            yield {"tone": tone.step, "monk": tone.monk, "ita": round(tone.ita, 2)}


def _sites(
    photographs: Sequence[Photograph], pictures: list[Image.Image], instruments: Instruments
) -> Iterator[dict[str, Any]]:
    if instruments.sites is None or not pictures:
        yield from ({} for _ in photographs)
        return
    rashes = [photograph.attributes.rash for photograph in photographs]
    for site, probability in instruments.sites.read(pictures, rashes):
        yield {"site": site, "site_probability": round(probability, 4)}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        count = suggest(arguments.data, Instruments.load(arguments.judge, arguments.clip))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return 130
    print(f"{arguments.data / SUGGESTIONS}: {count:,} photographs measured.")
    return 0


def _parser() -> argparse.ArgumentParser:
    judge = Settings.from_environment().models / JUDGE
    parser = argparse.ArgumentParser(
        "python -m training.suggest", None, __doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DATASET", help="the dataset's folder")
    add("--judge", type=Path, default=judge, metavar="DIR", help="the judge (default: the released one)")
    add("--clip", type=Path, metavar="DIR", help="a whole CLIP; suggests sites (default: none)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
