import time
from itertools import product

import pytest

from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.matching import default_book
from core.language.reading import read_prompt
from core.language.vocabulary import load_vocabulary

# Every distinct caption of the first Script2Skin's training pictures, with all their irregularities.
CAPTIONS = [
    ("acne type of rash on the back  area  on a fair skin", "acne", ("back",), "fair"),
    ("acne type of rash on the back  area on a fair skin", "acne", ("back",), "fair"),
    ("acne type of rash on the back area on a fair skin", "acne", ("back",), "fair"),
    ("acne type of rash on the back of neck area on a fair skin", "acne", ("nape",), "fair"),
    ("acne type of rash on the back of the neck area on a fair skin", "acne", ("nape",), "fair"),
    ("acne type of rash on the cheek area on a black skin", "acne", ("cheek",), "black"),
    ("acne type of rash on the cheek area on a fair skin", "acne", ("cheek",), "fair"),
    ("acne type of rash on the chin area on a fair skin", "acne", ("chin",), "fair"),
    ("acne type of rash on the ear area on a black skin", "acne", ("ear",), "black"),
    ("acne type of rash on the ear area on a fair skin", "acne", ("ear",), "fair"),
    ("acne type of rash on the eye area on a fair skin", "acne", ("eye",), "fair"),
    ("acne type of rash on the face area on a black skin", "acne", ("face",), "black"),
    ("acne type of rash on the fore chin on a fair skin", "acne", ("chin",), "fair"),
    ("acne type of rash on the forehead area on a fair skin", "acne", ("forehead",), "fair"),
    ("acne type of rash on the jaw area on a fair skin", "acne", ("jaw",), "fair"),
    ("acne type of rash on the lip area on a fair skin", "acne", ("lip",), "fair"),
    ("acne type of rash on the neck area on a fair skin", "acne", ("neck",), "fair"),
    ("acne type of rash on the nose area and cheek area on a fair skin", "acne", ("nose", "cheek"), "fair"),
    ("acne type of rash on the nose area on a fair skin", "acne", ("nose",), "fair"),
    ("eczema type of rash at the  fingers area on a fair skin", "eczema", ("fingers",), "fair"),
    ("eczema type of rash at the anal area on a fair skin", "eczema", ("anal",), "fair"),
    ("eczema type of rash at the ankle area on a fair skin", "eczema", ("ankle",), "fair"),
    ("eczema type of rash at the arm area on a fair skin", "eczema", ("arm",), "fair"),
    ("eczema type of rash at the back area on a fair skin", "eczema", ("back",), "fair"),
    ("eczema type of rash at the body area on a fair skin", "eczema", ("body",), "fair"),
    ("eczema type of rash at the buttock area on a fair skin", "eczema", ("buttock",), "fair"),
    ("eczema type of rash at the calf area on a fair skin", "eczema", ("calf",), "fair"),
    ("eczema type of rash at the chin area on a fair skin", "eczema", ("chin",), "fair"),
    ("eczema type of rash at the ear area on a fair skin", "eczema", ("ear",), "fair"),
    ("eczema type of rash at the face area on a fair skin", "eczema", ("face",), "fair"),
    ("eczema type of rash at the fingers area on a brown skin", "eczema", ("fingers",), "brown"),
    ("eczema type of rash at the fingers area on a fair skin", "eczema", ("fingers",), "fair"),
    ("eczema type of rash at the genital area on a fair skin", "eczema", ("genital",), "fair"),
    ("eczema type of rash at the hand and leg area on a fair skin", "eczema", ("hand", "leg"), "fair"),
    ("eczema type of rash at the hand area on a fair skin", "eczema", ("hand",), "fair"),
    ("eczema type of rash at the leg area on a black skin", "eczema", ("leg",), "black"),
    ("eczema type of rash at the leg area on a brown skin", "eczema", ("leg",), "brown"),
    ("eczema type of rash at the leg area on a fair skin", "eczema", ("leg",), "fair"),
    ("eczema type of rash at the legs area on a fair skin", "eczema", ("leg",), "fair"),
    ("eczema type of rash at the nape area on a fair skin", "eczema", ("nape",), "fair"),
    ("eczema type of rash at the neck area on a fair skin", "eczema", ("neck",), "fair"),
    ("eczema type of rash at the nose area on a fair skin", "eczema", ("nose",), "fair"),
    ("eczema type of rash at the shin area on a fair skin", "eczema", ("shin",), "fair"),
    ("eczema type of rash at the shoulder area on a fair skin", "eczema", ("shoulder",), "fair"),
    ("eczema type of rash at the stomach area on a fair skin", "eczema", ("stomach",), "fair"),
    ("eczema type of rash at the thighs area on a fair skin", "eczema", ("thigh",), "fair"),
    ("eczema type of rash at the toe area on a fair skin", "eczema", ("toe",), "fair"),
    ("eczema type of rash at the waist area on a black skin", "eczema", ("waist",), "black"),
    ("eczema type of rash at the wrist area on a fair skin", "eczema", ("wrist",), "fair"),
    ("tinea type of rash around the ear area on a fair skin", "tinea", ("ear",), "fair"),
    ("tinea type of rash at the back area on a fair skin", "tinea", ("back",), "fair"),
    ("tinea type of rash at the back of the neck area on a fair skin", "tinea", ("nape",), "fair"),
    ("tinea type of rash at the beard area on a fair skin", "tinea", ("beard",), "fair"),
    ("tinea type of rash at the facial area on a black skin", "tinea", ("face",), "black"),
    ("tinea type of rash at the facial area on a fair skin", "tinea", ("face",), "fair"),
    ("tinea type of rash at the foot area on a fair skin", "tinea", ("foot",), "fair"),
    ("tinea type of rash at the lower leg area on a fair skin", "tinea", ("lower_leg",), "fair"),
    ("tinea type of rash at the palm area on a brown skin", "tinea", ("palm",), "brown"),
    ("tinea type of rash at the palm area on a fair skin", "tinea", ("palm",), "fair"),
    ("tinea type of rash between the toes area on a brown skin", "tinea", ("between_toes",), "brown"),
]

