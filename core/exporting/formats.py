"""The forms of an export, each a function that walks over the pictures once and writes to a target."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from core.exporting.contact_sheet import Shown, encode_sheets
from core.exporting.dicom import encode_dicom
from core.exporting.items import Item, Names, Order
from core.exporting.parquet import schema_for, write_shard
from core.exporting.preferences import Preference, preferences
from core.exporting.study_answers import write_answers
from core.exporting.tables import CsvFile, picture_row, rating_row, write_line
from core.exporting.targets import Target, file_in

Writer = Callable[[Order, Iterator[Item], Target], None]


@dataclass(frozen=True, slots=True)
class Format:
    """One form. ``label`` is what a person chooses by, ``note`` says what they get."""

    label: str
    note: str
    write: Writer


def _write_pairs(order: Order, items: Iterator[Item], target: Target) -> None:
    for item in items:
        target.add(f"{item.stem}.png", order.outgoing.encode(item.image_path))
        target.add(f"{item.stem}.txt", (item.recipe.prompt + "\n").encode())


def _write_json_lines(order: Order, items: Iterator[Item], target: Target) -> None:
    with file_in(target, "pictures.jsonl") as lines:
        for item in items:
            write_line(lines, _with_picture(order, item, target))


def _write_csv(order: Order, items: Iterator[Item], target: Target) -> None:
    with file_in(target, "pictures.csv") as file:
        table = CsvFile(file)
        for item in items:
            table.write(_with_picture(order, item, target))


def _with_picture(order: Order, item: Item, target: Target) -> dict[str, Any]:
    name = f"images/{item.stem}.png"
    target.add(name, order.outgoing.encode(item.image_path))
    return picture_row(item, name, order.rater_names)


def _write_image_folder(order: Order, items: Iterator[Item], target: Target) -> None:
    """As ``datasets.load_dataset("imagefolder", data_dir=...)`` reads it."""
    with file_in(target, "train/metadata.jsonl") as lines:
        for item in items:
            name = f"{item.stem}.png"
            target.add(f"train/{name}", order.outgoing.encode(item.image_path))
            row = picture_row(item, name, order.rater_names)
            write_line(lines, {"file_name": row.pop("image"), "text": row.pop("caption"), **row})


def _write_parquet(order: Order, items: Iterator[Item], target: Target) -> None:
    schema = schema_for(order.rater_names)
    for shard, first in enumerate(items):
        path = target.workshop / "shard.parquet"
        write_shard(path, (_parquet_row(order, item) for item in chain([first], items)), schema)
        target.add_file(f"data/train-{shard:05d}.parquet", path)


def _parquet_row(order: Order, item: Item) -> dict[str, Any]:
    row = picture_row(item, f"{item.stem}.png", order.rater_names)
    image = {"bytes": order.outgoing.encode(item.image_path), "path": row["image"]}
    return {**row, "image": image, "settings": json.dumps(row["settings"], ensure_ascii=False)}


def _write_ratings(order: Order, items: Iterator[Item], target: Target) -> None:
    if order.study is not None:
        write_answers(order.study, order.rater_names, target)
        deque(items, maxlen=0)
        return
    names = Names(order.rater_names)
    with file_in(target, "ratings.csv") as file, file_in(target, "ratings.jsonl") as lines:
        table = CsvFile(file)
        for item in items:
            for sheet in item.sheets:
                row = rating_row(item, sheet, names)
                table.write(row)
                write_line(lines, row)


def _write_preferences(order: Order, items: Iterator[Item], target: Target) -> None:
    pairs = preferences(order.walk(), order.margin)
    wanted = {one.id for pair in pairs for one in (pair.chosen, pair.rejected)}
    for item in items:
        if item.id in wanted:
            target.add(f"images/{item.stem}.png", order.outgoing.encode(item.image_path))
    with file_in(target, "preferences.jsonl") as lines:
        for pair in pairs:
            write_line(lines, _preference_row(pair))


def _preference_row(pair: Preference) -> dict[str, Any]:
    return {
        "caption": pair.caption,
        "chosen": f"images/{pair.chosen.stem}.png",
        "rejected": f"images/{pair.rejected.stem}.png",
        "chosen_realism": pair.chosen.realism,
        "rejected_realism": pair.rejected.realism,
        "chosen_ratings": pair.chosen.count,
        "rejected_ratings": pair.rejected.count,
        "differs": pair.differs,
    }


def _write_dicom(order: Order, items: Iterator[Item], target: Target) -> None:
    for item in items:
        image, _, source = order.outgoing.marked(item.image_path)
        target.add(f"{item.stem}.dcm", encode_dicom(item, image, source, order.outgoing.credentials))


def _write_contact_sheet(order: Order, items: Iterator[Item], target: Target) -> None:
    for number, content in enumerate(encode_sheets(_shown(order, items), order.outgoing.credentials), 1):
        target.add(f"contact-sheet-{number:03d}.pdf", content)


def _shown(order: Order, items: Iterator[Item]) -> Iterator[Shown]:
    for item in items:
        image, recipe, source = order.outgoing.marked(item.image_path)
        yield Shown(item.id, image, recipe, source)


FORMATS: dict[str, Format] = {
    "pairs": Format("Pictures and captions", "Each picture with its caption as a text file.", _write_pairs),
    "imagefolder": Format(
        "Image folder", "A folder that datasets.load_dataset reads as it is.", _write_image_folder
    ),
    "jsonl": Format("JSON lines", "Pictures, and one line of JSON for each.", _write_json_lines),
    "csv": Format("Spreadsheet (CSV)", "Pictures, and a table that spreadsheets open.", _write_csv),
    "parquet": Format("Parquet", "Tables with the pictures inside.", _write_parquet),
    "ratings": Format("Ratings", "Every current rating as CSV and JSON lines, no pictures.", _write_ratings),
    "preferences": Format(
        "Preference pairs",
        "Pairs of one caption and the same settings, one picture rated better than the other.",
        _write_preferences,
    ),
    "dicom": Format("DICOM", "VL Photographic Images, marked as synthetic.", _write_dicom),
    "sheet": Format("Contact sheet (PDF)", "Twenty pictures a page, with captions.", _write_contact_sheet),
}
