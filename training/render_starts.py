"""Draws the clear-skin phantoms that the app offers to start from: one for each body site and skin tone.

Writes SITE-TONE.webp and index.json (site, tone, file, hash of the pixels as the file gives them). Seed and
light are the same for all, so that the tones of one site differ by their skin alone. The released ones are
made by

    python -m training.render_starts --output data/starts
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image

from core.drawing.phantom_starts import INDEX_FILE, SIZE
from core.errors import Script2SkinError
from core.files import write_files
from core.images import pixel_sha256
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.phantoms.anatomy.sites import SITES
from training.phantoms.render import render_phantom

SEED = 2
"""Of the first seeds the one with closed eyes and a background that dark skin stands out from."""

QUALITY = 90


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to write into")
    parser.add_argument("--seed", type=int, default=SEED, help=f"decides everything random (default {SEED})")
    parser.add_argument("--sites", nargs="*", choices=sorted(SITES), help="only these site keys", metavar="S")
    arguments = parser.parse_args(argv)
    try:
        render_starts(arguments.output, arguments.seed, arguments.sites or list(SITES))
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def render_starts(output: Path, seed: int, sites: Sequence[str]) -> None:
    """Draws every tone of these sites; the index comes last and names what is whole.

    Raises:
        DiskFullError, StorageError: the folder can't be written.
    """
    phantoms = list(_drawn(output, seed, sites))
    index = {"seed": seed, "size": SIZE, "phantoms": phantoms}
    write_files({output / INDEX_FILE: (json.dumps(index, indent=1) + "\n").encode()})
    print(f"{len(phantoms)} phantoms of {len(sites)} sites in {output}")


def _drawn(output: Path, seed: int, sites: Sequence[str]) -> Iterator[dict[str, str]]:
    for site, tone in product(sites, load_vocabulary().tones):
        phantom = render_phantom(Attributes("clear", (site,), tone), (seed, 0), SIZE)
        name = f"{site}-{tone}.webp"
        content = _encoded(Image.fromarray(phantom.image))
        write_files({output / name: content})
        with Image.open(BytesIO(content)) as image:
            yield {"site": site, "tone": tone, "file": name, "sha256": pixel_sha256(image)}


def _encoded(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format="WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
