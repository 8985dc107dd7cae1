import csv
import hashlib
import json
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from photograph_folders import (
    TERMS,
    by_source,
    encoded,
    pairs_folder,
    picture,
    prepared,
    put,
    told,
    zipped,
)
from PIL import Image, ImageCms, ImageOps

from core.errors import DatasetError, InputError
from core.language.attributes import Attributes
from core.photographs.datasets import open_dataset, sha256_of
from training.photographs.pictures import prepare_picture
from training.prepare import Request, main, prepare

CAPTIONS = [
    "acne type of rash on the cheek area on a fair skin",
    "tinea type of rash between the toes area on a brown skin",
    "",
    "eczema type of rash at the hand and leg area on a black skin",
]
EXIF_ORIENTATION, EXIF_GPS, EXIF_MAKER = 0x0112, 0x8825, 0x010F


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return pairs_folder(tmp_path / "pairs", CAPTIONS)


@pytest.fixture
def dermnet(tmp_path: Path) -> Path:
    folder = tmp_path / "dermnet"
    names = [
        "train/Acne and Rosacea Photos/rosacea-nose-65.jpg",
        "train/Acne and Rosacea Photos/07VascularFace0120.jpg",
        "train/Nail Fungus and other Nail Disease/psoriasis-12.jpg",
        "test/Tinea Ringworm Candidiasis and other Fungal Infections/tinea-groin-107.jpg",
    ]
    for index, name in enumerate(names):
        put(folder / name, encoded(picture(index)))
    return folder


def test_pictures_with_text_files_keep_their_captions_and_say_what_they_show(
    pairs: Path, tmp_path: Path
) -> None:
    put(pairs / "99.txt", "a caption of nothing")
    dataset = prepared(pairs, tmp_path / "out")
    assert dataset.manifest.kind == "image and text pairs"
    assert [photograph.caption for photograph in dataset.photographs] == CAPTIONS
    assert [photograph.attributes for photograph in dataset.photographs] == [
        Attributes("acne", ("cheek",), "fair"),
        Attributes("tinea", ("between_toes",), "brown"),
        Attributes(),
        Attributes("eczema", ("hand", "leg"), "black"),
    ]
    told_by_the_caption = {"caption": "source", "rash": "caption", "sites": "caption", "tone": "caption"}
    assert dataset.photographs[0].origins == told_by_the_caption
    assert dataset.photographs[2].origins == {}
    assert set(told(dataset, "image without caption")) == {"02.jpg"}
    assert set(told(dataset, "caption without image")) == {"99.txt"}


def test_dermnet_folders_give_the_rash_and_file_names_the_site(dermnet: Path, tmp_path: Path) -> None:
    dataset = prepared(dermnet, tmp_path / "out")
    found = by_source(dataset)
    assert dataset.manifest.kind == "DermNet folders"
    nose = found["train/Acne and Rosacea Photos/rosacea-nose-65.jpg"]
    assert nose.attributes == Attributes("acne", ("nose",))
    assert nose.origins == {"rash": "folder", "sites": "file name"}
    assert nose.caption == "" and nose.words == "acne type of rash at the nose area"
    nail = "train/Nail Fungus and other Nail Disease/psoriasis-12.jpg"
    assert found[nail].attributes == Attributes("nail_disease")
    assert (
        "the folder says nail_disease, the file name psoriasis_lichen" in told(dataset, "disagreement")[nail]
    )


