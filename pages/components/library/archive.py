"""A ZIP of image and caption pairs, the form in which training commands read pictures."""

import os
import zipfile
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile

from core.errors import DiskFullError, NotFoundError
from core.provenance.outgoing import Outgoing
from core.recipes import Recipe
from db.records import Generation

ARCHIVE_MAX = 200
"""Pictures in one ZIP made on the page: Streamlit holds a download in memory while it is fetched."""


def pair_name(generation: Generation) -> str:
    """File name of a pair without its ending; made of vocabulary keys and the id alone, so always safe."""
    recipe: Recipe = generation.recipe
    words = [recipe.rash or "prompt", *recipe.sites, recipe.tone or ""]
    return "-".join([f"{generation.id:06d}", *filter(None, words)])


def write_archive(generations: Iterable[Generation], outgoing: Outgoing) -> BufferedReader:
    """Writes the pairs one by one to a temporary file that vanishes when closed; returns a reader of it.

    Raises:
        NotFoundError: a picture's file is missing.
        DiskFullError: the temporary file could not be written.
    """
    with TemporaryFile(suffix=".zip") as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for generation in generations:
                    _add_pair(archive, generation, outgoing)
            file.flush()
        except OSError as error:
            raise DiskFullError(f"The ZIP can't be written: {error}.") from error
        return reader_of(file.fileno())


def reader_of(descriptor: int) -> BufferedReader:
    """The same file from its start; st.download_button takes readers, not files open for writing too."""
    reader = os.fdopen(os.dup(descriptor), "rb")
    reader.seek(0)
    return reader


def _add_pair(archive: zipfile.ZipFile, generation: Generation, outgoing: Outgoing) -> None:
    path: Path = generation.image_path
    if not path.is_file():
        raise NotFoundError(f"The file of picture {generation.id} is missing; leave it out of the selection.")
    archive.writestr(f"{pair_name(generation)}.png", outgoing.encode(path))
    archive.writestr(f"{pair_name(generation)}.txt", generation.recipe.prompt + "\n")