TYPED_PROMPTS = [
    (
        "generate an image of a tinea type of rash on the facial area on a brown skin",
        Attributes("tinea", ("face",), "brown"),
    ),
    (
        "generate an image of an acne type of rash on the face area on a fair skin",
        Attributes("acne", ("face",), "fair"),
    ),
    (
        "generate an image of a tinea type of rash on the palm area on a fair skin",
        Attributes("tinea", ("palm",), "fair"),
    ),
    (
        "Generate a few images of a eczema type of rash at the back of the neck area on fair skin.",
        Attributes("eczema", ("nape",), "fair"),
    ),
    ("Show acne on brown skin on the hand.", Attributes("acne", ("hand",), "brown")),
    ("Generate a eczema rash on fair skin at the neck area.", Attributes("eczema", ("neck",), "fair")),
]

SLIPS = [
    ("acne on the forehed, fair skin", "acne", ("forehead",), "fair", ["'forehed' read as forehead."]),
    ("eczma at the hand", "eczema", ("hand",), None, ["'eczma' read as eczema."]),
    ("exema on the hnad", "eczema", ("hand",), None, ["'exema' read as eczema.", "'hnad' read as hand."]),
    ("psorisis on the elbow", "psoriasis_lichen", ("elbow",), None, ["'psorisis' read as psoriasis."]),
    ("soriasis elbow", "psoriasis_lichen", ("elbow",), None, ["'soriasis' read as psoriasis."]),
    ("tinia between the toes", "tinea", ("between_toes",), None, ["'tinia' read as tinea."]),
    ("ringworm on the lowr leg", "tinea", ("lower_leg",), None, ["'lowr leg' read as lower leg."]),
    ("acne at the cheak area", "acne", ("cheek",), None, ["'cheak' read as cheek."]),
    ("acne, fair skn", "acne", (), "fair", []),
    ("ance on a fiar skin", "acne", (), "fair", ["'ance' read as acne.", "'fiar' read as fair."]),
    ("eczema, back of the nek", "eczema", ("nape",), None, ["'back of the nek' read as back of the neck."]),
    ("urticaria on the foerhead", "urticaria", ("forehead",), None, ["'foerhead' read as forehead."]),
    ("melanoma on the sholder", "melanoma_nevi", ("shoulder",), None, ["'sholder' read as shoulder."]),
    ("tinea at the food area", "tinea", ("foot",), None, ["'food' read as foot."]),
    ("tinea on a far skin", "tinea", (), "fair", ["'far' read as fair."]),
    ("tinae on a brwon skin", "tinea", (), "brown", ["'tinae' read as tinea.", "'brwon' read as brown."]),
    ("acne on the fore head", "acne", ("forehead",), None, []),
    ("lowerleg eczema", "eczema", ("lower_leg",), None, []),
]

