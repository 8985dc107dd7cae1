"""One picture of History: large, with recipe, ratings, and what can be done with it."""

import streamlit as st

from core.roles import Capability
from db.records import Generation
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.generating.form import prefill
from pages.components.generating.settings_panel import prefill_settings
from pages.components.generating.start_view import reuse_start, show_start
from pages.components.leaving import show_download
from pages.components.library.gallery import OPEN, close_picture
from pages.components.library.recipe_table import show_recipe
from pages.components.library.selection import delete_pictures
from pages.components.people import may
from pages.components.picture import show_picture
from pages.components.reviewing.rating import own_rating, show_rating_sheet, show_ratings
from pages.components.wording import attributes_line, plain


def show_open_picture(repository: Repository, user: str) -> None:
    """Opens the marked picture over the page, if one is marked."""
    if OPEN not in st.session_state:
        return
    with errors_shown():
        generation = repository.generations.get(st.session_state[OPEN], user)
        title = plain(attributes_line(generation.recipe))
        dialog = st.dialog(title, width="large", on_dismiss=close_picture)
        dialog(_show_picture_of)(repository, user, generation.id)


def _show_picture_of(repository: Repository, user: str, generation_id: int) -> None:
    with errors_shown():
        generation = repository.generations.get(generation_id, user)
        left, right = st.columns([5, 6], gap="medium")
        with left:
            shown = show_picture(generation.image_path, generation.recipe)
            show_start(repository, user, generation)
            st.markdown(f"“{plain(generation.recipe.prompt)}”")
            _show_actions(repository, user, generation, shown)
        with right:
            _show_facts(repository, user, generation)


def _show_actions(repository: Repository, user: str, generation: Generation, shown: bool) -> None:
    if may(Capability.GENERATE) and st.button(
        "Reuse recipe", icon=":material/replay:", type="primary", width="stretch", key="detail_reuse"
    ):
        reuse(repository, generation)
    with st.grid(3, min_column_width=120, gap="xsmall"):
        _show_star(repository, user, generation)
        show_download(repository, user, generation, shown, "detail_download")
        _show_delete(repository, user, generation)


def _show_star(repository: Repository, user: str, generation: Generation) -> None:
    st.button(
        "Remove star" if generation.starred else "Star",
        icon=":material/star:",
        width="stretch",
        on_click=repository.generations.star,
        args=(generation.id, user, not generation.starred),
        key="detail_star",
    )


def _show_delete(repository: Repository, user: str, generation: Generation) -> None:
    """The owner's and admins'; the tooltip says why it is switched off for others."""
    mine = generation.owner == user or may(Capability.ADMINISTER)
    words = (
        "It can be brought back for 30 days." if mine else f"Only {plain(generation.owner)} may delete it."
    )
    if st.button(
        "Delete",
        icon=":material/delete:",
        width="stretch",
        key="detail_delete",
        disabled=not mine,
        help=words,
    ):
        close_picture()
        delete_pictures(repository, user, [generation.id])


def _show_facts(repository: Repository, user: str, generation: Generation) -> None:
    sheets = repository.ratings.of(generation.id)
    recipe, ratings, own = st.tabs(["Recipe", f"Ratings ({len(sheets)})", "Rate it"])
    with recipe:
        show_recipe(generation, repository.readings.of([generation.id]).get(generation.id))
    with ratings:
        show_ratings(sheets)
    with own:
        if not may(Capability.RATE):
            st.caption("Your role does not rate pictures.")
            return
        show_rating_sheet(repository, generation, user, "detail", own_rating(repository, generation.id, user))


def reuse(repository: Repository, generation: Generation) -> None:
    """Takes the recipe to Generate, seed and start picture included."""
    recipe = generation.recipe
    prefill(recipe.attributes, recipe.caption, recipe.prompt)
    prefill_settings(recipe)
    reuse_start(repository, recipe)
    close_picture()
    st.switch_page("pages/generate.py")
