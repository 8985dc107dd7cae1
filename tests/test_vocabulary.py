from itertools import chain
from pathlib import Path

import pytest

from core.errors import VocabularyError
from core.language.attributes import KINDS
from core.language.vocabulary import load_vocabulary

WORDS = load_vocabulary()

DERMNET_FOLDERS = {
    "Acne and Rosacea Photos",
    "Actinic Keratosis Basal Cell Carcinoma and other Malignant Lesions",
    "Atopic Dermatitis Photos",
    "Bullous Disease Photos",
    "Cellulitis Impetigo and other Bacterial Infections",
    "Eczema Photos",
    "Exanthems and Drug Eruptions",
    "Hair Loss Photos Alopecia and other Hair Diseases",
    "Herpes HPV and other STDs Photos",
    "Light Diseases and Disorders of Pigmentation",
    "Lupus and other Connective Tissue diseases",
    "Melanoma Skin Cancer Nevi and Moles",
    "Nail Fungus and other Nail Disease",
    "Poison Ivy Photos and other Contact Dermatitis",
    "Psoriasis pictures Lichen Planus and related diseases",
    "Scabies Lyme Disease and other Infestations and Bites",
    "Seborrheic Keratoses and other Benign Tumors",
    "Systemic Disease",
    "Tinea Ringworm Candidiasis and other Fungal Infections",
    "Urticaria Hives",
    "Vascular Tumors",
    "Vasculitis Photos",
    "Warts Molluscum and other Viral Infections",
}

SCIN_GROUPS = {
    "head or neck",
    "arm",
    "palm",
    "back of hand",
    "torso front",
    "torso back",
    "genitalia or groin",
    "buttocks",
    "leg",
    "foot top or side",
    "foot sole",
    "other",
}

ENTRIES = [entry for kind in KINDS for entry in WORDS.entries(kind).values()]


def test_all_twenty_three_dermnet_folders_are_in_letter_by_letter() -> None:
    folders = [rash.dermnet_folder for rash in WORDS.rashes.values() if rash.dermnet_folder]
    assert len(folders) == 23
    assert set(folders) == DERMNET_FOLDERS


def test_clear_skin_is_the_only_control_and_has_no_folder() -> None:
    controls = [rash for rash in WORDS.rashes.values() if rash.control]
    assert [(rash.key, rash.dermnet_folder) for rash in controls] == [("clear", None)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{type(entry).__name__}-{entry.key}")
def test_every_entry_is_complete(entry) -> None:
    texts = [entry.label, entry.caption, *entry.synonyms, *chain.from_iterable(entry.codes.values())]
    assert all(text.strip() == text != "" for text in texts)
    assert len(set(entry.synonyms)) == len(entry.synonyms)
    assert entry.synonyms and entry.caption not in entry.synonyms
    assert all(word == word.lower() for word in entry.synonyms)


def test_every_site_stands_in_a_scin_group_and_at_least_twenty_are_there() -> None:
    assert {site.group for site in WORDS.sites.values()} == SCIN_GROUPS
    assert len(WORDS.sites) >= 20


def test_tones_cover_both_scales_in_order_without_gap_or_overlap() -> None:
    tones = WORDS.tones.values()
    assert [step for tone in tones for step in range(tone.monk[0], tone.monk[1] + 1)] == list(range(1, 11))
    types = [step for tone in tones for step in range(tone.fitzpatrick[0], tone.fitzpatrick[1] + 1)]
    assert types == list(range(1, 7))


def test_the_monk_scale_has_ten_steps_that_lie_in_their_named_tones() -> None:
    steps = list(WORDS.monk_tones.values())
    assert [tone.key for tone in steps] == [f"monk_{step}" for step in range(1, 11)]
    for step, tone in enumerate(steps, 1):
        named = WORDS.named_tone(tone)
        assert tone.monk == (step, step) and tone.fitzpatrick == named.fitzpatrick
        assert named.monk[0] <= step <= named.monk[1] and WORDS.named_tone(named) is named
        assert WORDS.tone_scale(tone.key) is WORDS.monk_tones
        assert WORDS.named_tone_key(tone.key) == named.key == WORDS.named_tone_key(named.key)
    assert WORDS.named_tone_key(None) is None and WORDS.named_tone_key("gone") == "gone"
    assert WORDS.tone_scale("brown") is WORDS.tone_scale(None) is WORDS.tones


def test_severities_and_views_stand_in_order_with_their_codes() -> None:
    codes = [entry.codes["snomed"] for entry in WORDS.severities.values()]
    assert list(WORDS.severities) == ["mild", "moderate", "severe"]
    assert codes == [("255604002",), ("6736007",), ("24484000",)]
    assert [entry.codes["scin"] for entry in WORDS.views.values()] == [
        ("CLOSE_UP",),
        ("AT_AN_ANGLE",),
        ("AT_DISTANCE",),
    ]


def test_sites_where_a_rash_is_not_shown_are_sites_said_once_and_leave_some() -> None:
    for rash in WORDS.rashes.values():
        left_out = [*rash.not_at, *rash.undrawn]
        assert set(left_out) <= set(WORDS.sites) and len(set(left_out)) == len(left_out)
        assert [site for site in WORDS.sites if rash.is_drawn_at(site)]
    assert {"palm", "sole"} <= set(WORDS.rashes["acne"].not_at)


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_means_two_things(kind: str) -> None:
    meaning: dict[str, str] = {}
    for entry in WORDS.entries(kind).values():
        own_preposition = getattr(entry, "preposition", "at the") != "at the"
        words = entry.synonyms if own_preposition else (entry.caption.lower(), *entry.synonyms)
        for word in words:
            assert meaning.setdefault(word, entry.key) == entry.key, word


def test_labels_and_spoken_captions_are_unique() -> None:
    for entries in map(WORDS.entries, KINDS):
        assert len({entry.label for entry in entries.values()}) == len(entries)
        assert len({(getattr(e, "preposition", ""), e.caption) for e in entries.values()}) == len(entries)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"rashes\.toml"):
        load_vocabulary(tmp_path)
    (tmp_path / "rashes.toml").write_text("[acne\n")
    with pytest.raises(VocabularyError, match=r"rashes\.toml"):
        load_vocabulary(tmp_path)


def test_an_entry_with_a_missing_or_unknown_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "rashes.toml").write_text('[acne]\nlabel = "Acne"\n')
    with pytest.raises(VocabularyError, match=r"acne.*caption"):
        load_vocabulary(tmp_path)
    (tmp_path / "rashes.toml").write_text('[acne]\nlabel = "Acne"\ncaption = "acne"\ncolour = "red"\n')
    with pytest.raises(VocabularyError, match=r"acne.*colour"):
        load_vocabulary(tmp_path)