FURTHER = [
    (
        "severe tinea type of rash at the foot area on a fair skin, close-up",
        Attributes("tinea", ("foot",), "fair", "severe", "close_up"),
    ),
    (
        "close up of a mild acne on the cheek of fair skin",
        Attributes("acne", ("cheek",), "fair", "mild", "close_up"),
    ),
    (
        "back, extensive eczema, seen from a distance",
        Attributes("eczema", ("back",), None, "severe", "at_distance"),
    ),
    (
        "oblique view of slight hives on the arm",
        Attributes("urticaria", ("arm",), None, "mild", "at_an_angle"),
    ),
    ("moderately severe acne", Attributes("acne", (), None, "moderate")),
    ("healthy palm at an angle", Attributes("clear", ("palm",), None, None, "at_an_angle")),
    ("tinea on the angle of the jaw", Attributes("tinea", ("jaw",))),
    ("several distinct close papules of a series", Attributes()),
]

FURTHER_SLIPS = [
    ("sevre tinea", "severe", None, ["'sevre' read as severe."]),
    (
        "moderat acne, clsoe-up",
        "moderate",
        "close_up",
        ["'moderat' read as moderate.", "'clsoe-up' read as close-up."],
    ),
    (
        "mlid eczema at an angel",
        "mild",
        "at_an_angle",
        ["'mlid' read as mild.", "'at an angel' read as at an angle."],
    ),
    (
        "extensvie hives at distnace",
        "severe",
        "at_distance",
        ["'extensvie' read as extensive.", "'at distnace' read as at distance."],
    ),
]

MONK = [
    ("Monk 4", 4),
    ("monk skin tone 4", 4),
    ("MST 4", 4),
    ("mst10", 10),
    ("on a monk 7 tone skin", 7),
    ("Monk scale 1", 1),
]

WORDINGS = [
    ("feet tinea", Attributes("tinea", ("foot",))),
    ("fair skin face acne", Attributes("acne", ("face",), "fair")),
    ("on black skin, back acne", Attributes("acne", ("back",), "black")),
    ("acne ON THE Chest; BLACK SKIN!!!", Attributes("acne", ("chest",), "black")),
    ("eczema around the eye", Attributes("eczema", ("eye",))),
    ("athlete's foot on the sole", Attributes("tinea", ("sole",))),
    ("plantar wart", Attributes("viral", ("sole",))),
    ("hives on the belly of a dark skinned patient", Attributes("urticaria", ("stomach",), "brown")),
    ("zits on my nose and cheeks", Attributes("acne", ("nose", "cheek"))),
    ("eczema, hand/foot/face", Attributes("eczema", ("hand", "foot", "face"))),
    ("eczema on the hand and the back of the hand", Attributes("eczema", ("hand",))),
    ("acne on back and neck", Attributes("acne", ("back", "neck"))),
    ("acne on the back, neck", Attributes("acne", ("back", "neck"))),
    ("acne on the back neck", Attributes("acne", ("nape",))),
    ("nail fungus on the toenail", Attributes("nail_disease", ("toenails",))),
    ("atopic dermatitis in the crook of the arm", Attributes("atopic_dermatitis", ("elbow",))),
    ("dermatitis of the wrist", Attributes("eczema", ("wrist",))),
    ("healthy skin on the palm", Attributes("clear", ("palm",))),
    ("clear brown skin on the cheek", Attributes("clear", ("cheek",), "brown")),
    ("tinea on a man's foot, Fitzpatrick V", Attributes("tinea", ("foot",), "brown")),
    ("monk 7 skin with eczema", Attributes("eczema", (), "brown")),
    ("MST 10, acne", Attributes("acne", (), "black")),
    ("hives, skin type 3", Attributes("urticaria", (), "medium")),
    ("acne, skin tone: tan", Attributes("acne", (), "tan")),
    ("acne, the skin is pale", Attributes("acne", (), "pale")),
    ("acne on light brown skin", Attributes("acne", (), "tan")),
    ("acne on very dark skin", Attributes("acne", (), "black")),
    ("acne on the temple area on white skin", Attributes("acne", ("face",), "fair")),
]

NO_MATCHES = [
    ("check the chess set with the animals of the forest", ("check", "chess", "animals", "forest")),
    ("pale patches, black crusts, white scales", ("pale", "patches", "black", "crusts", "white", "scales")),
    (
        "scaly papules, dry and itchy, with a raised border",
        ("scaly", "papules", "dry", "itchy", "raised", "border"),
    ),
    ("hard fact, far food, the best things", ("hard", "fact", "far", "food", "best", "things")),
    ("please generate a few pictures of it", ()),
    ("xyzzy écзема 12345", ("xyzzy", "écзема", "12345")),
]

GAPS = (
    "No rash type found: the model will choose.",
    "No body site found: the model will choose.",
    "No skin tone found: the model will choose.",
)


