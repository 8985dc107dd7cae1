"""What leaves and comes back: metadata, signature, marks; every change is noticed, signed or not."""

import json
import os
import struct
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core import verify
from core.errors import SigningError
from core.images import PIXELS_KEY, read_recipe, write_png
from core.provenance import credentials
from core.provenance.chunks import SIGNATURE, Chunk, chunks_of, text_entries
from core.provenance.metadata import DRAWN, DRAWN_OVER, XMP_KEY
from core.provenance.outgoing import Outgoing, for_library
from core.provenance.verdict import Standing, examine, matches
from core.provenance.watermark import code_of, embed, read_mark
from core.settings import STARTS_DIR
from tests.library_parts import RECIPE

SIZED = replace(RECIPE, width=256, height=256)


@pytest.fixture(scope="module")
def skin() -> Image.Image:
    """A drawn phantom, which is what the mark has to hide in."""
    return Image.open(sorted(STARTS_DIR.rglob("*.webp"))[0]).convert("RGB").resize((256, 256))


@pytest.fixture
def stored(tmp_path: Path, skin: Image.Image) -> Path:
    path = tmp_path / "stored.png"
    write_png(path, skin, SIZED)
    return path


@pytest.fixture
def signed(stored: Path, library: Path) -> bytes:
    return for_library(library).encode(stored)


def rebuilt(chunks: list[Chunk]) -> bytes:
    """A file with right checksums, as somebody who knows PNG writes it."""
    parts = [
        struct.pack(">I", len(c.data)) + c.kind + c.data + struct.pack(">I", zlib.crc32(c.kind + c.data))
        for c in chunks
    ]
    return SIGNATURE + b"".join(parts)