@pytest.mark.parametrize("keys", [("image", "caption"), ("file_name", "text")])
def test_json_lines_are_found_in_a_folder_or_named_themselves(
    pairs: Path, tmp_path: Path, keys: tuple[str, str]
) -> None:
    rows = [
        {keys[0]: f"pairs/{index:02d}.jpg", keys[1]: caption}
        for index, caption in enumerate(CAPTIONS[:2], start=0)
    ]
    rows.append({keys[0]: "pairs/77.jpg", keys[1]: "eczema"})
    table = put(tmp_path / "captions.jsonl", "\n".join(map(json.dumps, rows)))
    dataset = prepared(table, tmp_path / "out")
    assert dataset.manifest.kind == "JSON lines"
    assert [photograph.caption for photograph in dataset.photographs] == CAPTIONS[:2]
    assert told(dataset, "caption without image") == {
        "pairs/77.jpg": "there is no such picture (captions.jsonl:3)"
    }
    assert "captions.jsonl does not name it" in told(dataset, "image without caption")["pairs/03.jpg"]
    whole = prepared(tmp_path, tmp_path / "out" / "again")
    assert whole.photographs == dataset.photographs


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_with_its_attribute_columns(pairs: Path, tmp_path: Path, delimiter: str) -> None:
    with (pairs / "list.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["image", "caption", "tone", "sites", "rash"])
        writer.writerow(["00.jpg", "acne, on the cheek", "monk_6", "cheek;chin", ""])
        writer.writerow(["02.jpg", "", "striped", "", "urticaria"])
    dataset = prepared(pairs, tmp_path / "out")
    assert dataset.manifest.kind == "CSV"
    first, second = dataset.photographs
    assert first.attributes == Attributes("acne", ("cheek", "chin"), "tan")
    assert first.origins == {"caption": "source", "rash": "caption", "sites": "column", "tone": "column"}
    assert second.attributes == Attributes("urticaria") and second.caption == ""
    assert "'striped'" in told(dataset, "note")["02.jpg"]


def test_a_zip_gives_the_same_dataset_as_the_folder_in_it(pairs: Path, dermnet: Path, tmp_path: Path) -> None:
    put(pairs / "captions.jsonl", '{"image": "00.jpg", "caption": "acne"}\n')
    for folder in (pairs, dermnet):
        of_folder = prepared(folder, tmp_path / "out" / folder.name)
        of_zip = prepared(zipped(folder, tmp_path / f"{folder.name}.zip"), tmp_path / "zip" / folder.name)
        assert of_zip.photographs == of_folder.photographs
        assert of_zip.manifest.kind == of_folder.manifest.kind


def test_a_prepared_dataset_can_be_a_source_itself(pairs: Path, tmp_path: Path) -> None:
    first = prepared(pairs, tmp_path / "out")
    again = prepared(tmp_path / "out", tmp_path / "again")
    assert sorted(photograph.caption for photograph in again.photographs) == sorted(CAPTIONS)
    assert {p.attributes for p in again.photographs} == {p.attributes for p in first.photographs}


def test_a_spelling_slip_is_read_and_told(tmp_path: Path) -> None:
    dataset = prepared(pairs_folder(tmp_path / "pairs", ["acne on the forehed"]), tmp_path / "out")
    assert dataset.photographs[0].attributes == Attributes("acne", ("forehead",))
    assert told(dataset, "note") == {"00.jpg": "'forehed' read as forehead."}


def test_metadata_is_left_behind_and_the_picture_stands_upright(tmp_path: Path) -> None:
    image = picture(3, (160, 96))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION], exif[EXIF_MAKER] = 6, "a camera"
    exif.get_ifd(EXIF_GPS)[1] = "N"
    content = encoded(image, exif=exif, comment=b"Mrs Smith", quality=95)
    assert b"a camera" in content and b"Mrs Smith" in content
    put(tmp_path / "in" / "a.jpg", content)
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    path = dataset.path_of(dataset.photographs[0])
    written = path.read_bytes()
    assert b"Exif" not in written and b"camera" not in written and b"Smith" not in written
    with Image.open(path) as shown:
        assert shown.size == (96, 160) == (dataset.photographs[0].width, dataset.photographs[0].height)
        assert not dict(shown.getexif()) and "comment" not in shown.info
        turned = np.asarray(image.transpose(Image.Transpose.ROTATE_270), np.int16)
        assert np.abs(np.asarray(shown, np.int16) - turned).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    content = encoded(picture(3, (160, 96)), exif=exif, quality=95)
    shown = Image.open(BytesIO(prepare_picture(content, 512).content))
    expected = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    assert shown.size == expected.size
    assert np.abs(np.asarray(shown, np.int16) - np.asarray(expected, np.int16)).mean() < 3


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_with_broken_metadata_is_kept_and_told(tmp_path: Path, kind: str) -> None:
    put(tmp_path / "in" / "a.jpg", encoded(picture(3), kind, exif=b"Exif\0\0no metadata at all"))
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    assert "metadata can't be read" in told(dataset, "note")["a.jpg"]


def test_an_accent_may_be_written_in_two_ways(tmp_path: Path) -> None:
    put(tmp_path / "in" / normalize("NFD", "Zoë.jpg"), encoded(picture(3)))
    table = put(tmp_path / "in" / "list.jsonl", json.dumps({"image": "Zo\u00eb.jpg", "caption": "acne"}))
    assert [photograph.caption for photograph in prepared(table, tmp_path / "out").photographs] == ["acne"]


@pytest.mark.parametrize(
    ("before", "after"), [((1500, 1000), (96, 64)), ((1000, 1500), (64, 96)), ((80, 64), (80, 64))]
)
def test_pictures_are_made_smaller_once_and_never_enlarged(
    tmp_path: Path, before: tuple[int, int], after: tuple[int, int]
) -> None:
    put(tmp_path / "in" / "a.jpg", encoded(picture(1, before)))
    dataset = prepared(tmp_path / "in", tmp_path / "out", size=64)
    with Image.open(dataset.path_of(dataset.photographs[0])) as shown:
        assert shown.size == after
        expected = np.asarray(picture(1, before).resize(after, Image.Resampling.LANCZOS), np.int16)
        assert np.abs(np.asarray(shown, np.int16) - expected).mean() < 4


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGBA", "PNG"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("P", "PNG"),
        *(("RGB", kind) for kind in ("MPO", "WEBP", "TIFF", "BMP")),
    ],
)
def test_other_kinds_of_pixels_become_colours(tmp_path: Path, mode: str, kind: str) -> None:
    put(tmp_path / "in" / "a.jpg", encoded(picture(1).convert(mode), kind))
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    with Image.open(dataset.path_of(dataset.photographs[0])) as shown:
        assert (shown.mode, shown.format) == ("RGB", "JPEG")
    assert ("transparent" in told(dataset, "note").get("a.jpg", "")) == (mode == "RGBA")


