"""Draws the sample grid that README and the About page show: fixed prompts, seed 7, the model's own settings.

    python -m tools.sample_grid --output docs/screenshots/samples.png data/models/embedded/samples.webp

Nothing is picked: every prompt is drawn once. The first three are the test prompts of the first Script2Skin.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from core.drawing.composing import Wish, compose_recipe
from core.drawing.pipeline import draw, load_pipeline
from core.errors import Script2SkinError
from core.quiet import mute_libraries
from core.settings import EMBEDDED_MODEL

PROMPTS = (
    "generate an image of a tinea type of rash on the facial area on a brown skin",
    "generate an image of an acne type of rash on the face area on a fair skin",
    "generate an image of a tinea type of rash on the palm area on a fair skin",
    "tinea type of rash at the foot area on a brown skin",
    "eczema type of rash at the arm area on a pale skin",
    "acne type of rash at the back area on a tan skin",
    "eczema type of rash at the hand area on a medium skin",
    "clear skin at the palm area on a black skin",
    "psoriasis or lichen planus type of rash at the leg area on a brown skin",
    "nail disease type of rash at the fingers area on a tan skin",
    "hair loss type of rash at the scalp area on a black skin",
    "urticaria type of rash at the stomach area on a fair skin",
    "drug eruption type of rash at the chest area on a tan skin",
    "atopic dermatitis type of rash at the neck area on a brown skin",
    "viral type of rash at the hand area on a fair skin",
    "vasculitis type of rash at the leg area on a medium skin",
)
COLUMNS, CELL, LINES, GAP = 4, 256, 44, 12


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="model name, diffusers folder, or hub id")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="PNG or WebP files to write")
    asked = parser.parse_args(argv)
    mute_libraries()
    try:
        grid = draw_grid(asked.model)
        for path in asked.output:
            grid.save(path, optimize=True, quality=90)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def draw_grid(model: str) -> Image.Image:
    """One picture a prompt, its prompt beneath."""
    pipeline = load_pipeline(model)
    rows = -(-len(PROMPTS) // COLUMNS)
    step = CELL + GAP
    grid = Image.new("RGB", (COLUMNS * step + GAP, rows * (step + LINES) + GAP), "white")
    pen, font = ImageDraw.Draw(grid), ImageFont.load_default(12)
    for place, prompt in enumerate(PROMPTS):
        left, top = GAP + place % COLUMNS * step, GAP + place // COLUMNS * (step + LINES)
        picture = draw(pipeline, compose_recipe(Wish(prompt=prompt, seed=7, model=model)))
        grid.paste(picture.resize((CELL, CELL)), (left, top))
        pen.multiline_text((left, top + CELL + 6), "\n".join(wrap(prompt, 42)), "black", font)
    return grid


if __name__ == "__main__":
    sys.exit(main())