def test_a_picture_says_in_xmp_that_a_model_made_it(stored: Path) -> None:
    xmp = dict(text_entries(stored.read_bytes()))[XMP_KEY]
    tree = ElementTree.fromstring(xmp.encode())
    source = tree.find(".//{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert source is not None and source.text == DRAWN


def test_over_a_start_it_is_a_composite_and_odd_words_stay_xml(tmp_path: Path, skin: Image.Image) -> None:
    recipe = replace(SIZED, strength=0.6, start_hash="a" * 64, prompt="a <b> & \x07 skin")
    write_png(tmp_path / "x.png", skin, recipe)
    xmp = dict(text_entries((tmp_path / "x.png").read_bytes()))[XMP_KEY]
    assert DRAWN_OVER in "".join(ElementTree.fromstring(xmp.encode()).itertext())


def test_what_leaves_is_signed_whole_and_leads_back(stored: Path, signed: bytes, library: Path) -> None:
    before = stored.read_bytes()
    verdict = examine(signed, credentials.anchors(library))
    assert (verdict.standing, verdict.findings, verdict.trusted) == (Standing.INTACT, (), True)
    source = read_recipe(stored)[1]
    assert (verdict.recipe, verdict.source, verdict.code) == (SIZED, source, code_of(source))
    assert matches(verdict, source) and not matches(verdict, "0" * 64)
    assert stored.read_bytes() == before
    assert {b"caBX"} <= {chunk.kind for chunk in chunks_of(signed)}


def test_a_stranger_sees_the_signature_hold_without_knowing_the_signer(signed: bytes) -> None:
    verdict = examine(signed)
    assert (verdict.standing, verdict.trusted) == (Standing.INTACT, False)
    assert "unknown" in verify.signature_words(verdict)


@pytest.mark.parametrize("with_signature", [True, False])
def test_one_flipped_byte_anywhere_is_noticed(stored: Path, library: Path, with_signature: bool) -> None:
    outgoing = for_library(library) if with_signature else Outgoing(None)
    content = outgoing.encode(stored)
    step = max(1, len(content) // 150)
    unnoticed = []
    for at in range(0, len(content), step):
        changed = content[:at] + bytes([content[at] ^ 0x04]) + content[at + 1 :]
        if examine_quickly(changed) is Standing.INTACT:
            unnoticed.append(at)
    assert unnoticed == []


def examine_quickly(content: bytes) -> Standing:
    """Without looking for the watermark, which takes seconds in an altered file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.provenance.verdict.read_mark", lambda image, thorough=True: None)
        return examine(content).standing


@pytest.mark.parametrize("with_signature", [True, False])
def test_a_changed_part_with_its_checksum_put_right_is_noticed_too(
    stored: Path, library: Path, with_signature: bool
) -> None:
    outgoing = for_library(library) if with_signature else Outgoing(None)
    chunks = list(chunks_of(outgoing.encode(stored)))
    for index, chunk in enumerate(chunks[1:-1], 1):
        if chunk.kind == b"IDAT":
            continue
        at = len(chunk.data) // 4
        data = chunk.data[:at] + bytes([chunk.data[at] ^ 0x01]) + chunk.data[at + 1 :]
        changed = rebuilt([*chunks[:index], Chunk(chunk.kind, data, True), *chunks[index + 1 :]])
        assert examine_quickly(changed) is not Standing.INTACT, chunk.kind


def test_one_changed_pixel_is_noticed_when_the_file_is_written_anew(signed: bytes, tmp_path: Path) -> None:
    with Image.open(BytesIO(signed)) as image:
        image.load()
        text = dict(image.info)
        red, green, blue = image.getpixel((5, 5))
        image.putpixel((5, 5), (red ^ 1, green, blue))
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        for key, value in text.items():
            info.add_itxt(str(key), str(value))
        image.save(tmp_path / "x.png", pnginfo=info)
    verdict = examine((tmp_path / "x.png").read_bytes())
    assert verdict.standing is Standing.ALTERED
    assert any("pixels" in finding for finding in verdict.findings)
    assert any("manifest was removed" in finding for finding in verdict.findings)


def test_removing_the_manifest_is_noticed(signed: bytes) -> None:
    bare = rebuilt([chunk for chunk in chunks_of(signed) if chunk.kind != b"caBX"])
    assert examine(bare).findings == ("It was signed, and the signed manifest was removed.",)


def test_a_picture_without_metadata_is_known_by_its_mark(signed: bytes, stored: Path) -> None:
    with Image.open(BytesIO(signed)) as image:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=80)
    verdict = examine(buffer.getvalue())
    assert (verdict.standing, verdict.recipe) == (Standing.MARKED, None)
    assert matches(verdict, read_recipe(stored)[1])


def test_the_mark_is_not_seen_and_outlives_jpeg_resizing_and_cropping(skin: Image.Image) -> None:
    marked = embed(skin, 0x12345678)
    error = np.asarray(marked, float) - np.asarray(skin, float)
    assert 10 * np.log10(255**2 / (error**2).mean()) > 39
    for changed in (marked.resize((128, 128)), marked.resize((400, 400)), marked.crop((40, 50, 180, 190))):
        mark = read_mark(changed, thorough=False)
        assert mark is not None and mark.code == 0x12345678


def test_an_unmarked_picture_has_no_mark(skin: Image.Image) -> None:
    assert read_mark(skin) is None
    assert read_mark(Image.new("RGB", (256, 256), "white"), thorough=False) is None
    assert read_mark(Image.new("RGB", (9, 3)), thorough=False) is None


def test_the_visible_strip_covers_nothing(stored: Path, library: Path) -> None:
    with (
        Image.open(BytesIO(for_library(library, words=True).encode(stored))) as with_words,
        Image.open(BytesIO(for_library(library).encode(stored))) as without,
    ):
        assert with_words.height > without.height == 256
        assert with_words.crop((0, 0, 256, 256)).tobytes() == without.tobytes()
        strip = np.asarray(with_words.crop((0, 256, 256, with_words.height)).convert("L"))
    assert strip.max() > 200 and strip.min() < 60


def test_the_local_authority_is_made_once_and_its_keys_are_private(library: Path) -> None:
    first, second = credentials.load_credentials(library), credentials.load_credentials(library)
    assert first == second and first.local
    for name in ("key.pem", "authority-key.pem"):
        assert (library / "credentials" / name).stat().st_mode & 0o077 == 0


def test_a_certificate_of_ones_own_signs_by_setting(
    stored: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    credentials.load_credentials(other)
    monkeypatch.setenv(credentials.CERTIFICATE_SETTING, str(other / "credentials" / "chain.pem"))
    monkeypatch.setenv(credentials.KEY_SETTING, str(other / "credentials" / "key.pem"))
    outgoing = for_library(library)
    assert outgoing.credentials is not None and not outgoing.credentials.local
    assert examine(outgoing.encode(stored), credentials.anchors(library)).trusted
    monkeypatch.setenv(credentials.KEY_SETTING, str(other / "credentials" / "authority-key.pem"))
    with pytest.raises(SigningError, match="does not belong"):
        for_library(library)
    monkeypatch.delenv(credentials.KEY_SETTING)
    with pytest.raises(SigningError, match="Set both"):
        for_library(library)


def test_the_command_answers_in_words_and_json(
    signed: bytes, tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "left.png"
    path.write_bytes(signed)
    assert verify.main([str(path)]) == 0
    assert "not altered" in capsys.readouterr().out
    path.write_bytes(signed[:-20])
    assert verify.main([str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["standing"] == "altered"
    assert verify.main([os.devnull + "x"]) == 2


def test_somebody_elses_picture_is_said_to_be_unknown(skin: Image.Image) -> None:
    buffer = BytesIO()
    skin.save(buffer, "PNG")
    assert examine(buffer.getvalue()).standing is Standing.UNKNOWN
    assert examine(b"no picture").standing is Standing.UNKNOWN
    assert PIXELS_KEY not in dict(text_entries(buffer.getvalue()))
