import tomllib

import pytest

from core.language.attributes import Attributes
from core.language.tokens import tokens_of
from core.language.vocabulary import load_vocabulary
from training.photographs.file_names import NAMES_FILE, read_file_name, read_folders
from training.photographs.inventory import Entry
from training.photographs.labels import label

NAMES = [
    ("acne-open-comedo-3.jpg", "acne", ()),
    ("07VascularFace0120.jpg", None, ("face",)),
    ("07rhnophymas032105.jpg", "acne", ()),
    ("rosacea-nose-65.jpg", "acne", ("nose",)),
    ("perioral-dermatitis-132.jpg", "acne", ()),
    ("sebaceous-glands-upper-lip-2.jpg", "acne", ("lip",)),
    ("acne-keloidalis-7.jpg", "hair_loss", ()),
    ("basal-cell-carcinoma-lid-38.jpg", "actinic_keratosis_carcinoma", ("eye",)),
    ("basal-cell-nevus-syndrome-2.jpg", "actinic_keratosis_carcinoma", ()),
    ("squamous-cell-carcinoma-hand-arm-4.jpg", "actinic_keratosis_carcinoma", ("hand", "arm")),
    ("03AtopicFeet0210.jpg", "atopic_dermatitis", ("foot",)),
    ("keratosis-pilaris-4.jpg", "atopic_dermatitis", ()),
    ("eczema-herpeticum-12.jpg", "viral", ()),
    ("eczema-fingertips-101.jpg", "eczema", ("fingers",)),
    ("eczema-nail-3.jpg", "nail_disease", ()),
    ("psoriasis-nails-3.jpg", "psoriasis_lichen", ()),
    ("psoriasis-palms-soles-90.jpg", "psoriasis_lichen", ("palm", "sole")),
    ("psoriasis-pustular-generalized-8.jpg", "psoriasis_lichen", ("body",)),
    ("08SebDermScalp1.jpg", "psoriasis_lichen", ("scalp",)),
    ("lichen-planopilaris-2.jpg", "hair_loss", ()),
    ("Lichen-Sclerosus-Penis-11.jpg", "psoriasis_lichen", ("genital",)),
    ("tinea-groin-107.jpg", "tinea", ("groin",)),
    ("tinea-foot-webs-4.jpg", "tinea", ("between_toes",)),
    ("tinea-foot-plantar-12.jpg", "tinea", ("sole",)),
    ("tinea-foot-dorsum-12.jpg", "tinea", ("foot",)),
    ("candidiasis-mouth-2.jpg", "tinea", ()),
    ("pityrosporum-folliculitis-5.jpg", "tinea", ()),
    ("warts-plantar-16.jpg", "viral", ("sole",)),
    ("hand-foot-mouth-4.jpg", "viral", ()),
    ("hand-foot-mouth-disease-4.jpg", "drug_eruption", ()),
    ("black-heel-9.jpg", "viral", ()),
    ("white-nails-1.jpg", "nail_disease", ()),
    ("hives-Urticaria-Acute-55.jpg", "urticaria", ()),
    ("head-lice-3.jpg", "infestation", ("scalp",)),
    ("venous-lake-12.jpg", "vascular_tumor", ()),
    ("schamberg-disease-7.jpg", "vasculitis", ()),
    ("connective-tissue-nevus-2.jpg", "benign_tumor", ()),
    ("nevus-sebaceous-62.jpg", "benign_tumor", ()),
    ("dariers-disease-50.jpg", "bullous", ()),
    ("grovers-disease-18.jpg", "bullous", ()),
    ("tuberous-sclerosis-27.jpg", "systemic", ()),
    ("genital-warts-2.jpg", "herpes_std", ()),
    ("eczema_166.jpg", "eczema", ()),
    ("13EczemaAreolae02102006.jpg", "eczema", ("chest",)),
    ("IMG_0042.jpg", None, ()),
    ("0_15.jpg", None, ()),
]


@pytest.mark.parametrize(("name", "rash", "sites"), NAMES)
def test_a_file_name_is_read_for_disease_and_site(
    name: str, rash: str | None, sites: tuple[str, ...]
) -> None:
    assert read_file_name(f"train/{name}") == Attributes(rash, sites)


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("eczema-brown-skin-3.jpg", "brown"),
        ("eczemaBlackSkin3.jpg", "black"),
        ("eczema_monk-7_02.jpg", "brown"),
        ("fitzpatrick-2-acne.jpg", "fair"),
        ("black-heel-2.jpg", None),
        ("white-spots-2.jpg", None),
        ("tan-2.jpg", None),
        ("dark-acne.jpg", None),
    ],
)
def test_a_tone_counts_beside_skin_or_as_a_step_of_a_scale(name: str, tone: str | None) -> None:
    assert read_file_name(name).tone == tone


def test_no_slip_is_guessed_at_in_a_name() -> None:
    assert read_file_name("ance-forehed-check.jpg") == Attributes()


def test_every_dermnet_folder_is_known_letter_by_letter() -> None:
    rashes = load_vocabulary().rashes
    of_dermnet = {key: rash.dermnet_folder for key, rash in rashes.items() if rash.dermnet_folder}
    assert len(of_dermnet) == 23
    for key, folder in of_dermnet.items():
        assert read_folders(f"train/{folder}/x.jpg") == Attributes(key)


def test_the_nearest_folder_is_believed_first() -> None:
    assert read_folders("eczema/hand/brown skin/1.jpg") == Attributes("eczema", ("hand",), "brown")
    assert read_folders("eczema/psoriasis/1.jpg").rash == "psoriasis_lichen"
    assert read_folders("1.jpg") == Attributes()


def test_the_names_added_are_keys_of_the_vocabulary_and_stand_once() -> None:
    names, words = tomllib.loads(NAMES_FILE.read_text(encoding="utf-8")), load_vocabulary()
    assert names["rashes"].keys() <= words.rashes.keys() and names["sites"].keys() <= words.sites.keys()
    joined = [
        "".join(token.text for token in tokens_of(name))
        for kind in ("rashes", "sites")
        for listed in names[kind].values()
        for name in listed
    ]
    assert len(joined) == len(set(joined)) and all(joined)


def test_the_first_of_column_caption_folder_and_name_is_believed_and_the_others_told() -> None:
    entry = Entry(
        "Eczema Photos/tinea-groin-3.jpg",
        "psoriasis at the hand on fair skin",
        {"tone": "brown", "sites": ["arm"]},
    )
    labels = label(entry)
    assert labels.attributes == Attributes("psoriasis_lichen", ("arm",), "brown")
    assert labels.origins == {"caption": "source", "rash": "caption", "sites": "column", "tone": "column"}
    assert [finding.reason for finding in labels.findings] == [
        "rash: the caption says psoriasis_lichen, the folder eczema; the caption is used",
        "rash: the caption says psoriasis_lichen, the file name tinea; the caption is used",
        "sites: the column says arm, the caption hand; the column is used",
        "sites: the column says arm, the file name groin; the column is used",
        "tone: the column says brown, the caption fair; the column is used",
    ]


def test_sites_that_overlap_do_not_disagree() -> None:
    assert label(Entry("nose-4.jpg", "acne on the nose and cheek")).findings == ()
