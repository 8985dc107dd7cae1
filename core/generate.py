"""Draws synthetic skin pictures from a rash, a body site and a skin tone, or from a written prompt.

    python -m core.generate --rash tinea --site foot --tone brown --seed 7 --output out.png
    python -m core.generate --prompt "acne on brown skin on the hand" --count 3 --output out.png
    python -m core.generate --prompt "acne on a fair cheek" --start skin.jpg --strength 0.6 --output out.png

Prints the recipe as JSON (a list for --count above 1), with the attributes read from the prompt in it.
--severity and --view are for models that know them.
Several pictures go to out-1.png, out-2.png, ... with seeds that follow each other. --start draws over a
photograph (JPEG, PNG, WebP): its middle is used, nothing of it is kept but the hash of its pixels.

The picture leaves as a download does: with its recipe, an invisible mark and a signature (core.verify reads
them). A signature holds the time, so that no two files are equal, though their pixels are; --as-kept writes
the file as a library keeps it, the same bytes each time. Synthetic: not for diagnosis.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.drawing.composing import STOCK_ENCODER, Composition, Wish, compose, series
from core.drawing.starts import StartPicture, prepare_start, with_start
from core.drawing.uploads import read_photograph
from core.errors import ImageFileError, InputError, Script2SkinError
from core.language.attributes import Attributes
from core.quiet import mute_libraries
from core.recipes import LORA_STRENGTH_MAX, SCHEDULERS, STRENGTH_DEFAULT, Recipe
from core.settings import EMBEDDED_MODEL, Settings
from core.weights.model_folders import resolve_source

if TYPE_CHECKING:
    from PIL import Image

    Encode = Callable[[Image.Image, Recipe], bytes]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code (0, or 1 with a sentence on stderr)."""
    asked = _parser().parse_args(argv)
    try:
        mute_libraries()
        composition, start = _with_start(asked, _compose(asked))
        recipes = series(composition.recipe, asked.count)
        outputs = _outputs(asked, recipes)
        if not asked.dry_run:
            _draw_all(recipes, outputs, start, _encoder(asked))
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    _print_recipes(recipes)
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--rash", help="rash type, for example tinea")
    parser.add_argument(
        "--site", action="append", default=[], help="body site, for example foot (repeatable)"
    )
    parser.add_argument("--tone", help="skin tone, for example brown, or a step of the Monk scale: monk_4")
    parser.add_argument("--severity", help="mild, moderate or severe, if the model knows them")
    parser.add_argument("--view", help="close_up, at_an_angle or at_distance, if the model knows them")
    parser.add_argument("--prompt", help="free text instead of the attributes")
    parser.add_argument("--negative-prompt", default="", help="what the picture should not show")
    parser.add_argument("--seed", type=int, help="0 to 4294967295; a fresh one if left out")
    parser.add_argument("--count", type=int, default=1, help="how many pictures, 1 to 8")
    parser.add_argument("--output", type=Path, help="PNG file to write")
    parser.add_argument("--model", default=EMBEDDED_MODEL, help="model name, diffusers folder, or hub id")
    parser.add_argument(
        "--text-encoder", "--encoder", default=STOCK_ENCODER, help="folder of a fine-tuned text encoder"
    )
    parser.add_argument(
        "--text-encoder-weight", type=float, help="from 0 (the model's own) to 1 (--text-encoder; default)"
    )
    parser.add_argument("--lora", help="name of a run below runs/, or folder of a LoRA")
    parser.add_argument(
        "--lora-strength",
        type=float,
        help=f"0 (as without it) to {LORA_STRENGTH_MAX}; 1 as trained (default)",
    )
    parser.add_argument("--steps", type=int, help="num_inference_steps")
    parser.add_argument("--guidance", type=float, help="guidance_scale, 1 to 30")
    parser.add_argument("--scheduler", help=f"one of {', '.join(SCHEDULERS)}")
    parser.add_argument("--start", type=Path, help="photograph to start from instead of noise")
    parser.add_argument(
        "--strength",
        type=float,
        help=f"how much of --start is drawn anew, above 0 to 1 (default {STRENGTH_DEFAULT})",
    )
    parser.add_argument(
        "--visible-mark", action="store_true", help="a strip beneath says that it is synthetic"
    )
    parser.add_argument(
        "--as-kept", action="store_true", help="the same bytes each time: no invisible mark, no signature"
    )
    parser.add_argument("--download", action="store_true", help="fetch a hub id that is not here yet")
    parser.add_argument("--dry-run", action="store_true", help="print the recipe, draw nothing")
    return parser


