"""Says of a file whether Script2Skin made it, whether it was altered since, and by which recipe.

    python -m core.verify picture.png
    python -m core.verify picture.jpg --json

Pictures (PNG), sheets of Compare, DICOM files and contact sheets (PDF) are examined wholly. A picture without
metadata is still recognised by its invisible mark (JPEG, resized, cropped; within limits that
docs/measurements.md states). Exit code 0: made by Script2Skin and not altered; 1: anything else;
2: the file can't be read.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from core.drawing.sheets import Cell
from core.provenance.answers import Standing, Verdict
from core.provenance.credentials import anchors
from core.provenance.verdict import examine
from core.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = ArgumentParser(
        "python -m core.verify", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the picture")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    asked = parser.parse_args(argv)
    try:
        content = asked.file.read_bytes()
    except OSError as error:
        print(f"{asked.file} can't be read: {error.strerror}.", file=sys.stderr)
        return 2
    verdict = examine(content, anchors(Settings.from_environment().library))
    print(json.dumps(as_dict(verdict), indent=2, ensure_ascii=False) if asked.json else as_text(verdict))
    return 0 if verdict.standing is Standing.INTACT else 1


def as_dict(verdict: Verdict) -> dict[str, object]:
    """The answer as plain JSON types."""
    return {
        "standing": verdict.standing.value,
        "form": verdict.form.value,
        "headline": verdict.headline,
        "findings": list(verdict.findings),
        "signature": signature_words(verdict),
        "source_pixels": verdict.source,
        "watermark": None if verdict.code is None else f"{verdict.code:08x}",
        "recipe": verdict.recipe.to_dict() if verdict.recipe else None,
        "pictures": [
            {"row": one.row, "column": one.column, "source_pixels": one.source}
            | {"recipe": one.recipe.to_dict()}
            for one in verdict.pictures
        ],
    }


def as_text(verdict: Verdict) -> str:
    """The answer as lines."""
    lines = [verdict.headline, *(f"- {finding}" for finding in verdict.findings)]
    if verdict.standing in (Standing.INTACT, Standing.ALTERED):
        lines.append(signature_words(verdict))
    if verdict.code is not None:
        lines.append(f"Invisible mark: {verdict.code:08x}")
    if verdict.recipe:
        lines += ["Recipe:", json.dumps(verdict.recipe.to_dict(), indent=2, ensure_ascii=False)]
    if verdict.pictures:
        lines.append("Its pictures (--json tells their recipes whole):")
        lines += [
            f"- {place_of(one)}: {one.recipe.prompt}, seed {one.recipe.seed}" for one in verdict.pictures
        ]
    return "\n".join(lines)


def place_of(cell: Cell) -> str:
    """Where a picture stands on its sheet."""
    return ", ".join(filter(None, (cell.row, cell.column)))


def signature_words(verdict: Verdict) -> str:
    """Who signed, and whether that is known here."""
    if verdict.signer is None:
        return "Not signed: hashes show that it is whole, not who made it."
    if verdict.standing is not Standing.INTACT:
        return f"The signature names “{verdict.signer}”; in an altered file it vouches for nothing."
    known = "known to this library" if verdict.trusted else "unknown to this library"
    return f"Signed by “{verdict.signer}”, {known}."


if __name__ == "__main__":
    sys.exit(main())
