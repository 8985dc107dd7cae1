"""Severity, view and Monk steps as they are drawn, and phantoms of before as they were."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.vocabulary import load_vocabulary
from training.embedded.datasets import open_phantoms
from training.embedded.phantom_settings import PhantomSettings
from training.phantoms.anatomy.sites import SITES
from training.phantoms.body import Frame, Marks
from training.phantoms.camera import Camera, sample_camera
from training.phantoms.lesions import RASHES, TRUE_SITES, draw_rash
from training.phantoms.lesions.degrees import sample_degree
from training.phantoms.lesions.tables import GROUPS
from training.phantoms.render import LESION, SKIN, render_phantom
from training.render_phantoms import main

WORDS = load_vocabulary()
RELEASED = Path(__file__).with_name("phantoms_released.png")
"""Drawn before there were severities and views: pictures above, masks below."""

DRAWN = (
    Attributes("acne", ("cheek",), "fair"),
    Attributes("eczema", ("hand",), "brown"),
    Attributes("tinea", ("foot",), "pale"),
    Attributes("clear", ("palm",), "black"),
    Attributes("psoriasis_lichen", ("knee",), "tan"),
    Attributes("nail_disease", ("fingernails",), "medium"),
    Attributes("hair_loss", ("scalp",), "fair"),
)
AFFECTED = sorted(set(RASHES) - {"clear"})


def some_marks(rash: str, severity: str) -> list[Marks]:
    """What the rash adds in six patients."""
    return [marks_of(rash, severity, seed) for seed in range(6)]


def marks_of(rash: str, severity: str, seed: int) -> Marks:
    """A rash on a body part where it occurs, 64 pixels wide."""
    site = next(site for site in ("arm", "back", "fingernails", "scalp") if site in TRUE_SITES[rash])
    view, rng = SITES[site], np.random.default_rng((seed, 2))
    step = (((np.arange(64) + 0.5) / 64 - 0.5) * view.width_cm).astype(np.float32)
    frame = Frame(*np.meshgrid(step, step), 64 / view.width_cm)
    body = view.draw(frame, rng)
    degree = sample_degree(severity, np.random.default_rng((seed, 4)))
    marks = draw_rash(rash, site, frame, body, rng, degree)
    degree.strengthen(marks)
    return marks


def test_phantoms_of_before_are_drawn_as_they_were() -> None:
    """To the byte on one kind of processor; on another the last digits of a sine may round otherwise."""
    with Image.open(RELEASED) as image:
        released = np.asarray(image.convert("RGB")).astype(int)
    for i, attributes in enumerate(DRAWN):
        phantom, column = render_phantom(attributes, (11, i), 64), slice(64 * i, 64 * (i + 1))
        away = np.abs(phantom.image - released[:64, column])
        assert away.max() <= 2 and away.mean() < 0.01, attributes
        assert (phantom.mask != released[64:, column, 0]).mean() < 0.001


@pytest.mark.parametrize("rash", AFFECTED)
def test_a_rash_grows_with_its_severity(rash: str) -> None:
    """Over a few patients: the area that a clinician would outline."""
    shares = [
        np.mean([one.mask.mean() for one in some_marks(rash, severity)]) for severity in WORDS.severities
    ]
    assert shares[0] > 0 and all(1.08 * low < high for low, high in pairwise(shares)), shares


@pytest.mark.parametrize(
    "rash", ["acne", "eczema", "tinea", "atopic_dermatitis", "psoriasis_lichen", "viral"]
)
def test_redness_relief_and_scale_grow_with_severity(rash: str) -> None:
    found = {name: [] for name in ("blood", "height", "scale")}
    for severity in WORDS.severities:
        marks = some_marks(rash, severity)
        for name, values in found.items():
            values.append(np.mean([np.clip(getattr(one, name), 0, None).mean() for one in marks]))
    for name, values in found.items():
        assert values[2] == 0 or all(low < high for low, high in pairwise(values)), (name, values)


def test_a_severe_lesion_is_stronger_and_not_only_larger() -> None:
    peaks = [
        np.mean([np.median(one.blood[one.mask > 0.5]) for one in some_marks("eczema", severity)])
        for severity in WORDS.severities
    ]
    assert all(1.1 * low < high for low, high in pairwise(peaks)), peaks


def test_acne_turns_from_comedones_to_pus() -> None:
    inflamed = []
    for severity in WORDS.severities:
        marks = some_marks("acne", severity)
        inflamed.append(sum(m.blood.sum() for m in marks) / sum(m.plug.sum() for m in marks))
    assert all(low < high for low, high in pairwise(inflamed)), inflamed


def test_the_same_seed_gives_the_same_bytes_in_every_severity_and_view() -> None:
    for severity, view in zip(WORDS.severities, WORDS.views, strict=True):
        asked = Attributes("tinea", ("foot",), "monk_6", severity, view)
        first, again = (render_phantom(asked, (3, 1), 64) for _ in range(2))
        assert np.array_equal(first.image, again.image) and np.array_equal(first.mask, again.mask)
        assert first.image.shape == (64, 64, 3) and set(np.unique(first.mask)) <= {0, SKIN, LESION}


def test_from_near_a_hand_fills_the_picture_and_from_afar_it_does_not() -> None:
    shares = {}
    for view in (None, *WORDS.views):
        masks = [
            render_phantom(Attributes("clear", ("hand",), "fair", None, view), (s, 1), 64).mask
            for s in range(4)
        ]
        shares[view] = np.mean([(mask != 0).mean() for mask in masks])
    assert shares["close_up"] > 1.3 * shares[None] > 1.3 * 1.5 * shares["at_distance"]


@pytest.mark.parametrize("rash", ["tinea", "psoriasis_lichen"])
def test_a_lesion_shrinks_in_the_picture_as_the_camera_goes_away(rash: str) -> None:
    areas = {}
    for view in ("close_up", None, "at_distance"):
        asked = Attributes(rash, ("leg",), "fair", "moderate", view)
        masks = [render_phantom(asked, (seed, 1), 96).mask for seed in range(6)]
        areas[view] = np.mean([(mask == LESION).mean() for mask in masks])
    assert areas["close_up"] > 1.2 * areas[None] and areas[None] > 1.8 * areas["at_distance"] > 0


def test_a_tilted_camera_foreshortens_and_shows_the_far_side_smaller() -> None:
    side = np.linspace(-1, 1, 256, dtype=np.float32)
    grid = side[:, None] ** 2 + side[None, :] ** 2
    camera = Camera(reach=2.0, tilt=np.deg2rad(48), azimuth=0.0, zoom=1.2)
    disc = camera.look((grid < 0.2**2).astype(np.float32), 128)
    rows, columns = np.nonzero(disc > 0.5)
    assert 0.55 < np.ptp(columns) / np.ptp(rows) < 0.8
    right = camera.look(((side[None, :] - 0.35) ** 2 + side[:, None] ** 2 < 0.1**2).astype(np.float32), 128)
    left = camera.look(((side[None, :] + 0.35) ** 2 + side[:, None] ** 2 < 0.1**2).astype(np.float32), 128)
    assert right.sum() < 0.75 * left.sum()


def test_no_camera_takes_in_more_than_is_drawn_of_the_body() -> None:
    rng = np.random.default_rng(0)
    assert all(sample_camera("at_distance", 1.25, rng).reach <= 1.25 for _ in range(20))
    assert sample_camera("at_an_angle", 1.2, rng).zoom > sample_camera("at_an_angle", 2.2, rng).zoom
    assert sample_camera(None, 1.2, rng) == Camera()


def test_lesions_stay_on_the_body_in_every_view() -> None:
    for view in WORDS.views:
        for site in ("hand", "foot", "scalp", "cheek"):
            ill, well = (
                render_phantom(Attributes(rash, (site,), "fair", None, view), (3, 1), 64)
                for rash in ("eczema", "clear")
            )
            assert not np.any((ill.mask == LESION) & (well.mask == 0)) or site == "scalp"
            assert (ill.mask == LESION).any()


def test_the_ten_monk_steps_darken_one_by_one() -> None:
    means = []
    for tone in WORDS.monk_tones:
        pictures = [render_phantom(Attributes("clear", ("arm",), tone), (seed, 9), 64) for seed in range(5)]
        means.append(np.mean([p.image[p.mask == SKIN].mean() for p in pictures]))
    assert means == sorted(means, reverse=True) and len(means) == 10


def test_a_folder_shows_every_severity_view_and_step_and_says_so(tmp_path: Path) -> None:
    command = ["--rashes", "tinea", "clear", "--sites", "foot", "--tones", "monk", "--severities", "--views"]
    more = ["--count", "40", "--size", "32", "--workers", "1", "--output", str(tmp_path / "all")]
    assert main([*command, *more]) == 0
    shown = [phantom.attributes for phantom in open_phantoms(tmp_path / "all").phantoms]
    assert {a.tone for a in shown} == set(WORDS.monk_tones)
    assert {a.severity for a in shown if a.rash == "tinea"} == set(WORDS.severities)
    assert {a.severity for a in shown if a.rash == "clear"} == {None}
    assert {a.view for a in shown} == set(WORDS.views)
    line = json.loads((tmp_path / "all" / "metadata.jsonl").read_text().splitlines()[0])
    assert line["caption"] == compose_caption(shown[0]) and line["view"] == shown[0].view


def test_without_the_flags_nothing_is_said_of_severity_and_view(tmp_path: Path) -> None:
    assert main(["--count", "2", "--size", "32", "--workers", "1", "--output", str(tmp_path)]) == 0
    said = (tmp_path / "metadata.jsonl").read_text() + (tmp_path / "phantoms.json").read_text()
    assert "severit" not in said and "view" not in said and "true_sites" not in said


def test_a_folder_without_severities_is_not_gone_on_with_in_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--count", "1", "--size", "32", "--workers", "1", "--output", str(tmp_path)]
    assert main(command) == 0
    assert main([*command, "--severities", "mild"]) == 1
    assert "severities=None, not ['mild']" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "value"), [("--severities", "deadly"), ("--views", "upside_down"), ("--tones", "eleven")]
)
def test_an_unknown_word_is_named(
    flag: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--count", "1", "--output", str(tmp_path / "out"), flag, value]) == 1
    assert value in capsys.readouterr().err


def test_true_sites_are_the_vocabularys_and_each_has_a_disease_to_draw() -> None:
    for rash, group in GROUPS.items():
        possible = frozenset().union(*(disease.sites for disease in group)) & set(SITES)
        assert possible == TRUE_SITES[rash] == RASHES[rash], rash
    assert "palm" in RASHES["acne"] and "palm" not in TRUE_SITES["acne"]


def test_true_sites_leave_out_what_does_not_occur() -> None:
    keys = ("acne", "tinea"), ("face", "palm"), ("fair",)
    assert len(PhantomSettings(1, 0, 64, *keys).combinations()) == 4
    kept = PhantomSettings(1, 0, 64, *keys, true_sites=True).combinations()
    assert [(a.rash, a.site) for a in kept] == [("acne", "face"), ("tinea", "face"), ("tinea", "palm")]


def test_even_rashes_come_equally_often_however_few_their_sites() -> None:
    keys = ("acne", "hair_loss", "clear"), ("face", "scalp", "arm", "hand"), ("fair", "tan")
    settings = PhantomSettings(60, 3, 64, *keys, severities=("mild", "severe"), even_rashes=True)
    shown = [settings.attributes_of(index) for index in range(60)]
    assert Counter(a.rash for a in shown) == {"acne": 20, "hair_loss": 20, "clear": 20}
    assert {a.site for a in shown if a.rash == "hair_loss"} == {"scalp"}
    assert len({a for a in shown if a.rash == "acne"}) == 16
