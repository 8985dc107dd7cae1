"""Words that say what a picture is, on a strip beneath it: no skin is covered."""

from PIL import Image, ImageDraw, ImageFont

from core.images import STRIP_MAX

WORDS = "Synthetic · not for diagnosis"
PAPER, INK = "#16282b", "#ffffff"


def with_strip(image: Image.Image) -> Image.Image:
    """The picture, higher by a strip that bears the words; the picture's own pixels stay as they are."""
    height = min(STRIP_MAX, max(16, image.width // 14))
    size = height * 0.6
    while size > 5 and ImageFont.load_default(size).getlength(WORDS) > image.width * 0.94:
        size -= 0.5
    sheet = Image.new("RGB", (image.width, image.height + height), PAPER)
    sheet.paste(image, (0, 0))
    middle = (image.width / 2, image.height + height / 2)
    ImageDraw.Draw(sheet).text(middle, WORDS, font=ImageFont.load_default(size), fill=INK, anchor="mm")
    return sheet