@pytest.mark.parametrize(("caption", "rash", "sites", "tone"), CAPTIONS)
def test_a_caption_of_the_original_reads_as_written(caption: str, rash: str, sites: tuple, tone: str) -> None:
    reading = read_prompt(caption)
    assert reading.attributes == Attributes(rash, sites, tone)
    assert reading.notes == ()
    assert reading.ignored == (("fore",) if "fore chin" in caption else ())


def test_the_list_holds_all_sixty_captions() -> None:
    assert len({caption for caption, *_ in CAPTIONS}) == 60


@pytest.mark.parametrize(("prompt", "expected"), TYPED_PROMPTS)
def test_what_users_typed_is_read_without_a_remark(prompt: str, expected: Attributes) -> None:
    reading = read_prompt(prompt)
    assert (reading.attributes, reading.notes, reading.ignored) == (expected, (), ())


@pytest.mark.parametrize(("prompt", "rash", "sites", "tone", "corrections"), SLIPS)
def test_a_slip_is_read_and_the_correction_said(prompt, rash, sites, tone, corrections) -> None:
    reading = read_prompt(prompt)
    assert reading.attributes == Attributes(rash, sites, tone)
    assert [note for note in reading.notes if note not in GAPS] == corrections
    assert reading.ignored == ()


@pytest.mark.parametrize(("prompt", "expected"), FURTHER)
def test_severity_and_view_are_read_in_any_order(prompt: str, expected: Attributes) -> None:
    assert read_prompt(prompt).attributes == expected


@pytest.mark.parametrize(("prompt", "severity", "view", "corrections"), FURTHER_SLIPS)
def test_slips_of_severity_and_view_are_read_and_said(prompt, severity, view, corrections) -> None:
    reading = read_prompt(prompt)
    assert (reading.attributes.severity, reading.attributes.view) == (severity, view)
    assert [note for note in reading.notes if note not in GAPS] == corrections
    assert reading.ignored == ()


@pytest.mark.parametrize(("prompt", "step"), MONK)
def test_a_monk_step_is_itself_where_asked_and_else_the_tone_that_holds_it(prompt: str, step: int) -> None:
    words = load_vocabulary()
    assert read_prompt(prompt, monk=True).attributes.tone == f"monk_{step}"
    assert read_prompt(prompt).attributes.tone == words.named_tone(words.tone(f"monk_{step}")).key
    assert read_prompt(prompt, monk=True).ignored == ()


def test_named_tones_are_the_same_beside_the_monk_scale() -> None:
    assert read_prompt("acne on brown skin", monk=True).attributes.tone == "brown"
    assert read_prompt("acne, Fitzpatrick V", monk=True).attributes.tone == "brown"


def test_a_severity_of_clear_skin_or_one_denied_is_not_used_and_said() -> None:
    reading = read_prompt("severe clear skin on a fair palm")
    assert reading.attributes.severity is None
    assert reading.notes[0] == "Clear skin has no severity: 'severe' is not used."
    reading = read_prompt("not severe psoriasis on the elbow")
    assert reading.attributes.severity is None
    assert "'severe' is named as absent and not used." in reading.notes


def test_the_first_of_several_severities_or_views_is_used_and_said() -> None:
    reading = read_prompt("mild to moderate acne on the chin, pale skin, close-up or at distance")
    assert (reading.attributes.severity, reading.attributes.view) == ("mild", "close_up")
    assert reading.notes == (
        "Two severities named: mild, moderate; the first is used.",
        "Two views named: close-up, at distance; the first is used.",
    )


@pytest.mark.parametrize(("prompt", "expected"), WORDINGS)
def test_other_words_and_other_order_say_the_same(prompt: str, expected: Attributes) -> None:
    assert read_prompt(prompt).attributes == expected


@pytest.mark.parametrize(("prompt", "ignored"), NO_MATCHES)
def test_words_far_from_everything_are_ignored_and_listed(prompt: str, ignored: tuple[str, ...]) -> None:
    reading = read_prompt(prompt)
    assert reading.attributes == Attributes()
    assert reading.ignored == ignored
    assert reading.notes == GAPS


