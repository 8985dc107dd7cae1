"""What can be said of a file, in the words of the answer."""

from dataclasses import dataclass
from enum import StrEnum

from core.drawing.sheets import Cell
from core.recipes import Recipe


class Standing(StrEnum):
    """The short answer."""

    INTACT = "intact"
    ALTERED = "altered"
    MARKED = "marked"
    UNKNOWN = "unknown"


class Form(StrEnum):
    """What kind of file it is."""

    PICTURE = "picture"
    SHEET = "sheet of pictures"
    DICOM = "DICOM file"
    PDF = "contact sheet (PDF)"


HEADLINES = {
    Standing.INTACT: "Made by Script2Skin, and not altered.",
    Standing.ALTERED: "Made by Script2Skin, and altered since.",
    Standing.MARKED: "Its pixels were drawn by Script2Skin; the file was made anew from them.",
    Standing.UNKNOWN: "Nothing says that Script2Skin made it.",
}
COMPOSED = {
    Standing.INTACT: "A sheet of {count} drawn by Script2Skin, and not altered.",
    Standing.ALTERED: "A sheet of {count} drawn by Script2Skin, and altered since.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``findings`` are sentences. ``source`` is the pixel hash in the library that drew it; ``code``, its
    first 32 bits, was read from the watermark; ``signer`` is None for an unsigned file. A sheet has
    ``pictures`` instead of one recipe and source."""

    standing: Standing
    findings: tuple[str, ...] = ()
    recipe: Recipe | None = None
    source: str | None = None
    code: int | None = None
    signer: str | None = None
    trusted: bool = False
    form: Form = Form.PICTURE
    pictures: tuple[Cell, ...] = ()

    @property
    def headline(self) -> str:
        """The short answer as a sentence."""
        if self.form in (Form.SHEET, Form.PDF) and self.standing in COMPOSED:
            count = len(self.pictures)
            words = "one picture" if count == 1 else f"{count} pictures" if count else "pictures"
            return COMPOSED[self.standing].format(count=words)
        return HEADLINES[self.standing]
