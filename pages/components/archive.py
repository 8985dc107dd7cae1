"""A ZIP of image and caption pairs, the form in which training commands read pictures."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from core.errors import DiskFullError, NotFoundError
from core.recipes import Recipe
from db.records import Generation

ARCHIVE_MAX = 200
"""Pictures in one ZIP made on the page: Streamlit holds a download in memory while it is fetched."""


def pair_name(generation: Generation) -> str:
    """File name of a pair without its ending; made of vocabulary keys and the id alone, so always safe."""
    recipe: Recipe = generation.recipe
    words = [recipe.rash or "prompt", *recipe.sites, recipe.tone or ""]
    return "-".join([f"{generation.id:06d}", *filter(None, words)])


def write_archive(generations: Iterable[Generation]) -> BinaryIO:
    """Writes the pairs one by one to a temporary file that vanishes when closed; returns it, rewound.

    Raises:
        NotFoundError: a picture's file is missing.
        DiskFullError: the temporary file could not be written.
    """
    file = cast(BinaryIO, TemporaryFile(suffix=".zip"))  # noqa: SIM115 - the caller closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for generation in generations:
                _add_pair(archive, generation)
    except OSError as error:
        file.close()
        raise DiskFullError(f"The ZIP can't be written: {error}.") from error
    file.seek(0)
    return file


def _add_pair(archive: zipfile.ZipFile, generation: Generation) -> None:
    path: Path = generation.image_path
    if not path.is_file():
        raise NotFoundError(f"The file of picture {generation.id} is missing; leave it out of the selection.")
    archive.write(path, f"{pair_name(generation)}.png")
    archive.writestr(f"{pair_name(generation)}.txt", generation.recipe.prompt + "\n")
