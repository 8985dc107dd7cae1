"""Start pictures of recipes that were drawn: shown beside the result, taken up again, given again."""

from collections.abc import Sequence

import streamlit as st

from core.drawing.phantom_starts import find_phantom, phantom_of, prepare_phantom
from core.drawing.starts import StartKind, StartPicture, find_start, read_start, with_start
from core.language.vocabulary import load_vocabulary
from core.recipes import Recipe
from db.records import Generation
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.generating import start_form, start_upload
from pages.components.picture import is_readable
from pages.components.wording import plain


def start_words(recipe: Recipe) -> str:
    """What a recipe starts from: "Clear-skin phantom: Foot, Brown skin" or "Photograph", with its hash."""
    phantom = phantom_of(recipe)
    words = "Photograph" if phantom is None else start_form.phantom_words(phantom)
    return f"{words} ({(recipe.start_hash or '')[:8]})"


def show_start(repository: Repository, user: str, generation: Generation) -> None:
    """Draws the start picture of a drawing, or says that it was not kept."""
    recipe = generation.recipe
    if recipe.start_hash is None:
        return
    found = find_start(repository.library, recipe.start_hash)
    with st.container(horizontal=True, vertical_alignment="center", key="detail_start"):
        if found is not None and is_readable(found[1]):
            with st.container(width=132):
                alt = f"Start picture. {start_words(recipe)}"
                st.image(found[1], alt=alt, width="stretch", output_format="PNG")
        with st.container(width="stretch", gap="xsmall"):
            st.caption(f"**Started from** {plain(start_words(recipe))}  \nStrength {recipe.strength:g}")
            if found is None:
                st.caption("The photograph was not kept.")
            elif found[0] is not StartKind.PHANTOM:
                _show_forget(repository, user, generation, recipe.start_hash)


def _show_forget(repository: Repository, user: str, generation: Generation, start_hash: str) -> None:
    """Whoever said "keep" can take it back; the picture drawn from it stays."""
    if generation.owner != user:
        return
    if st.button(
        "Delete the photograph",
        icon=":material/delete:",
        type="tertiary",
        help="Removes the start photograph from the library for good. The pictures drawn from it stay.",
        key="detail_forget_start",
    ):
        with errors_shown():
            repository.starts.forget(start_hash, user)
            st.rerun(scope="app")


def reuse_start(repository: Repository, recipe: Recipe) -> None:
    """Puts a recipe's start into the form; a photograph that was not kept is asked for again."""
    state = st.session_state
    start_upload.remove_photograph()
    state[start_form.MODE] = start_form.NOISE
    if recipe.start_hash is None or recipe.strength is None:
        return
    state[start_form.STRENGTH] = float(recipe.strength)
    if (phantom := phantom_of(recipe)) is not None:
        state[start_form.MODE] = start_form.PHANTOM
        state[start_form.SITE], state[start_form.TONE] = phantom.site, phantom.tone
        asked = recipe.sites[0] if recipe.sites else None, load_vocabulary().named_tone_key(recipe.tone)
        state[start_form.FOLLOWED] = asked
        return
    state[start_form.MODE], state[start_upload.WANTED] = start_form.UPLOAD, recipe.start_hash
    found = find_start(repository.library, recipe.start_hash)
    if found is not None and (image := read_start(repository.library, recipe)) is not None:
        start_upload.hold_photograph(image)
        state[start_upload.KEEP] = found[0] is StartKind.KEPT


def starts_at_hand(recipes: Sequence[Recipe]) -> list[StartPicture]:
    """Start pictures of these recipes that need not be in the library: phantoms, and the photograph that the
    form still holds."""
    found: dict[str, StartPicture] = {}
    for recipe in recipes:
        if recipe.start_hash is not None and recipe.start_hash not in found:
            picture = _at_hand(recipe)
            if picture is not None and picture.sha256 == recipe.start_hash:
                found[recipe.start_hash] = picture
    return list(found.values())


def _at_hand(recipe: Recipe) -> StartPicture | None:
    if (phantom := phantom_of(recipe)) is not None:
        return prepare_phantom(phantom, recipe.width, recipe.height)
    return start_upload.photograph_at_hand(recipe.width, recipe.height)


def in_own_tone(recipe: Recipe, original: Recipe) -> Recipe:
    """The recipe, starting from the phantom of its own tone where the original started from one.

    A photograph has one tone only: it stays.
    """
    phantom = phantom_of(original)
    if phantom is None or recipe.strength is None:
        return recipe
    own = find_phantom(phantom.site, recipe.tone) or phantom
    return with_start(recipe, prepare_phantom(own, recipe.width, recipe.height), recipe.strength)