def _compose(asked: Namespace) -> Composition:
    if asked.download:
        resolve_source(asked.model, download=True)
    composition = compose(_wish(asked))
    for note in composition.notes:
        print(note, file=sys.stderr)
    if composition.ignored:
        print(f"Nothing was made of: {', '.join(composition.ignored)}.", file=sys.stderr)
    return composition


def _wish(asked: Namespace) -> Wish:
    attributes = Attributes(asked.rash, tuple(asked.site), asked.tone, asked.severity, asked.view)
    chosen = attributes != Attributes()
    if chosen and asked.prompt is not None:
        raise InputError("Give either --prompt, or --rash, --site, --tone, --severity and --view.")
    if asked.lora is None and asked.lora_strength is not None:
        raise InputError(
            f"--lora-strength is {asked.lora_strength:g}, but there is no --lora to apply it to."
        )
    return Wish(
        attributes=attributes if chosen else None,
        prompt=asked.prompt,
        seed=asked.seed,
        model=asked.model,
        text_encoder=asked.text_encoder,
        text_encoder_weight=asked.text_encoder_weight,
        negative_prompt=asked.negative_prompt,
        num_inference_steps=asked.steps,
        guidance_scale=asked.guidance,
        scheduler=asked.scheduler,
        lora=asked.lora,
        lora_strength=asked.lora_strength,
    )


def _with_start(asked: Namespace, composition: Composition) -> tuple[Composition, StartPicture | None]:
    """Reads the photograph, once the size of the drawing is known."""
    if asked.start is None:
        if asked.strength is not None:
            raise InputError(f"--strength is {asked.strength:g}, but there is no --start to apply it to.")
        return composition, None
    try:
        content = asked.start.read_bytes()
    except OSError as error:
        raise ImageFileError(f"--start {asked.start} can't be read: {error.strerror}.") from error
    recipe = composition.recipe
    start = prepare_start(read_photograph(content, asked.start.name), recipe.width, recipe.height)
    strength = STRENGTH_DEFAULT if asked.strength is None else asked.strength
    return replace(composition, recipe=with_start(recipe, start, strength)), start


def _outputs(asked: Namespace, recipes: Sequence[Recipe]) -> list[Path]:
    """Checked before drawing: nobody should wait for a picture that can't be written."""
    if asked.dry_run:
        return []
    if asked.output is None or asked.output.suffix.lower() != ".png":
        raise InputError(f"--output is {str(asked.output or '')!r}; give a file name that ends in .png.")
    if not asked.output.absolute().parent.is_dir():
        raise ImageFileError(f"There is no folder {asked.output.parent} to write to. Make it first.")
    if len(recipes) == 1:
        return [asked.output]
    return [asked.output.with_stem(f"{asked.output.stem}-{i}") for i in range(1, len(recipes) + 1)]


def _encoder(asked: Namespace) -> "Encode":
    """How a picture becomes a file; certificates are looked for before anything is drawn."""
    from core.images import encode_png
    from core.provenance.outgoing import for_library

    if not asked.as_kept:
        return for_library(Settings.from_environment().library, asked.visible_mark).encode_drawn
    if asked.visible_mark:
        raise InputError(
            "--visible-mark changes the picture, --as-kept leaves it as it is: give one of them."
        )
    return encode_png


def _draw_all(
    recipes: Sequence[Recipe], outputs: Sequence[Path], start: StartPicture | None, encode: "Encode"
) -> None:
    from core.drawing.pipeline import draw, load_for
    from core.files import write_files

    pipeline = load_for(recipes[0])
    image = None if start is None else start.image()
    for recipe, output in zip(recipes, outputs, strict=True):
        write_files({output: encode(draw(pipeline, recipe, start=image), recipe)})
        print(f"Drew {output}", file=sys.stderr)


def _print_recipes(recipes: Sequence[Recipe]) -> None:
    values = [recipe.to_dict() for recipe in recipes]
    print(json.dumps(values[0] if len(values) == 1 else values, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
