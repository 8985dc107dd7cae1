"""The diseases of every group: drawn where they occur, refused elsewhere, coloured by blood and pigment."""

from dataclasses import fields

import numpy as np
import pytest

from core.errors import VocabularyError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.phantoms.anatomy.sites import SITES
from training.phantoms.body import Body, Frame, Marks
from training.phantoms.lesions import RASHES, sites_of_rash
from training.phantoms.lesions.arrangements import ARRANGEMENTS
from training.phantoms.lesions.composing import draw_disease
from training.phantoms.lesions.contours import SHAPES, contour
from training.phantoms.lesions.ground import drawn, spaced
from training.phantoms.lesions.layouts import LAYOUTS
from training.phantoms.lesions.morphology import macule, papule, red
from training.phantoms.lesions.parts import Disease
from training.phantoms.lesions.profiles import PROFILES
from training.phantoms.lesions.regions import FACIAL
from training.phantoms.lesions.tables import GROUPS
from training.phantoms.render import LESION, render_phantom
from training.render_phantoms import PhantomSettings, main

DISEASES = [(key, disease) for key, group in GROUPS.items() for disease in group]
NAMES = [f"{key}: {disease.name}" for key, disease in DISEASES]


def square(size: int = 64, width_cm: float = 8.0) -> tuple[Frame, Body]:
    step = (((np.arange(size) + 0.5) / size - 0.5) * width_cm).astype(np.float32)
    x, y = np.meshgrid(step, step)
    frame = Frame(x, y, size / width_cm)
    return frame, Body.bare(frame, frame.ones(), frame.zeros())


def drawn_disease(key: str, name: str, site: str, tone: str, monkeypatch: pytest.MonkeyPatch, seed: int = 1):
    disease = next(d for d in GROUPS[key] if name in d.name)
    monkeypatch.setitem(GROUPS, key, (disease,))
    ill = render_phantom(Attributes(key, (site,), tone), (seed, 3), 96)
    well = render_phantom(Attributes("clear", (site,), tone), (seed, 3), 96)
    return ill, well


def change(ill, well) -> np.ndarray:
    """Mean change of red, green and blue within the lesions."""
    lesion = ill.mask == LESION
    return ill.image[lesion].astype(float).mean(0) - well.image[lesion].astype(float).mean(0)


def test_every_group_of_the_vocabulary_is_drawn() -> None:
    assert set(RASHES) == set(load_vocabulary().rashes)
    assert all(len(group) >= 3 for group in GROUPS.values())


@pytest.mark.parametrize(("key", "disease"), DISEASES, ids=NAMES)
def test_a_disease_names_only_what_can_be_drawn(key: str, disease: Disease) -> None:
    maps = {field.name for field in fields(Marks)}
    assert disease.sites & set(SITES) and disease.weight > 0 and disease.layout in LAYOUTS
    for part in disease.parts:
        assert part.arrangement in {*ARRANGEMENTS, "base", "focus", "nails"}
        assert part.shape in SHAPES or part.shape.removeprefix("region:") in {*FACIAL, "folds"}
        assert {layer.map for layer in part.layers} <= maps
        assert {layer.where for layer in part.layers} <= set(PROFILES)


@pytest.mark.parametrize(("key", "disease"), DISEASES, ids=NAMES)
def test_a_disease_leaves_a_lesion_at_one_of_its_sites(
    key: str, disease: Disease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GROUPS, key, (disease,))
    sites = [site for site in SITES if site in disease.sites]
    site = sites[len(disease.name) % len(sites)]
    assert (render_phantom(Attributes(key, (site,), "medium"), (2, 5), 64).mask == LESION).any()


def test_the_same_seed_gives_the_same_picture_and_another_another() -> None:
    attributes = Attributes("psoriasis_lichen", ("back",), "tan")
    first, again, other = (render_phantom(attributes, seed, 64).image for seed in ((1, 1), (1, 1), (1, 2)))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("rash", "site"), [("nail_disease", "chest"), ("hair_loss", "palm"), ("lupus_connective", "sole")]
)
def test_a_site_where_a_rash_does_not_occur_is_refused_with_those_where_it_does(rash: str, site: str) -> None:
    with pytest.raises(VocabularyError, match=f"does not occur at the site '{site}'. Its sites: "):
        render_phantom(Attributes(rash, (site,), "fair"), (0, 0))


