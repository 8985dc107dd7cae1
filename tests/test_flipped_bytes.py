"""One flipped byte of pixels, recipe or manifest is noticed, in every form in which pictures leave.

Positions are sampled with a fixed seed. A PNG's checksums are put right in half of the samples, as somebody
who knows the format would.
"""

import hashlib
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from library_parts import RECIPE
from PIL import Image

from core.drawing.sheets import Sheet, encode_sheet
from core.exporting.formats import FORMATS
from core.exporting.items import Item, Order
from core.exporting.run import export
from core.images import read_recipe, write_png
from core.provenance import seals
from core.provenance.answers import Standing
from core.provenance.chunks import SIGNATURE, Chunk, chunks_of
from core.provenance.credentials import anchors, load_credentials
from core.provenance.jumbf import frame_troubles
from core.provenance.outgoing import Outgoing
from core.provenance.verdict import examine
from core.settings import STARTS_DIR

SAMPLES = 60
SIDE = 32
PICTURES = [name for name in FORMATS if name != "ratings"]
"""Forms that hold pictures; ratings are a table."""


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Two small pictures of a drawn phantom, rated so that they make a preference pair."""
    with Image.open(sorted(STARTS_DIR.rglob("*.webp"))[0]) as start:
        skin = start.convert("RGB").resize((SIDE, SIDE))
    found = []
    for number, realism in ((1, 2.0), (2, 6.0)):
        recipe = replace(RECIPE, seed=number, width=SIDE, height=SIDE)
        path = tmp_path_factory.mktemp("library") / f"{number}.png"
        write_png(path, skin, recipe)
        found.append(Item(number, "ann", datetime(2026, 1, 1, tzinfo=UTC), recipe, path, 1, realism))
    return found


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    load_credentials(folder)
    return folder


@pytest.fixture(autouse=True)
def no_looking_for_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for the invisible mark takes seconds in an altered file, and decides nothing here."""
    for module in ("verdict", "documents"):
        monkeypatch.setattr(f"core.provenance.{module}.read_mark", lambda image, thorough=True: None)


def outgoing_of(keys: Path, signed: bool) -> Outgoing:
    return Outgoing(load_credentials(keys) if signed else None)


def flipped(content: bytes, at: int, bit: int) -> bytes:
    return content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :]


def samples(content: bytes, seed: int) -> Iterator[bytes]:
    """The file with one byte changed, at places spread over it, its beginning and end among them."""
    draw = random.Random(seed)
    places = {draw.randrange(len(content)) for _ in range(SAMPLES)}
    places |= {draw.randrange(40), len(content) - 1 - draw.randrange(40)}
    for at in sorted(places):
        yield flipped(content, at, 1 << draw.randrange(8))


def samples_with_checksums(content: bytes, seed: int) -> Iterator[bytes]:
    """The same within the chunks of a PNG file, their checksums right: so many in each chunk's data."""
    draw, chunks = random.Random(seed), list(chunks_of(content))
    for index, chunk in enumerate(chunks):
        for _ in range(20 if chunk.kind == b"caBX" else 4):
            if chunk.data:
                data = flipped(chunk.data, draw.randrange(len(chunk.data)), 1 << draw.randrange(8))
                yield rebuilt([*chunks[:index], Chunk(chunk.kind, data, True), *chunks[index + 1 :]])


def rebuilt(chunks: list[Chunk]) -> bytes:
    parts = [
        struct.pack(">I", len(c.data)) + c.kind + c.data + struct.pack(">I", zlib.crc32(c.kind + c.data))
        for c in chunks
    ]
    return SIGNATURE + b"".join(parts)


def unnoticed(content: bytes, trusted: str) -> list[bytes]:
    """Changed files that pass for unaltered ones of ours."""
    assert examine(content, trusted).standing is Standing.INTACT
    changed = list(samples(content, len(content)))
    if content.startswith(SIGNATURE):
        changed += samples_with_checksums(content, len(content))
    return [one for one in changed if examine(one, trusted).standing is Standing.INTACT]


def first_file(archive: Path) -> bytes:
    """The first picture, or file of pictures, of an export."""
    with zipfile.ZipFile(archive) as opened:
        name = next(n for n in sorted(opened.namelist()) if n.endswith((".png", ".dcm", ".pdf", ".parquet")))
        content = opened.read(name)
    if not name.endswith(".parquet"):
        return content
    return bytes(pq.read_table(BytesIO(content)).column("image")[0].as_py()["bytes"])


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("form", PICTURES)
def test_a_flipped_byte_is_noticed_in_every_form_of_export(
    items: list[Item], keys: Path, tmp_path: Path, form: str, signed: bool
) -> None:
    order = Order(lambda: iter(items), len(items), outgoing_of(keys, signed))
    export(order, form, tmp_path / "out.zip")
    assert unnoticed(first_file(tmp_path / "out.zip"), anchors(keys)) == []


@pytest.mark.parametrize("signed", [True, False])
def test_a_flipped_byte_is_noticed_in_a_sheet_of_compare(items: list[Item], keys: Path, signed: bool) -> None:
    sheet = Sheet("Two", "Seed 7", ("Tinea",), ("Fair", "Brown"), tuple(one.image_path for one in items))
    assert unnoticed(encode_sheet(sheet, outgoing_of(keys, signed)), anchors(keys)) == []


@pytest.mark.parametrize("signed", [True, False])
def test_a_flipped_byte_is_noticed_in_a_download_with_visible_words(
    items: list[Item], keys: Path, signed: bool
) -> None:
    content = replace(outgoing_of(keys, signed), words=True).encode(items[0].image_path)
    assert unnoticed(content, anchors(keys)) == []


