"""Exports in every form, read back by the programs they are for; safe names, defused formulas, cancel."""

import csv
import io
import json
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from core.errors import ExportCancelled, ExportError, ImageFileError, InputError
from core.exporting.formats import FORMATS
from core.exporting.items import Item, Order
from core.exporting.run import export
from core.exporting.tables import defused
from core.exporting.targets import checked_name
from core.images import read_recipe
from core.measuring.readings import Reading
from core.provenance.outgoing import Outgoing
from core.provenance.verdict import Standing, examine
from db.export import main
from db.export_items import Choice, export_order
from db.records import HistoryFilter, Visibility
from db.repository import Repository
from tests import app_scenes as scenes

PICTURES = ("pairs", "imagefolder", "jsonl", "csv")


@pytest.fixture
def repository(library: Path) -> Iterator[Repository]:
    """Four pictures: three of one caption, rated 6, 2 and not at all, and a private one of somebody else."""
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    for seed in (1, 2, 3):
        scenes.add_picture(opened, scenes.recipe_for(seed=seed))
    secret = scenes.drawn(opened, scenes.recipe_for("acne", seed=4))
    opened.generations.add(scenes.OTHER, secret, Visibility.PRIVATE)
    opened.ratings.add(1, scenes.OTHER, False, 6, {"site": "yes"}, '=HYPERLINK("http://x","y")')
    opened.ratings.add(2, scenes.PERSON, True, 2)
    yield opened
    opened.close()


def order_of(repository: Repository, choice: Choice | None = None, names: bool = False) -> Order:
    order = export_order(repository, choice or Choice(), scenes.PERSON, names)
    return replace(order, outgoing=Outgoing(None))


def names_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_pairs_leave_signed_and_lead_back(repository: Repository, tmp_path: Path) -> None:
    order = export_order(repository, Choice(ids=(2, 1)), scenes.PERSON)
    assert export(order, "pairs", tmp_path / "out").pictures == 2
    assert names_in(tmp_path / "out") == [
        "000001-tinea-foot-brown.png",
        "000001-tinea-foot-brown.txt",
        "000002-tinea-foot-brown.png",
        "000002-tinea-foot-brown.txt",
        "README.md",
    ]
    verdict = examine((tmp_path / "out" / "000001-tinea-foot-brown.png").read_bytes())
    assert (verdict.standing, verdict.signer is not None) == (Standing.INTACT, True)
    assert repository.generations.drawn_as(verdict.source or "", scenes.PERSON)[0].id == 1
    assert repository.generations.drawn_as((verdict.source or "")[:8], scenes.PERSON)[0].id == 1
    caption = (tmp_path / "out" / "000001-tinea-foot-brown.txt").read_text()
    assert caption == "tinea type of rash at the foot area on a brown skin\n"


@pytest.mark.parametrize("format", FORMATS)
def test_every_form_leaves_out_what_is_private_and_fits_a_zip(
    repository: Repository, tmp_path: Path, format: str
) -> None:
    assert export(order_of(repository), format, tmp_path / "out.zip").pictures == 3
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None and "README.md" in archive.namelist()
        assert not [name for name in archive.namelist() if "acne" in name]
    assert [path.name for path in tmp_path.glob("*out*")] == ["out.zip"]


@pytest.mark.parametrize("format", PICTURES)
def test_no_training_picture_bears_visible_words(repository: Repository, tmp_path: Path, format: str) -> None:
    export(order_of(repository), format, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.png"):
        recipe, _ = read_recipe(path)
        assert size_of(path) == (recipe.width, recipe.height)


def size_of(path: Path) -> tuple[int, int]:
    from PIL import Image

    with Image.open(path) as image:
        return image.size


def test_the_image_folder_is_read_by_datasets(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets", reason="IMAGEFOLDER NOT READ BACK: datasets IS NOT INSTALLED")
    export(order_of(repository), "imagefolder", tmp_path / "out")
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "c")
    )
    assert loaded["train"].num_rows == 3
    assert loaded["train"][0]["text"] == "tinea type of rash at the foot area on a brown skin"
    assert loaded["train"][0]["image"].size == (32, 32)
    export(order_of(repository), "parquet", tmp_path / "tables")
    files = str(tmp_path / "tables" / "data" / "*.parquet")
    tables = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "c"))["train"]
    assert (tables[2]["image"].size, tables[2]["sites"], tables[2]["synthetic"]) == ((32, 32), ["foot"], True)