def test_asking_the_command_for_an_impossible_pair_alone_says_where_the_rash_occurs(tmp_path, capsys) -> None:
    command = ["--count", "1", "--output", str(tmp_path / "out"), "--rashes", "hair_loss", "--sites", "palm"]
    assert main(command) == 1
    assert "'hair_loss' does not occur at palm. Its sites: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_balanced_choice_leaves_impossible_pairs_out() -> None:
    settings = PhantomSettings(60, 3, 64, ("hair_loss", "acne"), ("scalp", "palm"), ("fair", "black"))
    drawn_pairs = {(a.rash, a.site) for a in map(settings.attributes_of, range(60))}
    assert drawn_pairs == {("hair_loss", "scalp"), ("acne", "scalp"), ("acne", "palm")}


def test_nails_are_diseased_only_where_they_are_in_view() -> None:
    assert set(sites_of_rash("nail_disease")) <= {"fingers", "fingernails", "toe", "toenails", "foot"}
    assert set(sites_of_rash("hair_loss")) == {"scalp", "beard", "nape"}


@pytest.mark.parametrize("tone", ["pale", "medium", "black"])
def test_vitiligo_is_lighter_than_the_skin_and_most_so_on_dark_skin(tone: str, monkeypatch) -> None:
    least = {"pale": 0, "medium": 10, "black": 60}[tone]
    assert change(*drawn_disease("pigmentation", "vitiligo", "arm", tone, monkeypatch)).mean() > least


@pytest.mark.parametrize("tone", ["pale", "tan", "black"])
def test_purpura_takes_more_green_and_blue_than_red(tone: str, monkeypatch) -> None:
    red_change, green, blue = change(*drawn_disease("vasculitis", "palpable", "leg", tone, monkeypatch))
    assert green < red_change and blue < red_change and green < -4


def test_melasma_and_moles_darken_every_channel(monkeypatch) -> None:
    assert (change(*drawn_disease("pigmentation", "melasma", "face", "medium", monkeypatch)) < 0).all()
    assert (change(*drawn_disease("melanoma_nevi", "melanoma", "arm", "fair", monkeypatch)) < -20).all()


def test_xanthomas_are_yellow(monkeypatch) -> None:
    red_change, _, blue = change(*drawn_disease("systemic", "xanthoma", "elbow", "fair", monkeypatch))
    assert blue < red_change - 10


def test_alopecia_bares_skin_that_was_under_hair(monkeypatch) -> None:
    ill, well = drawn_disease("hair_loss", "areata", "scalp", "fair", monkeypatch)
    assert ((ill.mask == LESION) & (well.mask == 0)).sum() > 100
    assert change(ill, well).mean() > 15


def test_a_diseased_nail_is_outlined_on_the_nail_itself(monkeypatch) -> None:
    ill, well = drawn_disease("nail_disease", "onychomycosis", "fingernails", "fair", monkeypatch)
    assert ((ill.mask == LESION) & (well.mask == 0)).sum() > 50


def test_places_keep_their_distance() -> None:
    places = spaced(
        np.ones((64, 64), np.float32), np.full(12, 5.0, np.float32), 1.0, np.random.default_rng(0)
    )
    gaps = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + 99 * np.eye(len(places))
    assert len(places) >= 6 and gaps.min() >= 10


def test_places_are_drawn_only_where_there_is_weight() -> None:
    weight = np.zeros((32, 32), np.float32)
    weight[5:9, 20:24] = 1
    rows, columns = drawn(weight, np.random.default_rng(0), 50).T
    assert rows.min() >= 5 and rows.max() < 9 and columns.min() >= 20 and columns.max() < 24


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_holds_its_middle_and_ends_before_its_window(shape: str) -> None:
    frame, _ = square()
    part = macule((1, 1), (1, 1), shape=shape)
    spot = contour(frame, np.array([32, 32], np.float32), 10.0, part, 0.0, np.random.default_rng(3))
    assert np.isfinite(spot.r).all()
    assert (spot.r < 1).sum() > 8 and spot.r[0].min() > 1 and spot.r[:, -1].min() > 1


def test_where_lesions_of_a_part_overlap_they_do_not_pile_up() -> None:
    frame, body = square()
    part = papule((1.5, 1.6), (20, 20), red(0.8, 0.8), apart=0.1)
    disease = Disease("papules", 1, frozenset({"arm"}), (part,))
    marks = draw_disease(disease, "arm", frame, body, np.random.default_rng(1))
    assert 0.6 < marks.blood.max() < 0.8 * 1.13
