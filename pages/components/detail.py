"""One picture of History: large, with recipe, ratings, and what can be done with it."""

import streamlit as st
from db.repository import Repository

from core.attributes import Attributes
from db.records import Generation
from pages.components.errors import errors_shown
from pages.components.form import prefill
from pages.components.gallery import OPEN, close_picture
from pages.components.picture import show_picture
from pages.components.rating import own_rating, show_rating_sheet, show_ratings
from pages.components.recipe_table import show_recipe
from pages.components.selection import delete_pictures
from pages.components.settings_panel import prefill_settings
from pages.components.wording import plain


def show_open_picture(repository: Repository, user: str) -> None:
    """Opens the marked picture over the page, if one is marked."""
    if OPEN not in st.session_state:
        return
    with errors_shown():
        generation = repository.generations.get(st.session_state[OPEN], user)
        _show_dialog(repository, user, generation.id)


@st.dialog("Picture", width="large", on_dismiss=close_picture)
def _show_dialog(repository: Repository, user: str, generation_id: int) -> None:
    with errors_shown():
        generation = repository.generations.get(generation_id, user)
        left, right = st.columns(2, gap="medium")
        with left:
            shown = show_picture(generation.image_path, generation.recipe)
            st.markdown(f"“{plain(generation.recipe.prompt)}”")
            _show_actions(repository, user, generation, shown)
        with right:
            _show_facts(repository, user, generation)


def _show_actions(repository: Repository, user: str, generation: Generation, shown: bool) -> None:
    if st.button(
        "Reuse recipe", icon=":material/replay:", type="primary", width="stretch", key="detail_reuse"
    ):
        reuse(generation)
    if st.button(
        "Remove star" if generation.starred else "Star",
        icon=":material/star:",
        width="stretch",
        key="detail_star",
    ):
        repository.generations.star(generation.id, user, not generation.starred)
        st.rerun(scope="fragment")
    if shown:
        st.download_button(
            "Download",
            data=generation.image_path.read_bytes,
            file_name=f"script2skin-{generation.id}.png",
            mime="image/png",
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
            key="detail_download",
        )
    if generation.owner != user:
        st.caption(f"Only {plain(generation.owner)} can delete this picture.")
    elif st.button("Delete", icon=":material/delete:", width="stretch", key="detail_delete"):
        close_picture()
        delete_pictures(repository, user, [generation.id])


def _show_facts(repository: Repository, user: str, generation: Generation) -> None:
    recipe, ratings, own = st.tabs(["Recipe", "Ratings", "Rate"])
    with recipe:
        show_recipe(generation)
    with ratings:
        show_ratings(repository.ratings.of(generation.id))
    with own:
        show_rating_sheet(repository, generation, user, "detail", own_rating(repository, generation.id, user))


def reuse(generation: Generation) -> None:
    """Takes the recipe to Generate, seed included."""
    recipe = generation.recipe
    prefill(Attributes(recipe.rash, recipe.sites, recipe.tone), recipe.caption, recipe.prompt)
    prefill_settings(recipe)
    close_picture()
    st.switch_page("pages/generate.py")
