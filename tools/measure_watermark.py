"""Measures what the invisible mark of leaving pictures outlives, how visible it is, and its false alarms.

    python -m tools.measure_watermark --pictures 24
    python -m tools.measure_watermark --folder DIR

Draws pictures with the released model (a rash, site and tone each), or takes the PNG and WebP files of a
folder; marks each, changes it in several ways, and reads the mark. Prints a Markdown table.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

from core.drawing.composing import Wish, compose
from core.drawing.pipeline import draw, load_pipeline
from core.language.attributes import Attributes
from core.provenance.watermark import embed, read_mark
from core.settings import EMBEDDED_MODEL
from core.weights.model_cards import load_card

Change = Callable[[Image.Image], Image.Image]


def jpeg(quality: int) -> Change:
    """Saves as JPEG of this quality and opens it again."""

    def change(image: Image.Image) -> Image.Image:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer).convert("RGB")

    return change


def resized(factor: float) -> Change:
    """Scales by Lanczos."""
    kernel = Image.Resampling.LANCZOS
    return lambda image: image.resize((round(image.width * factor), round(image.height * factor)), kernel)


def cropped(share: float) -> Change:
    """Keeps this share of width and height, off the middle."""

    def change(image: Image.Image) -> Image.Image:
        width, height = round(image.width * share), round(image.height * share)
        left, top = (image.width - width) // 3, (image.height - height) * 2 // 5
        return image.crop((left, top, left + width, top + height))

    return change


def brighter(image: Image.Image) -> Image.Image:
    """Brightness up by 15 %."""
    return image.point([min(255, round(1.15 * value)) for value in range(256)] * 3)


def after(*changes: Change) -> Change:
    """One change after the other."""

    def change(image: Image.Image) -> Image.Image:
        for one in changes:
            image = one(image)
        return image

    return change


CHANGES: dict[str, Change] = {
    "none": lambda image: image,
    "JPEG 80": jpeg(80),
    "JPEG 60": jpeg(60),
    "JPEG 40": jpeg(40),
    "half the size": resized(0.5),
    "0.83 of the size": resized(0.83),
    "1.7 times the size": resized(1.7),
    "cropped to 75 % of each side": cropped(0.75),
    "cropped to 50 % of each side": cropped(0.5),
    "cropped to 30 % of each side": cropped(0.3),
    "half the size, then JPEG 80": after(resized(0.5), jpeg(80)),
    "cropped to 70 %, 0.83 of the size, JPEG 80": after(cropped(0.7), resized(0.83), jpeg(80)),
    "brighter by 15 %, JPEG 80": after(brighter, jpeg(80)),
    "turned by 2 degrees": lambda image: image.rotate(2, Image.Resampling.BICUBIC),
}


def drawn(count: int) -> Iterator[Image.Image]:
    """Pictures of the released model, its rashes, sites and tones by turns."""
    card, pipeline = load_card(EMBEDDED_MODEL), load_pipeline(EMBEDDED_MODEL)
    for i in range(count):
        asked = Attributes(
            card.rashes[i % len(card.rashes)],
            (card.sites[i * 7 % len(card.sites)],),
            card.tones[i % len(card.tones)],
        )
        recipe = compose(Wish(attributes=asked, prompt=None, seed=i, model=EMBEDDED_MODEL)).recipe
        yield draw(pipeline, recipe)


def report(images: list[Image.Image]) -> str:
    """The table, and beneath it what the mark costs."""
    marked = [embed(image, 0x5EED0000 + i) for i, image in enumerate(images)]
    lines = ["| change | mark read |", "|---|---|"]
    for name, change in CHANGES.items():
        read = sum(_reads(change(image), 0x5EED0000 + i) for i, image in enumerate(marked))
        lines.append(f"| {name} | {read} of {len(images)} |")
    false = sum(read_mark(image) is not None for image in images)
    pairs = list(zip(images, marked, strict=True))
    lines += [
        "",
        f"Unmarked pictures taken for marked: {false} of {len(images)}.",
        f"PSNR {np.mean([_psnr(*pair) for pair in pairs]):.1f} dB on average, "
        f"{min(_psnr(*pair) for pair in pairs):.1f} at least; "
        f"SSIM {np.mean([_ssim(*pair) for pair in pairs]):.3f}.",
    ]
    return "\n".join(lines)


def _reads(image: Image.Image, code: int) -> bool:
    mark = read_mark(image)
    return mark is not None and mark.code == code


def _psnr(left: Image.Image, right: Image.Image) -> float:
    error = np.mean((np.asarray(left, float) - np.asarray(right, float)) ** 2)
    return float(10 * np.log10(255**2 / error))


def _ssim(left: Image.Image, right: Image.Image) -> float:
    return float(structural_similarity(np.asarray(left), np.asarray(right), channel_axis=2))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=24, help="how many to draw (default: 24)")
    parser.add_argument("--folder", type=Path, help="take the pictures of this folder instead")
    asked = parser.parse_args(argv)
    if asked.folder:
        paths = [path for path in sorted(asked.folder.rglob("*")) if path.suffix in (".png", ".webp")]
        images = [Image.open(path).convert("RGB") for path in paths[: asked.pictures]]
    else:
        images = list(drawn(asked.pictures))
    print(report(images))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