def test_json_lines_and_csv_say_the_same(repository: Repository, tmp_path: Path) -> None:
    export(order_of(repository), "jsonl", tmp_path / "lines")
    export(order_of(repository), "csv", tmp_path / "table")
    lines = [json.loads(line) for line in (tmp_path / "lines" / "pictures.jsonl").read_text().splitlines()]
    text = (tmp_path / "table" / "pictures.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["image"] for row in rows] == [line["image"] for line in lines]
    assert (tmp_path / "lines" / lines[0]["image"]).is_file()
    assert lines[0]["realism_mean"] == 6 and rows[0]["realism_mean"] == "6.0"
    assert json.loads(rows[0]["settings"])["seed"] == lines[0]["settings"]["seed"] == 1
    assert "owner" not in lines[0] and "owner" not in rows[0]


@pytest.mark.parametrize("named", [True, False])
def test_ratings_name_raters_only_where_wanted(repository: Repository, tmp_path: Path, named: bool) -> None:
    export(order_of(repository, names=named), "ratings", tmp_path / "out")
    text = (tmp_path / "out" / "ratings.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["rater"] for row in rows] == (
        [scenes.OTHER, scenes.PERSON] if named else ["rater 1", "rater 2"]
    )
    assert rows[0]["comment"] == """'=HYPERLINK("http://x","y")"""
    lines = (tmp_path / "out" / "ratings.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["comment"].startswith("=HYPERLINK")
    assert named or scenes.OTHER not in text + "".join(lines)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\n=1", "  =1", "＝1"])
def test_formulas_are_defused(text: str) -> None:
    assert defused(text) == f"'{text}"
    assert defused("a=1") == "a=1"


def test_preferences_pair_the_same_settings_alone(repository: Repository, tmp_path: Path) -> None:
    other = replace(scenes.recipe_for(seed=9), guidance_scale=3.0)
    scenes.add_picture(repository, other)
    repository.ratings.add(5, scenes.PERSON, True, 1)
    export(order_of(repository), "preferences", tmp_path / "out")
    rows = [json.loads(x) for x in (tmp_path / "out" / "preferences.jsonl").read_text().splitlines()]
    assert [(row["chosen_realism"], row["rejected_realism"], row["differs"]) for row in rows] == [
        (6, 2, "seed")
    ]
    assert names_in(tmp_path / "out" / "images") == [
        Path(rows[0]["chosen"]).name,
        Path(rows[0]["rejected"]).name,
    ]
    none = replace(order_of(repository), margin=5.0)
    export(none, "preferences", tmp_path / "none")
    assert (tmp_path / "none" / "preferences.jsonl").read_text() == ""


def test_dicom_says_that_it_is_synthetic_and_by_what(repository: Repository, tmp_path: Path) -> None:
    export(order_of(repository), "dicom", tmp_path / "out")
    file = pydicom.dcmread(tmp_path / "out" / "000001-tinea-foot-brown.dcm")
    assert (file.SyntheticData, file.pixel_array.shape) == ("YES", (32, 32, 3))
    equipment = file.ContributingEquipmentSequence[0]
    assert equipment.Manufacturer == "Script2Skin"
    assert equipment.PurposeOfReferenceCodeSequence[0].CodeMeaning == "Synthesizing Equipment"


def test_the_dicom_validator_reports_no_error(repository: Repository, tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        warnings.warn("DICOM IS NOT VALIDATED: apt-get install dicom3tools", stacklevel=1)
        pytest.skip("DICOM IS NOT VALIDATED: apt-get install dicom3tools")
    export(order_of(repository), "dicom", tmp_path / "out")
    for path in sorted((tmp_path / "out").glob("*.dcm")):
        done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
        errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
        assert [line for line in errors if "0x0008,0x001c" not in line.lower()] == []
        assert "VLPhotographicImage" in done.stdout + done.stderr


def test_the_contact_sheet_is_a_pdf(repository: Repository, tmp_path: Path) -> None:
    export(order_of(repository), "sheet", tmp_path / "out")
    content = (tmp_path / "out" / "contact-sheet-001.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert content.count(b"/Subtype /Image") == 3


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\..\\x", "C:x", "", "a\0b"])
def test_no_name_leaves_the_folder(name: str) -> None:
    with pytest.raises(ExportError, match="leave the folder"):
        checked_name(name)


def test_a_picture_whose_recipe_climbs_is_named_harmlessly(repository: Repository) -> None:
    recipe = replace(scenes.recipe_for(), rash="../../etc", sites=("/x", "a" * 200))
    item = Item(1, "ann", repository.database.clock(), recipe, Path("x.png"))
    assert checked_name(item.stem) == item.stem and "/" not in item.stem and len(item.stem) <= 90


def test_cancelling_leaves_nothing(repository: Repository, tmp_path: Path) -> None:
    seen = []

    def stop_at_two(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise ExportCancelled("Stopped.")

    for name in ("out", "out.zip"):
        with pytest.raises(ExportCancelled):
            export(order_of(repository), "pairs", tmp_path / name, stop_at_two)
    assert seen[:3] == [(0, 3), (1, 3), (2, 3)]
    assert list(tmp_path.glob("*out*")) == []


def test_pictures_are_taken_one_at_a_time(repository: Repository, tmp_path: Path) -> None:
    order, taken, shown = order_of(repository), [], []

    def walk() -> Iterator[Item]:
        for item in order.walk():
            taken.append(item.id)
            yield item

    def on_progress(done: int, total: int) -> None:
        shown.append(len(taken) - done)

    export(replace(order, walk=walk), "imagefolder", tmp_path / "out", on_progress)
    assert max(shown) == 1


def test_a_damaged_picture_stops_the_export_by_name(repository: Repository, tmp_path: Path) -> None:
    path = repository.generations.get(2, scenes.PERSON).image_path
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ImageFileError, match=path.name):
        export(order_of(repository), "pairs", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_never_written_over(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="already"):
        export(order_of(repository), "pairs", tmp_path / "out")
    with pytest.raises(InputError, match="No picture"):
        export(order_of(repository, Choice(HistoryFilter(text="nothing"))), "pairs", tmp_path / "none")


def mark(repository: Repository, *ids: int) -> None:
    """Says that these pictures are too near to a training picture."""
    for id in ids:
        reading = Reading("tan", 6, nearest="phantom 5", nearest_of="24 training phantoms", too_near=True)
        repository.readings.record(id, replace(reading, nearest_distance=0.1, nearest_share=0.0))


@pytest.mark.parametrize("ids", [None, (1, 2, 3)])
def test_pictures_too_near_to_training_stay_behind_unless_asked_for(
    repository: Repository, tmp_path: Path, ids: tuple[int, ...] | None
) -> None:
    mark(repository, 2)
    order = order_of(repository, Choice(ids=ids))
    assert (order.total, order.left_out) == (2, 1)
    done = export(order, "jsonl", tmp_path / "without")
    assert (done.pictures, done.left_out) == (2, 1)
    whole = order_of(repository, Choice(ids=ids, near=True))
    assert export(whole, "jsonl", tmp_path / "with").left_out == 0
    lines = [json.loads(line) for line in (tmp_path / "with" / "pictures.jsonl").read_text().splitlines()]
    assert {line["id"]: line["too_near"] for line in lines} == {1: False, 2: True, 3: False}
    assert len(names_in(tmp_path / "without" / "images")) == 2


def test_where_all_are_too_near_the_refusal_says_so(repository: Repository, tmp_path: Path) -> None:
    mark(repository, 1, 2, 3)
    with pytest.raises(InputError, match="too near to a training picture"):
        export(order_of(repository), "pairs", tmp_path / "out")


def test_the_command_says_how_many_it_left_out_and_takes_them_when_told(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark(repository, 1)
    told = ["--format", "ratings", "--user", scenes.PERSON, "--output"]
    assert main([*told, str(tmp_path / "without")]) == 0
    assert "2 pictures" in (said := capsys.readouterr().out) and "1 too near" in said
    assert main([*told, str(tmp_path / "with"), "--include-near"]) == 0
    assert "3 pictures" in (said := capsys.readouterr().out) and "too near" not in said


def test_the_command_exports_by_filter(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "out.zip")
    assert main(["--format", "csv", "--output", output, "--rated", "--min-realism", "5"]) == 0
    assert "1 pictures" in capsys.readouterr().out
    assert main(["--format", "csv", "--output", output]) == 1
    assert "already" in capsys.readouterr().err
