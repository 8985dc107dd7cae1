import errno
import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import files
from core.errors import DiskFullError, ImageFileError, StorageError
from core.images import encode_png, pixel_sha256, read_recipe, store_image, write_png, write_thumbnail
from core.recipes import Recipe

RECIPE = Recipe(
    prompt="tinea type of rash at the foot area on a brown skin – «größer»",
    seed=7,
    model="embedded",
    num_inference_steps=20,
    guidance_scale=4.5,
    scheduler="unipc",
    height=40,
    width=48,
    rash="tinea",
    sites=("foot",),
    tone="brown",
    versions={"torch": "2.13.0"},
)


@pytest.fixture
def image() -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 48, 3), dtype=np.uint8))


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Type and data of each PNG chunk, read by hand."""
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        found.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def joined(parts: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of the given chunks with right checksums: what a careful forger would write."""
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_recipe_reads_back_from_the_file_it_made(tmp_path: Path, image: Image.Image) -> None:
    written = write_png(tmp_path / "deep" / "out.png", image, RECIPE)
    recipe, pixels = read_recipe(tmp_path / "deep" / "out.png")
    assert recipe == RECIPE
    assert recipe.versions == RECIPE.versions
    assert pixels == written == hashlib.sha256(b"48x40:" + np.asarray(image).tobytes()).hexdigest()


def test_the_file_is_a_png_that_calls_itself_a_synthetic_image(image: Image.Image) -> None:
    content = encode_png(image, RECIPE)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    texts = dict(data.split(b"\0", 1) for kind, data in chunks(content) if kind in (b"tEXt", b"iTXt"))
    assert b"synthetic image" in texts[b"Description"]
    assert json.loads(texts[b"script2skin"].lstrip(b"\0"))["seed"] == 7


def test_the_same_recipe_and_pixels_give_the_same_bytes(image: Image.Image) -> None:
    assert encode_png(image, RECIPE) == encode_png(image.copy(), Recipe.from_json(RECIPE.to_json()))
    assert encode_png(image, RECIPE) != encode_png(image, RECIPE.with_seed(8))


def test_the_pixel_hash_knows_shape_and_values(image: Image.Image) -> None:
    turned = Image.frombytes("RGB", (40, 48), image.tobytes())
    changed = image.copy()
    changed.putpixel((0, 0), tuple(value ^ 1 for value in image.getpixel((0, 0))))
    assert len({pixel_sha256(image), pixel_sha256(turned), pixel_sha256(changed)}) == 3


def test_one_changed_pixel_is_noticed(tmp_path: Path, image: Image.Image) -> None:
    ours = chunks(encode_png(image, RECIPE))
    image.putpixel((5, 5), tuple(value ^ 1 for value in image.getpixel((5, 5))))
    other = {kind: data for kind, data in chunks(encode_png(image, RECIPE)) if kind == b"IDAT"}
    (tmp_path / "x.png").write_bytes(joined([(kind, other.get(kind, data)) for kind, data in ours]))
    with pytest.raises(ImageFileError, match=r"altered.*pixels"):
        read_recipe(tmp_path / "x.png")


def test_one_changed_word_of_the_recipe_is_noticed(tmp_path: Path, image: Image.Image) -> None:
    forged = [
        (kind, data.replace(b'"seed":7', b'"seed":9')) for kind, data in chunks(encode_png(image, RECIPE))
    ]
    (tmp_path / "x.png").write_bytes(joined(forged))
    with pytest.raises(ImageFileError, match=r"altered.*recipe"):
        read_recipe(tmp_path / "x.png")


def test_any_flipped_byte_is_noticed_or_harmless_to_what_is_read(tmp_path: Path, image: Image.Image) -> None:
    content = encode_png(image, RECIPE)
    noticed = 0
    for at in range(0, len(content), 37):
        (tmp_path / "x.png").write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        try:
            assert read_recipe(tmp_path / "x.png") == (RECIPE, pixel_sha256(image))
        except ImageFileError:
            noticed += 1
    assert noticed > 0.9 * len(content) / 37


