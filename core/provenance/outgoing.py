"""A picture as it leaves: watermark, metadata, signature. The library's own file is not touched.

Beside what every file of ours carries, a file that left has these text entries:

    script2skin-source  SHA-256 of the pixels in the library, before any mark was added
    script2skin-marks   which marks were added: "watermark", "words", both or neither
    script2skin-signed  "yes" if a C2PA manifest was put in, so that its removal is noticed
"""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.images import encode_png, pixel_sha256, read_drawn
from core.provenance.credentials import Credentials, load_credentials
from core.provenance.manifest import Statement, sign, statement_of
from core.provenance.visible import with_strip
from core.provenance.watermark import code_of, embed
from core.recipes import Recipe

SOURCE_KEY = "script2skin-source"
MARKS_KEY = "script2skin-marks"
SIGNED_KEY = "script2skin-signed"
WATERMARK, WORDS = "watermark", "words"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How pictures leave. ``words`` puts the visible strip beneath; without credentials nothing is signed."""

    credentials: Credentials | None
    words: bool = False
    watermark: bool = True

    def encode(self, path: Path) -> bytes:
        """The PNG file that leaves, made from a file of the library.

        Raises:
            ImageFileError: the library's file is missing, damaged or altered.
            SigningError: the certificate can't be used.
        """
        image, recipe, _ = read_drawn(path)
        return self.encode_drawn(image, recipe)

    def encode_drawn(self, image: Image.Image, recipe: Recipe) -> bytes:
        """The same for a picture that was drawn just now; raises SigningError."""
        source = pixel_sha256(image)
        content = encode_png(self._with_marks(image, source), recipe, {SOURCE_KEY: source, **self.entries()})
        return self.signed(content, statement_of(recipe, self.watermark))

    def marked(self, path: Path) -> tuple[Image.Image, Recipe, str]:
        """The pixels that leave, the recipe, the hash of the library's pixels; raises as ``encode`` does."""
        image, recipe, source = read_drawn(path)
        return self._with_marks(image, source), recipe, source

    def signed(self, content: bytes, statement: Statement) -> bytes:
        """The PNG file with a manifest in it, or as it is where nothing is signed."""
        return sign(content, statement, self.credentials) if self.credentials else content

    def entries(self) -> dict[str, str]:
        """Which marks were added, and whether it is signed."""
        marks = ", ".join([WATERMARK] * self.watermark + [WORDS] * self.words)
        return {MARKS_KEY: marks, SIGNED_KEY: "yes" if self.credentials else "no"}

    def _with_marks(self, image: Image.Image, source: str) -> Image.Image:
        marked = embed(image, code_of(source)) if self.watermark else image
        return with_strip(marked) if self.words else marked


def for_library(library: Path, words: bool = False) -> Outgoing:
    """How pictures of this library leave, signed by its certificate, which is made at first need.

    Raises:
        SigningError: the certificate can't be used.
        StorageError: it can't be written.
    """
    return Outgoing(load_credentials(library), words)