def test_a_flipped_byte_is_noticed_in_the_librarys_own_file(items: list[Item], keys: Path) -> None:
    assert unnoticed(items[0].image_path.read_bytes(), anchors(keys)) == []


@pytest.mark.parametrize("kind", ["kept", "unsigned", "sheet"])
def test_every_byte_of_headers_and_keywords_counts_without_a_signature(
    items: list[Item], keys: Path, kind: str
) -> None:
    """Readers of PNG ignore some of the header, and an entry under another keyword is not looked for; the
    checksums are put right."""
    paths, outgoing = tuple(one.image_path for one in items), outgoing_of(keys, False)
    content = {
        "kept": paths[0].read_bytes(),
        "unsigned": outgoing.encode(paths[0]),
        "sheet": encode_sheet(Sheet("Two", "", ("Tinea",), ("Fair", "Brown"), paths), outgoing),
    }[kind]
    chunks, passed = list(chunks_of(content)), []
    for index, one in enumerate(chunks):
        names = one.data.partition(b"\0")[0] if one.kind in (b"tEXt", b"iTXt") else one.data[:13]
        for at in range(0, len(names), 1 if one.kind == b"IHDR" else 2):
            other = Chunk(one.kind, flipped(one.data, at, 1 << at % 3), True)
            changed = rebuilt([*chunks[:index], other, *chunks[index + 1 :]])
            if examine(changed).standing is Standing.INTACT:
                passed.append((one.kind, at))
    assert passed == []


def test_the_checksum_and_the_padding_of_the_compressed_pixels_count(items: list[Item]) -> None:
    """They change no pixel, so that no hash of pixels shows them."""
    chunks = list(chunks_of(items[0].image_path.read_bytes()))
    index = next(i for i, one in enumerate(chunks) if one.kind == b"IDAT")
    data = chunks[index].data
    for at in range(len(data) - 5, len(data)):
        other = Chunk(b"IDAT", flipped(data, at, 128), True)
        changed = rebuilt([*chunks[:index], other, *chunks[index + 1 :]])
        assert examine(changed).standing is Standing.ALTERED


def test_labels_and_padding_of_the_signed_manifest_count_too(items: list[Item], keys: Path) -> None:
    """C2PA's own hashes do not cover them; the checksums are put right."""
    content = outgoing_of(keys, True).encode(items[0].image_path)
    chunks = list(chunks_of(content))
    index = next(i for i, one in enumerate(chunks) if one.kind == b"caBX")
    manifest = chunks[index].data
    pad, label = manifest.index(b"cpad"), manifest.index(b"c2pa.signature")
    passed = []
    for at in (*range(4), *range(32, 40), *range(label, label + 14), *range(pad, pad + 30, 3)):
        data = flipped(manifest, at, 4)
        changed = rebuilt([*chunks[:index], Chunk(b"caBX", data, True), *chunks[index + 1 :]])
        if examine(changed).standing is Standing.INTACT:
            passed.append(at)
    assert frame_troubles(manifest) == [] and passed == []


def test_a_dicom_file_of_another_library_is_whole_and_its_signer_unknown(
    items: list[Item], keys: Path, tmp_path: Path
) -> None:
    export(Order(lambda: iter(items), 2, outgoing_of(keys, True)), "dicom", tmp_path / "out.zip")
    content = first_file(tmp_path / "out.zip")
    known, unknown = examine(content, anchors(keys)), examine(content)
    assert (known.standing, known.trusted, known.recipe) == (Standing.INTACT, True, items[0].recipe)
    assert (unknown.standing, unknown.trusted, unknown.signer) == (Standing.INTACT, False, known.signer)
    assert known.source == read_recipe(items[0].image_path)[1]


def test_no_changed_byte_of_the_certificates_stops_the_reader_of_seals(
    items: list[Item], keys: Path, tmp_path: Path
) -> None:
    """Among them those that name the curve: the library then knows no such algorithm."""
    export(Order(lambda: iter(items), 2, outgoing_of(keys, True)), "dicom", tmp_path / "out.zip")
    content = first_file(tmp_path / "out.zip")
    start = content.index(seals.MARK)
    field = content[start : start + len(seals.placeholder(load_credentials(keys)))]
    chain = len(field.split(b";")[2])
    first = field.index(b";", len(seals.MARK) + 7) + 1
    assert seals.read_seal(field) is not None and chain > 1000
    for at in range(first, first + chain):
        found = seals.read_seal(flipped(field, at, 1 << at % 3))
        assert found is None or not found.whole


def test_a_seal_made_anew_without_the_key_is_not_the_signers(
    items: list[Item], keys: Path, tmp_path: Path
) -> None:
    """Who changes a signed file and computes its hash again has no signature that fits."""
    export(Order(lambda: iter(items), 2, outgoing_of(keys, True)), "dicom", tmp_path / "out.zip")
    content = first_file(tmp_path / "out.zip")
    changed = flipped(content, len(content) - 50, 1)
    at = changed.index(seals.MARK)
    length = len(seals.placeholder(load_credentials(keys)))
    _, algorithm, chain, signature, _, _ = changed[at : at + length].split(b";")
    digest = hashlib.sha256(changed[:at] + b"\0" * length + changed[at + length :]).digest()
    forged = changed[:at] + seals._field(length, algorithm, chain, signature, digest) + changed[at + length :]
    found = examine(forged, anchors(keys))
    assert (found.standing, found.trusted) == (Standing.ALTERED, False)
    assert found.findings == ("The file is not the one that was sealed: bytes of it were changed.",)
