"""Which pictures a study shows: drawn ones by filter or by hand, photographs of a dataset beside them."""

import random
from pathlib import Path

import streamlit as st

from core.language.vocabulary import load_vocabulary
from core.photographs.datasets import list_datasets
from core.settings import Settings
from db.records import Generation, HistoryFilter, Order
from db.repository import Repository
from db.study_records import StudyPhotograph
from pages.components.datasets.view import view_dataset
from pages.components.wording import attributes_line, counted, plain, rash_label, site_label, tone_label

SHOWN_MAX = 500
"""So many of the newest pictures are offered by hand, or drawn from by filter."""

FILTER, HAND = "By filter", "By hand"


def ask_pictures(repository: Repository, person: str, seed: int) -> list[Generation]:
    """The drawn pictures of the study."""
    way = st.segmented_control(
        "Pictures", [FILTER, HAND], default=FILTER, key="study_form_way", required=True
    )
    return _by_hand(repository, person) if way == HAND else _by_filter(repository, person, seed)


def _by_filter(repository: Repository, person: str, seed: int) -> list[Generation]:
    words = load_vocabulary()
    left, middle, right, last = st.columns(4)
    rashes = left.multiselect("Rash", list(words.rashes), format_func=rash_label, key="study_form_rash")
    sites = middle.multiselect("Body site", list(words.sites), format_func=site_label, key="study_form_site")
    asked = (*words.tones, *repository.generations.asked_for("tone", list(words.monk_tones)))
    tones = right.multiselect("Skin tone", asked, format_func=tone_label, key="study_form_tone")
    models = last.multiselect("Model", repository.generations.models_used(), key="study_form_model")
    chosen = HistoryFilter(rashes=tuple(rashes), sites=tuple(sites), tones=tuple(tones), models=tuple(models))
    found = _found(repository, chosen, person)
    if not found:
        st.caption("No picture passes this filter.")
        return []
    most = st.number_input(
        f"How many of the {len(found)} that pass",
        1,
        len(found),
        min(50, len(found)),
        key=f"study_form_most_{len(found)}",
    )
    return random.Random(seed).sample(found, int(most))


def _by_hand(repository: Repository, person: str) -> list[Generation]:
    found = {picture.id: picture for picture in _found(repository, HistoryFilter(), person)}
    chosen = st.multiselect(
        "Choose pictures",
        list(found),
        format_func=lambda id: f"{id}: {attributes_line(found[id].recipe)}, seed {found[id].recipe.seed}",
        key="study_form_hand",
    )
    for row in range(0, len(chosen), 8):
        for column, id in zip(st.columns(8), chosen[row : row + 8], strict=False):
            column.image(found[id].thumbnail_path, alt=attributes_line(found[id].recipe))
    return [found[id] for id in chosen]


def _found(repository: Repository, chosen: HistoryFilter, person: str) -> list[Generation]:
    found: list[Generation] = []
    after = None
    while len(found) < SHOWN_MAX:
        page = repository.generations.page(chosen, Order.NEWEST, person, after=after, limit=100)
        found += page.items
        after = page.next
        if after is None:
            break
    return found[:SHOWN_MAX]


def ask_photographs(settings: Settings, pictures: int, seed: int) -> list[StudyPhotograph]:
    """Real photographs of which rash, site and tone are known, chosen by the seed."""
    datasets = {manifest.name: folder for folder, manifest in list_datasets(settings.datasets)}
    if not datasets:
        st.caption("Without a prepared dataset the study shows drawn pictures alone (see Datasets).")
        return []
    left, right = st.columns(2)
    name = left.selectbox(
        "Mix with photographs of",
        list(datasets),
        index=None,
        placeholder="No photographs",
        format_func=plain,
        key="study_form_set",
    )
    if name is None:
        return []
    known = _known_photographs(settings.datasets, datasets[name])
    if not known:
        left.caption("Of no photograph there rash, site and tone are all known; see Caption studio.")
        return []
    count = right.number_input(
        f"How many of {counted(len(known), 'photograph')}", 1, len(known), min(max(pictures, 1), len(known)),
        key=f"study_form_photographs_{name}",
    )  # fmt: skip
    return random.Random(seed).sample(known, int(count))


def _known_photographs(datasets: Path, folder: Path) -> list[StudyPhotograph]:
    found = []
    for p in view_dataset(folder).dataset.photographs:
        known = p.attributes
        if p.usable and known.rash and known.sites and known.tone:
            path = (folder / p.image).relative_to(datasets).as_posix()
            found.append(StudyPhotograph(path, known.rash, known.sites, known.tone, p.width, p.height))
    return found
