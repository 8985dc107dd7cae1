import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from core.errors import ModelMissingError
from core.measuring.colour import MONK_SWATCHES, srgb_to_lab
from core.measuring.tone import (
    ANY_SITE,
    build_reference,
    load_reference,
    measure_tone,
    save_reference,
    skin_colour,
    swatch_colours,
)

TONES = ("pale", "fair", "medium", "tan", "brown", "black")
SKIN = {
    "pale": (244, 234, 222),
    "fair": (240, 226, 196),
    "medium": (215, 189, 150),
    "tan": (160, 126, 86),
    "brown": (113, 78, 56),
    "black": (50, 42, 38),
}


@pytest.fixture
def reference():
    """One flat colour per tone at the hand; palms of every tone are paler."""
    sites = ["hand"] * 6 + ["palm"] * 6
    palms = [np.asarray(rgb) * 0.6 + np.array([225, 180, 165]) * 0.4 for rgb in SKIN.values()]
    colours = srgb_to_lab(np.array([*SKIN.values(), *palms]) / 255)
    return build_reference(sites, list(TONES) * 2, colours)


def flat(rgb, size: int = 64) -> Image.Image:
    return Image.new("RGB", (size, size), tuple(int(v) for v in rgb))


def everything(image: Image.Image) -> np.ndarray:
    return np.ones((image.height, image.width), dtype=bool)


@pytest.mark.parametrize("tone", TONES)
def test_a_flat_swatch_is_its_own_step(reference, tone):
    image = flat(SKIN[tone])
    reading = measure_tone(image, everything(image), "hand", reference)
    assert reading.step == tone
    assert reading.distance < 0.5
    assert reading.lab == pytest.approx(srgb_to_lab(np.array(SKIN[tone]) / 255), abs=1e-6)


@pytest.mark.parametrize("tone", TONES)
def test_a_shaded_sphere_with_a_highlight_a_lesion_and_noise_keeps_its_step(reference, tone):
    size, rng = 128, np.random.default_rng(1)
    y, x = (np.mgrid[:size, :size] - 63.5) / 56
    inside = x * x + y * y < 1
    height = np.sqrt(np.clip(1 - x * x - y * y, 0, None))
    light = np.clip(0.45 + 0.55 * height - 0.1 * x, 0.2, 1)[..., None]
    pixels = (np.asarray(SKIN[tone]) / 255) ** 2.2 * light
    pixels = pixels ** (1 / 2.2) * 255 + rng.normal(0, 3, (size, size, 1))
    pixels[((x + 0.3) ** 2 + (y + 0.3) ** 2) < 0.02] = 255
    lesion = ((x - 0.3) ** 2 + y**2) < 0.1
    pixels[lesion] = (190, 40, 50)
    pixels[~inside] = (40, 90, 160)
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    assert measure_tone(image, inside & ~lesion, "hand", reference).step == tone


def test_a_lesion_outside_the_mask_changes_nothing(reference):
    pixels = np.full((64, 64, 3), SKIN["fair"], np.uint8)
    skin = np.ones((64, 64), bool)
    before = skin_colour(Image.fromarray(pixels), skin)
    pixels[20:50, 20:50], skin[20:50, 20:50] = (200, 30, 40), False
    assert skin_colour(Image.fromarray(pixels), skin) == pytest.approx(before)


def test_a_dark_palm_is_told_by_palms(reference):
    palm_of_black = tuple(int(0.6 * a + 0.4 * b) for a, b in zip(SKIN["black"], (225, 180, 165), strict=True))
    image = flat(palm_of_black)
    assert measure_tone(image, everything(image), "palm", reference).step == "black"
    assert measure_tone(image, everything(image), "hand", reference).step != "black"


def rendered(melanosomes: float, light: float, rng: np.random.Generator) -> tuple[Image.Image, np.ndarray]:
    """Skin of a known melanosome fraction under a lamp from one side, with hairs and a red lesion; and the
    mask of skin beside the lesion. Absorption by Beer-Lambert in linear light."""
    size = 96
    y, x = np.mgrid[:size, :size] / (size - 1) - 0.5
    skin = np.exp(-melanosomes * np.array([3.2, 5.4, 8.0])) * np.array([0.90, 0.75, 0.65])
    linear = skin * (light * (1 - 0.5 * (x + y) ** 2))[..., None]
    lesion = x**2 + y**2 < 0.03
    linear[lesion] *= (0.9, 0.45, 0.5)
    for row in rng.integers(size, size=6):
        linear[row] *= 0.35
    noisy = np.clip(linear, 0, 1) ** (1 / 2.2) + rng.normal(0, 0.01, (size, size, 3))
    picture = Image.fromarray((np.clip(noisy, 0, 1) * 255).astype(np.uint8))
    return picture, ~lesion


def test_measured_lightness_falls_with_the_melanosome_fraction_whatever_light_hairs_and_lesions_do():
    rng = np.random.default_rng(3)
    fractions = np.repeat(np.linspace(0.02, 0.45, 12), 3)
    seen = [
        skin_colour(*rendered(fraction, light, rng))[0]
        for fraction, light in zip(fractions, rng.uniform(0.75, 1.15, len(fractions)), strict=True)
    ]
    assert spearmanr(seen, fractions).statistic <= -0.8
    alike = [skin_colour(*rendered(0.2, light, rng))[0] for light in rng.uniform(0.75, 1.15, 36)]
    assert abs(spearmanr(alike, fractions).statistic) < 0.5, "without a difference there is nothing to rank"


def test_too_little_skin_gives_no_tone(reference):
    image = flat(SKIN["tan"])
    skin = np.zeros((64, 64), bool)
    skin[:3, :3] = True
    assert measure_tone(image, skin, "hand", reference) is None


def test_monk_and_ita_stand_beside_the_step(reference):
    image = flat(MONK_SWATCHES[6])
    reading = measure_tone(image, everything(image), None, reference)
    assert reading.monk == 7
    assert reading.ita == pytest.approx(-20, abs=1)


def test_an_unknown_site_is_told_by_all_sites(reference):
    assert reference.at("tail") == reference.at(None) == reference.colours[ANY_SITE]


def test_tones_that_were_not_measured_take_their_swatches():
    table = build_reference(["hand"], ["tan"], [[50.0, 10.0, 20.0]])
    assert table.at("hand")["tan"] == (50.0, 10.0, 20.0)
    assert table.at("hand")["black"] == swatch_colours()["black"]
    assert list(table.at("hand")) == list(TONES)
    assert build_reference([], [], []).at("hand") == swatch_colours()


def test_the_reference_is_kept_beside_the_judge(reference, tmp_path):
    save_reference(reference, tmp_path)
    again = load_reference(tmp_path)
    for site, steps in reference.colours.items():
        for tone, lab in steps.items():
            assert again.colours[site][tone] == pytest.approx(lab, abs=1e-3)


@pytest.mark.parametrize("text", ["", "[]", '{"hand": {}}', '{"any": {"tan": [1, 2]}}'])
def test_an_unusable_reference_is_named(tmp_path, text):
    with pytest.raises(ModelMissingError, match="tone_reference"):
        load_reference(tmp_path)
    (tmp_path / "tone_reference.json").write_text(text)
    with pytest.raises(ModelMissingError, match="tone_reference"):
        load_reference(tmp_path)
