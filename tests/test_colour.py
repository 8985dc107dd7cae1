import numpy as np
import pytest

from core.measuring.colour import (
    MONK_LAB,
    MONK_SWATCHES,
    delta_e,
    ita_degrees,
    nearest_monk,
    srgb_to_lab,
    srgb_to_linear,
)

# Test data of Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", table 1.
SHARMA = [
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, 3.1571, -77.2803), (50.0000, 0.0000, -82.7485), 2.8615),
    ((50.0000, 2.8361, -74.0200), (50.0000, 0.0000, -82.7485), 3.4412),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -1.1848, -84.8006), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -0.9009, -85.5211), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0010), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0012), 7.2195),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0011, -2.4900), 4.7461),
    ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
    ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((50.0000, 2.5000, 0.0000), (50.0000, 3.1736, 0.5854), 1.0000),
    ((50.0000, 2.5000, 0.0000), (50.0000, 3.2972, 0.0000), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((61.2901, 3.7196, -5.3901), (61.4292, 2.2480, -4.9620), 1.8731),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((36.4612, 47.8580, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((119, 119, 119), (50.034, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((255, 255, 0), (97.14, -21.55, 94.48)),
    ],
)
def test_known_colours_have_their_published_lab(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    assert srgb_to_lab(np.array(rgb, dtype=np.uint8)) == pytest.approx(lab, abs=0.02)


@pytest.mark.parametrize(("lab", "other", "expected"), SHARMA)
def test_ciede2000_equals_the_published_pairs_in_both_directions(lab, other, expected: float) -> None:
    assert float(delta_e(lab, other)) == pytest.approx(expected, abs=6e-5)
    assert float(delta_e(other, lab)) == pytest.approx(expected, abs=6e-5)


def test_ciede2000_works_on_whole_arrays() -> None:
    first, second = (np.array([pair[side] for pair in SHARMA]) for side in (0, 1))
    assert delta_e(first, second) == pytest.approx([pair[2] for pair in SHARMA], abs=6e-5)
    assert delta_e(first[:, None], second[None]).shape == (len(SHARMA), len(SHARMA))


def test_the_monk_swatches_have_the_measured_typology_angles() -> None:
    assert np.round(ita_degrees(MONK_LAB)).tolist() == [83, 80, 72, 65, 50, 11, -20, -55, -78, -84]


def test_the_monk_swatches_are_the_published_hex_values() -> None:
    hexes = ["".join(f"{value:02x}" for value in swatch) for swatch in MONK_SWATCHES]
    assert " ".join(hexes) == "f6ede4 f3e7db f7ead0 eadaba d7bd96 a07e56 825c43 604134 3a312a 292420"


def test_each_monk_swatch_is_nearest_to_itself_even_when_slightly_off() -> None:
    for step, lab in enumerate(MONK_LAB, start=1):
        assert nearest_monk(lab) == step
        assert nearest_monk(lab + np.array([0.4, 0.3, -0.3])) == step


def test_light_of_srgb_is_the_published_curve_and_bytes_equal_fractions() -> None:
    fractions = np.linspace(0, 1, 256)
    assert srgb_to_linear(np.arange(256, dtype=np.uint8)) == pytest.approx(srgb_to_linear(fractions))
    assert srgb_to_linear([0.04045, 0.5, 1.0]) == pytest.approx([0.0031308, 0.2140411, 1.0], abs=1e-6)


def test_lab_keeps_the_shape_of_a_picture() -> None:
    assert srgb_to_lab(np.zeros((5, 7, 3), dtype=np.uint8)).shape == (5, 7, 3)
    assert ita_degrees(np.zeros((5, 7, 3))).shape == (5, 7)
