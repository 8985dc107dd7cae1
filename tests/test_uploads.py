"""Photographs from outside: good files of every kind become the right pixels, bad ones a clear sentence."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.drawing.uploads import PIXELS_MAX, read_photograph
from core.errors import ImageFileError

RED, BLUE = (200, 30, 30), (30, 30, 200)


def two_halves(mode: str = "RGB", size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image.convert(mode)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format=format, **options)
    return buffer.getvalue()


def colour(image: Image.Image, x: float, y: float) -> np.ndarray:
    return np.asarray(image, int)[int(y * (image.height - 1)), int(x * (image.width - 1))]


def located(orientation: int = 1) -> Image.Exif:
    """What a telephone writes: orientation, owner, and where it was."""
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = orientation, "Dr Privacy"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_ordinary_files_are_read_as_they_look(format: str) -> None:
    image = read_photograph(encoded(two_halves(), format), "skin")
    assert (image.mode, image.size) == ("RGB", (120, 80))
    assert np.abs(colour(image, 0.1, 0.5) - RED).max() <= 12
    assert np.abs(colour(image, 0.9, 0.5) - BLUE).max() <= 12


def test_a_photograph_is_turned_upright_and_loses_all_that_is_not_a_pixel() -> None:
    content = encoded(two_halves(), "JPEG", exif=located(6), comment=b"ward 7", quality=95)
    assert b"Dr Privacy" in content
    image = read_photograph(content, "skin.jpg")
    assert image.size == (80, 120)
    assert np.abs(colour(image, 0.5, 0.1) - RED).max() <= 12
    assert image.info == {}
    assert not image.getexif()
    assert b"Privacy" not in encoded(image) + encoded(image, "JPEG")


def test_transparency_lies_on_white_whatever_holds_it() -> None:
    layered = two_halves("RGBA")
    layered.putalpha(Image.new("L", layered.size, 0))
    palette = two_halves().quantize(2)
    files = {"rgba": encoded(layered), "palette": encoded(palette, transparency=palette.getpixel((0, 0)))}
    files["grey"] = encoded(Image.new("LA", (70, 70), (0, 0)))
    for name, content in files.items():
        assert colour(read_photograph(content, name), 0.1, 0.5).tolist() == [255, 255, 255], name


def test_sixteen_bits_become_eight_with_white_left_white() -> None:
    ramp = np.linspace(0, 65535, 100 * 100).round().astype(np.uint16).reshape(100, 100)
    image = read_photograph(encoded(Image.fromarray(ramp)), "grey.png")
    assert np.abs(np.asarray(image, int)[..., 0] - ramp / 257).max() <= 0.5
    assert np.asarray(image).max() == 255


def sixteen_bit_rgb_png(value: int) -> bytes:
    """PNG of 64x64 whose every sample is ``value`` of 65535, written by hand: Pillow writes none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + struct.pack(">H", value) * 3 * 64) * 64
    header = struct.pack(">IIBBBBB", 64, 64, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_colour_of_sixteen_bits_is_read_too() -> None:
    assert colour(read_photograph(sixteen_bit_rgb_png(0x8000), "deep.png"), 0.5, 0.5).tolist() == [128] * 3


def test_printers_colours_become_screen_colours() -> None:
    content = encoded(two_halves("CMYK"), "JPEG", quality=95)
    image = read_photograph(content, "print.jpg")
    assert image.mode == "RGB"
    assert np.abs(colour(image, 0.1, 0.5) - RED).max() <= 25


def test_a_colour_profile_is_followed() -> None:
    """An sRGB profile whose green is halved says that the same numbers mean other colours."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = read_photograph(encoded(two_halves(), icc_profile=srgb), "same.png")
    assert np.abs(np.asarray(same, int) - np.asarray(two_halves(), int)).max() <= 2
    wide = bytearray(srgb)
    at = wide.find(b"gXYZ")
    offset = struct.unpack(">I", wide[at + 4 : at + 8])[0] + 8
    green = struct.unpack(">3i", wide[offset : offset + 12])
    wide[offset : offset + 12] = struct.pack(">3i", *(value // 2 for value in green))
    other = read_photograph(encoded(two_halves(), icc_profile=bytes(wide)), "wide.png")
    assert np.abs(np.asarray(other, int) - np.asarray(two_halves(), int)).max() > 5


def test_a_broken_profile_is_passed_over() -> None:
    image = read_photograph(encoded(two_halves(), icc_profile=b"no profile"), "odd.png")
    assert colour(image, 0.1, 0.5).tolist() == list(RED)


def test_a_huge_photograph_is_reduced_and_reading_it_twice_gives_the_same_pixels() -> None:
    content = encoded(two_halves(size=(3000, 2000)), "JPEG")
    first, second = read_photograph(content, "a"), read_photograph(content, "b")
    assert first.size == (1536, 1024)
    assert first.tobytes() == second.tobytes()


def test_a_camera_s_second_view_is_no_animation() -> None:
    views = [two_halves(), two_halves()]
    image = read_photograph(encoded(views[0], "MPO", save_all=True, append_images=views[1:]), "view.jpg")
    assert image.size == (120, 80)


def animation(format: str) -> bytes:
    frames = [Image.new("RGB", (70, 70), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:])


def enormous_png(side: int) -> bytes:
    """The header of a picture of side x side; nothing of it needs to be there to be refused."""
    whole = bytearray(encoded(Image.new("L", (8, 8))))
    whole[16:24] = struct.pack(">II", side, side)
    whole[29:33] = struct.pack(">I", zlib.crc32(bytes(whole[12:29])))
    return bytes(whole)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JPEG, PNG or WebP"),
        (b"%PDF-1.7 a referral letter", "no JPEG, PNG or WebP"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (encoded(two_halves(), "GIF"), "no JPEG, PNG or WebP"),
        (encoded(two_halves(), "TIFF"), "no JPEG, PNG or WebP"),
        (encoded(two_halves())[:-40], "damaged"),
        (encoded(two_halves(), "JPEG")[:400], "damaged"),
        (animation("WEBP"), "animation of 3 pictures"),
        (animation("PNG"), "animation of 3 pictures"),
        (encoded(Image.new("RGB", (63, 400))), "63 x 400 pixels; each side must have at least 64"),
        (enormous_png(10_000), "has 100 megapixels; at most 64 are read"),
        (enormous_png(30_000), "megapixels; at most 64"),
        (b"\xff" * 40_000_001, "40 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_can_not_be_used_is_refused_with_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(ImageFileError, match=words) as caught:
        read_photograph(content, "upload.bin")
    assert "'upload.bin'" in str(caught.value)


def test_the_limit_of_pixels_lies_above_what_cameras_take() -> None:
    assert 50_000_000 < PIXELS_MAX < 100_000_000
