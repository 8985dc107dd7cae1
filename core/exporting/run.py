"""One export from beginning to end, with progress and cancelling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import ExportError, InputError
from core.exporting.formats import FORMATS
from core.exporting.items import Item, Order
from core.exporting.targets import opened

Progress = Callable[[int, int], None]
"""Called with (pictures done, pictures in all). Raises ExportCancelled to stop."""

README = """# {label}

{note}

{count} pictures, drawn by Script2Skin. They are **synthetic**, show no real person and are
not for diagnosis.
Each PNG, DICOM or PDF file carries its recipes, a statement that a trained model made the pictures, and an
invisible mark in them. `python -m core.verify FILE` tells whether one was altered.
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written; ``left_out`` as in the order."""

    output: Path
    pictures: int
    left_out: int = 0


def export(
    order: Order, format: str, output: Path, on_progress: Progress = lambda done, total: None
) -> Exported:
    """Writes all pictures of the order to a new folder or .zip.

    Raises:
        InputError: an unknown format, no picture, or an output that is there already.
        ImageFileError: a picture's file is missing, damaged or altered.
        ExportCancelled: ``on_progress`` raised it; nothing is left.
        DiskFullError, ExportError: it can't be written; nothing is left.
    """
    if format not in FORMATS:
        raise InputError(f"There is no format '{format}'; choose one of {', '.join(FORMATS)}.")
    answers_alone = order.study is not None and format == "ratings"
    if not order.total and not answers_alone:
        raise InputError(_nothing(order))
    form, count = FORMATS[format], 0

    def followed() -> Iterator[Item]:
        nonlocal count
        for item in order.walk():
            on_progress(count, order.total)
            yield item
            count += 1

    with opened(output) as target:
        form.write(order, followed(), target)
        if not count and not answers_alone:
            raise ExportError("The pictures were deleted before they could be exported.")
        text = README.format(label=form.label, note=form.note, count=f"{count:,}")
        if order.study is not None:
            named = order.rater_names
            text = order.study.readme(named) if answers_alone else text + order.study.pictures_note()
        target.add("README.md", text.encode())
        on_progress(count, order.total)
        order.write_down(format, count)
    return Exported(output, count, 0 if answers_alone else order.left_out)


def _nothing(order: Order) -> str:
    if order.left_out:
        return (
            "Each of these pictures is too near to a training picture, so nothing is left to export. "
            "Ask for such pictures to be included if you want them."
        )
    return "No picture matches, so there is nothing to export."
