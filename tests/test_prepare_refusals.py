import json
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from photograph_folders import TERMS, encoded, pairs_folder, picture, prepared, put, told

from core.errors import InputError, StorageError
from core.photographs.datasets import Dataset
from training.photographs import sources
from training.prepare import Request, main, prepare

GOOD = {"good.jpg": encoded(picture(1))}


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises pixels it does not have."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999))


def refused(tmp_path: Path, files: dict[str, bytes]) -> tuple[Dataset, dict[str, str]]:
    """Prepares a folder of one good picture and others; gives what was quarantined."""
    for name, content in {**GOOD, **files}.items():
        put(tmp_path / "in" / name, content)
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    return dataset, told(dataset, "quarantined")


def test_what_is_no_whole_picture_is_quarantined_and_the_rest_goes_on(tmp_path: Path) -> None:
    whole = encoded(picture(2, (300, 200)))
    flipped = bytearray(encoded(picture(4), "PNG"))
    flipped[len(flipped) // 2] ^= 0xFF
    dataset, reasons = refused(
        tmp_path,
        {
            "cut.jpg": whole[: len(whole) // 2],
            "text.jpg": b"this is no picture",
            "empty.png": b"",
            "flipped.png": bytes(flipped),
            "fax.tif": encoded(picture(3), "TIFF")[:200],
            "phone.heic": b"\0\0\0\x18ftypheic",
            "tiny.png": encoded(picture(5, (200, 32)), "PNG"),
            "deep.png": encoded(picture(6).convert("I;16"), "PNG"),
            "animated.webp": GOOD["good.jpg"][:40],
        },
    )
    assert [photograph.source for photograph in dataset.photographs] == ["good.jpg"]
    assert "truncated" in reasons["cut.jpg"]
    assert "no picture" in reasons["text.jpg"] and "no picture" in reasons["empty.png"]
    assert "damaged" in reasons["flipped.png"] and "damaged" in reasons["fax.tif"]
    assert "JPEG or PNG" in reasons["phone.heic"]
    assert "200 x 32" in reasons["tiny.png"]
    assert "8 bits" in reasons["deep.png"]
    assert len(reasons) == 9 == dataset.manifest.findings["quarantined"]
    images = [path for path in (tmp_path / "out" / "images").rglob("*") if path.is_file()]
    assert images == [dataset.path_of(dataset.photographs[0])]


@pytest.mark.parametrize(("width", "height"), [(12_500, 8_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_hundred_megapixels_are_refused_by_the_header_alone(
    tmp_path: Path, width: int, height: int
) -> None:
    dataset, reasons = refused(tmp_path, {"huge.png": png_header(width, height)})
    assert len(dataset) == 1
    assert "megapixels" in reasons["huge.png"] or "bomb" in reasons["huge.png"]


def test_a_hundred_megapixel_jpeg_is_refused_with_its_size(tmp_path: Path) -> None:
    _, reasons = refused(tmp_path, {"huge.png": png_header(12_500, 8_000)})
    assert "12500 x 8000 pixels, 100 megapixels; at most 50" in reasons["huge.png"]


def test_links_out_of_the_folder_and_devices_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    secret = put(tmp_path / "secret" / "patient.jpg", encoded(picture(7)))
    put(folder / "real" / "inside.jpg", encoded(picture(8)))
    put(folder / "good.jpg", GOOD["good.jpg"])
    (folder / "out.jpg").symlink_to(secret)
    (folder / "outside").symlink_to(secret.parent)
    (folder / "within.jpg").symlink_to(folder / "real" / "inside.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "again").symlink_to(folder / "real")
    os.mkfifo(folder / "pipe.jpg")
    dataset = prepared(folder, tmp_path / "out")
    reasons = told(dataset, "quarantined")
    assert [p.source for p in dataset.photographs] == ["good.jpg", "real/inside.jpg", "within.jpg"]
    assert "leads out" in reasons["out.jpg"] and "leads out" in reasons["outside"]
    assert "regular" in reasons["pipe.jpg"]
    assert {"loop.jpg", "gone.jpg", "again"} < set(reasons)


def test_a_name_that_is_no_text_is_refused_and_told(tmp_path: Path) -> None:
    put(tmp_path / "in" / "good.jpg", GOOD["good.jpg"])
    (tmp_path / "in" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(GOOD["good.jpg"])
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    assert told(dataset, "quarantined") == {"caf\\xe9.jpg": "its name holds characters that are no text"}
    assert len(dataset) == 1


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_paths_out_of_the_folder_in_a_table_are_refused_by_name(tmp_path: Path, kind: str) -> None:
    secret = put(tmp_path / "secret.jpg", encoded(picture(7)))
    names = [str(secret), "../secret.jpg", "a/../../secret.jpg", "C:\\secret.jpg", "\\\\host\\secret.jpg"]
    put(tmp_path / "in" / "data" / "good.jpg", GOOD["good.jpg"])
    good = ["./data/good.jpg"]
    if kind == "jsonl":
        rows = [json.dumps({"image": name, "caption": "acne"}) for name in [*names, *good]]
    else:
        rows = ["image,caption", *(f'"{name}",acne' for name in [*names, *good])]
    put(tmp_path / "in" / f"captions.{kind}", "\n".join(rows))
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    assert [photograph.source for photograph in dataset.photographs] == ["data/good.jpg"]
    reasons = told(dataset, "quarantined")
    assert set(reasons) == set(names)
    assert all("absolute" in reasons[name] for name in (names[0], names[3], names[4]))
    assert all("climbs out" in reasons[name] for name in names[1:3])


def test_a_zip_that_climbs_out_links_lies_or_bursts_is_refused_by_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "BOMB_BYTES", 100_000)
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("good.jpg", "../climbs.jpg", "/root.jpg", "..\\windows.jpg", "C:\\drive.jpg"):
            archive.writestr(name, encoded(picture(len(name))))
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb.jpg", b"\0" * 2_000_000)
        archive.writestr("bomb.txt", b"a" * 2_000_000)
        archive.writestr("twice.jpg", encoded(picture(20)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("twice.jpg", encoded(picture(21)))
        archive.writestr("__MACOSX/._good.jpg", b"junk")
        archive.writestr("broken.jpg", encoded(picture(22)), zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    place = content.index(b"broken.jpg") + 200
    content[place] ^= 0xFF
    path.write_bytes(content)
    dataset = prepared(path, tmp_path / "out")
    reasons = told(dataset, "quarantined")
    assert [photograph.source for photograph in dataset.photographs] == ["good.jpg"]
    assert "climbs" in reasons["../climbs.jpg"] and "climbs" in reasons["..\\windows.jpg"]
    assert "absolute" in reasons["/root.jpg"] and "absolute" in reasons["C:\\drive.jpg"]
    assert "link" in reasons["link.jpg"] and "bomb" in reasons["bomb.jpg"] and "bomb" in reasons["bomb.txt"]
    assert "2 files of this name" in reasons["twice.jpg"]
    assert "damaged" in reasons["broken.jpg"]
    assert [*tmp_path.parent.rglob("*climbs.jpg")] == [] and not Path("/root.jpg").exists()
    assert [path.name for path in tmp_path.rglob("*.jpg")] == [Path(dataset.photographs[0].image).name]


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("locked.jpg", encoded(picture(2)))
        archive.writestr("good.jpg", GOOD["good.jpg"])
    content = path.read_bytes()
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(signature) + flags
        content = content[:place] + b"\x01" + content[place + 1 :]
    path.write_bytes(content)
    assert "encrypted" in told(prepared(path, tmp_path / "out"), "quarantined")["locked.jpg"]


def test_a_file_larger_than_any_photograph_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FILE_BYTES_MAX", 20_000)
    _, reasons = refused(tmp_path, {"large.jpg": GOOD["good.jpg"] + b"\0" * 20_000})
    assert "at most 20,000 are read" in reasons["large.jpg"]


def test_rows_that_say_nothing_usable_are_told_with_their_line(tmp_path: Path) -> None:
    pairs_folder(tmp_path / "in", ["", ""])
    lines = [
        '{"image": "00.jpg", "caption": "acne"}',
        "{broken",
        '["a list"]',
        '{"caption": "no picture"}',
        '{"image": "01.jpg", "caption": 7}',
        '{"image": "00.jpg", "caption": "eczema"}',
        '{"image": "notes.pdf", "caption": "acne"}',
        json.dumps({"image": "01.jpg", "caption": "x" * 3000}),
    ]
    table = put(tmp_path / "in" / "list.jsonl", "\n".join(lines))
    dataset = prepared(table, tmp_path / "out")
    assert set(told(dataset, "row not read")) == {f"list.jsonl:{line}" for line in (2, 3, 4, 5, 6)}
    assert told(dataset, "quarantined").keys() == {"notes.pdf", "list.jsonl:8"}
    assert [photograph.caption for photograph in dataset.photographs] == ["acne", ""]


def test_a_caption_that_is_no_text_is_quarantined_and_its_picture_kept(tmp_path: Path) -> None:
    pairs_folder(tmp_path / "in", ["acne", "eczema"])
    (tmp_path / "in" / "01.txt").write_bytes("eczéma".encode("latin-1"))
    dataset = prepared(tmp_path / "in", tmp_path / "out")
    assert told(dataset, "quarantined") == {"01.txt": "the caption is not UTF-8"}
    assert [photograph.caption for photograph in dataset.photographs] == ["acne", ""]


def test_a_source_without_anything_to_prepare_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = [f"--{name}={value}" for name, value in TERMS.items()]
    put(tmp_path / "notes" / "a.pdf", "x")
    put(tmp_path / "table" / "list.csv", "name,label\na.jpg,acne\n")
    put(tmp_path / "bad.zip", "no archive")
    put(tmp_path / "bad" / "cut.jpg", GOOD["good.jpg"][:500])
    for source, said in (
        (tmp_path / "nowhere", "no file or folder"),
        (tmp_path / "notes" / "a.pdf", "no folder, ZIP"),
        (tmp_path / "notes", "no picture"),
        (tmp_path / "table" / "list.csv", "it has: label, name"),
        (tmp_path / "bad.zip", "can't be read as a ZIP"),
        (tmp_path / "bad", "cut.jpg: it is damaged"),
    ):
        command = ["--source", str(source), "--output", str(tmp_path / "out" / source.name), *terms]
        assert main([*command, "--workers", "1"]) == 1
        assert said in capsys.readouterr().err


def test_two_tables_are_not_chosen_between(tmp_path: Path) -> None:
    pairs_folder(tmp_path / "in", [""])
    for name in ("a.jsonl", "b.jsonl"):
        put(tmp_path / "in" / name, '{"image": "00.jpg", "caption": "acne"}')
    with pytest.raises(InputError, match=r"2 tables of captions: a.jsonl, b.jsonl"):
        prepared(tmp_path / "in", tmp_path / "out")


def test_a_full_disk_stops_the_run_and_quarantines_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = pairs_folder(tmp_path / "in", ["acne"])

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(StorageError, match="No space left"):
        broken.setattr(Path, "write_bytes", full)
        prepare(Request(source, tmp_path / "out", workers=1, **TERMS))
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert len(prepared(source, tmp_path / "out")) == 1