def swapped_profile() -> bytes:
    """An RGB profile under another name whose red and green primaries are exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def test_an_embedded_colour_profile_is_applied(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    profiles = {"swapped": swapped_profile(), "plain": srgb, "no rgb": lab, "broken": b"no profile at all"}
    for name, profile in profiles.items():
        put(tmp_path / "in" / f"{name}.png", encoded(picture(1), "PNG", icc_profile=profile))
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    original = np.asarray(picture(1), np.int16)
    for name, photograph in by_source(dataset).items():
        with Image.open(dataset.path_of(photograph)) as shown:
            assert "icc_profile" not in shown.info
            expected = original[..., [1, 0, 2]] if name == "swapped.png" else original
            assert np.abs(np.asarray(shown, np.int16) - expected).mean() < 4, name
    assert set(told(dataset, "note")) == {"no rgb.png", "broken.png"}


def test_the_manifest_names_terms_counts_and_hashes(pairs: Path, tmp_path: Path) -> None:
    dataset = prepared(pairs, tmp_path / "out", seed=5)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {name: manifest[name] for name in TERMS} == TERMS
    assert sum(manifest["splits"].values()) == len(dataset) == 4
    assert manifest["settings"]["seed"] == 5
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    for photograph in dataset.photographs:
        assert sha256_of(dataset.path_of(photograph)) == photograph.sha256
    assert not (tmp_path / "out" / ".prepare").exists()


def test_the_same_seed_gives_the_same_bytes_however_many_workers(tmp_path: Path) -> None:
    source = pairs_folder(tmp_path / "in", ["acne on the chin"] * 40)
    one = prepared(source, tmp_path / "one", seed=3)
    two = prepared(source, tmp_path / "two", seed=3, workers=2)
    other = prepared(source, tmp_path / "other", seed=4)
    for name in ("pictures.jsonl", "report.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert [p.sha256 for p in one.photographs] == [sha256_of(two.path_of(p)) for p in two.photographs]
    assert [p.split for p in one.photographs] != [p.split for p in other.photographs]


def test_terms_are_required_and_asked_for_at_a_terminal(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    for given in ({}, {"licence": "CC0"}, {"licence": "CC0", "consent": "  "}):
        with pytest.raises(InputError, match=r"Add --(licence|consent)"):
            prepare(Request(pairs, tmp_path / "out", workers=1, **given))
    assert not (tmp_path / "out" / "manifest.json").exists()
    answers = iter(["CC0", "none needed: drawn"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    manifest = prepare(Request(pairs, tmp_path / "out", workers=1))
    assert (manifest.licence, manifest.consent) == ("CC0", "none needed: drawn")


def test_a_finished_dataset_is_left_alone(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    prepared(pairs, tmp_path / "out")
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    command = ["--source", str(pairs), "--output", str(tmp_path / "out"), "--workers", "1"]
    assert main(command) == 0
    assert "prepared already" in capsys.readouterr().out
    assert main([*command, "--size", "256"]) == 1
    assert "Choose another folder" in capsys.readouterr().err
    put(pairs / "01.txt", "another caption")
    assert main(command) == 1
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before


def test_a_folder_of_other_things_is_never_written_into(pairs: Path, tmp_path: Path) -> None:
    mine = put(tmp_path / "thesis" / "chapter.txt", "years of work")
    with pytest.raises(InputError, match="holds no dataset"):
        prepared(pairs, tmp_path / "thesis")
    with pytest.raises(InputError, match="source itself"):
        prepared(pairs, pairs)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == [mine.name]


@pytest.mark.parametrize(
    ("option", "value"),
    [("size", 10), ("duplicate_distance", 40), ("workers", 0), ("validation", 1.0), ("test", 0.95)],
)
def test_a_setting_out_of_range_is_refused_with_its_value(
    pairs: Path, tmp_path: Path, option: str, value: float
) -> None:
    with pytest.raises(InputError, match=str(value)):
        prepared(pairs, tmp_path / "out", **{option: value})


def test_a_dataset_is_only_open_when_it_is_finished_and_unaltered(pairs: Path, tmp_path: Path) -> None:
    prepared(pairs, tmp_path / "out")
    rows = tmp_path / "out" / "pictures.jsonl"
    rows.write_text(rows.read_text().replace("acne", "lupus"))
    with pytest.raises(DatasetError, match="altered since"):
        open_dataset(tmp_path / "out")