def test_a_picture_of_others_carries_no_recipe(tmp_path: Path, image: Image.Image) -> None:
    image.save(tmp_path / "plain.png")
    with pytest.raises(ImageFileError, match="carries no recipe"):
        read_recipe(tmp_path / "plain.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a PNG"),
        (b"GIF89a and so on", "not a PNG"),
        (b"\x89PNG\r\n\x1a\nrubbish", "not a PNG|damaged"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(ImageFileError, match=rf"bad\.png.*({message})"):
        read_recipe(tmp_path / "bad.png")


def test_half_a_file_is_damaged(tmp_path: Path, image: Image.Image) -> None:
    content = encode_png(image, RECIPE)
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageFileError, match="damaged"):
        read_recipe(tmp_path / "half.png")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageFileError, match=r"no file .*gone\.png"):
        read_recipe(tmp_path / "gone.png")


def test_a_picture_larger_than_any_we_draw_is_not_decoded(tmp_path: Path) -> None:
    Image.new("L", (8000, 1)).save(tmp_path / "wide.png")
    with pytest.raises(ImageFileError, match="8000x1"):
        read_recipe(tmp_path / "wide.png")


def test_a_recipe_of_a_newer_version_is_said_to_be_unreadable(tmp_path: Path, image: Image.Image) -> None:
    class Newer(Recipe):
        def to_json(self) -> str:
            return super().to_json()[:-1] + ',"warp":9}'

    newer = Newer(**{**RECIPE.to_dict(), "sites": RECIPE.sites})
    write_png(tmp_path / "x.png", image, newer)
    with pytest.raises(ImageFileError, match="warp"):
        read_recipe(tmp_path / "x.png")


def test_storing_puts_picture_and_thumbnail_under_the_hash_of_the_file(tmp_path: Path) -> None:
    large = Image.fromarray(np.random.default_rng(1).integers(0, 256, (512, 384, 3), dtype=np.uint8))
    stored = store_image(tmp_path, large, RECIPE, 1.5)
    content = (tmp_path / stored.image_path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == stored.file_sha256 == stored.image_path.stem
    assert stored.image_path.parent == Path("images") / stored.file_sha256[:2]
    assert (stored.bytes, stored.width, stored.height, stored.seconds) == (len(content), 384, 512, 1.5)
    with Image.open(tmp_path / stored.thumbnail_path) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (192, 256))
    assert read_recipe(tmp_path / stored.image_path) == (RECIPE, stored.pixel_sha256)


def test_storing_twice_leaves_the_same_two_files(tmp_path: Path, image: Image.Image) -> None:
    assert store_image(tmp_path, image, RECIPE, 1.0) == store_image(tmp_path, image, RECIPE, 1.0)
    assert len(files_under(tmp_path)) == 2


def test_a_small_picture_is_not_enlarged_in_its_thumbnail(tmp_path: Path, image: Image.Image) -> None:
    write_thumbnail(tmp_path / "t.webp", image)
    with Image.open(tmp_path / "t.webp") as thumbnail:
        assert thumbnail.size == (48, 40)


@pytest.mark.parametrize("failing_sync", [1, 2])
def test_a_full_disk_names_place_and_need_and_leaves_nothing(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch, failing_sync: int
) -> None:
    syncs = []

    def full(descriptor: int) -> None:
        syncs.append(descriptor)
        if len(syncs) == failing_sync:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    need = len(encode_png(image, RECIPE))
    with pytest.raises(DiskFullError) as caught:
        store_image(tmp_path, image, RECIPE, 1.0)
    assert str(tmp_path) in str(caught.value)
    assert int(str(caught.value).split(" bytes")[0].split()[-1].replace(",", "")) > need
    assert files_under(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_the_systems_own_full_device_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_write_synced", lambda path, content: Path("/dev/full").write_bytes(content))
    with pytest.raises(DiskFullError, match="5 bytes"):
        files.write_files({tmp_path / "a.bin": b"12345"})


def test_a_place_that_is_no_folder_is_a_storage_error(tmp_path: Path, image: Image.Image) -> None:
    (tmp_path / "library").write_text("a file where the library should be")
    with pytest.raises(StorageError, match="can't be written"):
        store_image(tmp_path / "library", image, RECIPE, 1.0)


def test_a_file_written_over_is_never_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.bin"
    files.write_files({target: b"old"})

    def cut(self: Path, to: Path) -> None:
        assert to.read_bytes() == b"old"
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(StorageError):
        files.write_files({target: b"new"})
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