@pytest.mark.parametrize(
    ("word", "kind", "key"),
    [
        ("back", "site", "back"),
        ("black", "tone", "black"),
        ("face", "site", "face"),
        ("fair", "tone", "fair"),
        ("feet", "site", "foot"),
        ("chest", "site", "chest"),
        ("chin", "site", "chin"),
        ("shin", "site", "shin"),
        ("toe", "site", "toe"),
        ("tan", "tone", "tan"),
        ("hand", "site", "hand"),
        ("palm", "site", "palm"),
        ("pale", "tone", "pale"),
    ],
)
def test_words_that_look_alike_are_not_confused(word: str, kind: str, key: str) -> None:
    attributes = read_prompt(word).attributes
    expected = {"rash": None, "sites": (), "tone": None}
    expected |= {"sites": (key,)} if kind == "site" else {"tone": key}
    assert attributes == Attributes(**expected)


def test_nothing_typed_leaves_all_to_the_model() -> None:
    assert read_prompt("") == read_prompt("  \n") == read_prompt("...")
    assert read_prompt("").notes == GAPS


def test_the_first_of_several_rashes_or_tones_is_used_and_said() -> None:
    reading = read_prompt("acne, eczema and tinea on the chin on fair or brown skin")
    assert reading.attributes == Attributes("acne", ("chin",), "fair")
    assert reading.notes == (
        "Three rash types named: acne, eczema, tinea; the first is used.",
        "Two skin tones named: fair, brown; the first is used.",
    )


def test_a_rash_named_as_absent_is_not_drawn() -> None:
    reading = read_prompt("no acne on the chin on a fair skin")
    assert reading.attributes == Attributes(None, ("chin",), "fair")
    assert "'acne' is named as absent" in reading.notes[0]
    assert read_prompt("eczema without any sign of tinea").attributes.rash == "eczema"
    assert read_prompt("no rash on the chin").attributes == Attributes("clear", ("chin",))


def test_a_rash_wins_over_the_word_clear() -> None:
    reading = read_prompt("tinea with clear centre on the foot")
    assert reading.attributes == Attributes("tinea", ("foot",))
    assert reading.ignored == ("clear", "centre")


def test_a_colour_of_a_lesion_is_no_skin_tone() -> None:
    assert read_prompt("black mole on the back of a fair skinned man").attributes.tone == "fair"
    assert read_prompt("tinea with brown crusts on the foot").attributes.tone is None
    assert read_prompt("acne on the black area on a fair skin").attributes.tone == "fair"


def test_a_caption_reads_back_as_the_attributes_it_was_made_of() -> None:
    words = load_vocabulary()
    for rash, site, tone in product(words.rashes, words.sites, words.tones):
        attributes = Attributes(rash, (site,), tone)
        reading = read_prompt(compose_caption(attributes))
        assert (reading.attributes, reading.notes, reading.ignored) == (attributes, (), ())


def test_a_caption_with_all_five_attributes_reads_back() -> None:
    words = load_vocabulary()
    some = (words.monk_tones, words.severities, words.views, ("tinea", "viral"), ("nape", "palm"))
    for tone, severity, view, rash, site in product(*some):
        attributes = Attributes(rash, (site,), tone, severity, view)
        reading = read_prompt(compose_caption(attributes), monk=True)
        assert (reading.attributes, reading.notes, reading.ignored) == (attributes, (), ())


def test_a_caption_of_two_sites_reads_back_in_order() -> None:
    for sites in product(load_vocabulary().sites, ("between_toes", "nape", "hand")):
        if sites[0] != sites[1]:
            attributes = Attributes("tinea", sites, "tan")
            assert read_prompt(compose_caption(attributes)).attributes == attributes


def test_every_synonym_means_its_own_entry() -> None:
    words = load_vocabulary()
    for rash in words.rashes.values():
        assert {read_prompt(word).attributes.rash for word in rash.synonyms} == {rash.key}
    for site in words.sites.values():
        assert {read_prompt(word).attributes.sites for word in site.synonyms} == {(site.key,)}
    for tone in words.tones.values():
        assert {read_prompt(f"{word} skin").attributes.tone for word in tone.synonyms} == {tone.key}
    for severity in words.severities.values():
        assert {read_prompt(word).attributes.severity for word in severity.synonyms} == {severity.key}
    for view in words.views.values():
        assert {read_prompt(word).attributes.view for word in view.synonyms} == {view.key}


def test_no_phrase_means_entries_of_two_kinds() -> None:
    phrases: dict[str, tuple[str, str]] = {}
    for phrase in default_book().near:
        if phrase.kind != "stop":
            assert phrases.setdefault(phrase.joined, (phrase.kind, phrase.key)) == (phrase.kind, phrase.key)


def test_two_thousand_words_are_read_in_a_moment() -> None:
    prompt = "wandering quokkas contemplate forehed eczma " * 400
    started = time.process_time()
    assert read_prompt(prompt).attributes == Attributes("eczema", ("forehead",))
    assert time.process_time() - started < 5
