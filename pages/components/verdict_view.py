"""What was found out about a dropped picture: answer, reasons, recipe, and where it stands in History."""

from io import BytesIO

import streamlit as st
from PIL import Image

from core.provenance.verdict import Standing, Verdict
from core.verify import signature_words
from db.records import Generation
from db.repository import Repository
from pages.components.gallery import open_picture
from pages.components.wording import attributes_line, moment_line, plain

SHOWN_MAX = 2048


def show_verdict(verdict: Verdict) -> None:
    """The headline in its colour, then each finding, the signature and the recipe."""
    shown = {
        Standing.INTACT: (st.success, ":material/verified:"),
        Standing.ALTERED: (st.error, ":material/warning:"),
        Standing.MARKED: (st.warning, ":material/water_drop:"),
        Standing.UNKNOWN: (st.info, ":material/help:"),
    }
    draw, icon = shown[verdict.standing]
    draw(verdict.headline, icon=icon)
    if verdict.findings:
        st.markdown("\n".join(f"- {plain(finding)}" for finding in verdict.findings))
    if verdict.standing in (Standing.INTACT, Standing.ALTERED):
        st.caption(plain(signature_words(verdict)))
    if verdict.code is not None:
        st.caption(f"The invisible mark was read: {verdict.code:08x}")
    if verdict.recipe is not None:
        st.subheader("Recipe" if verdict.standing is Standing.INTACT else "Recipe as the file has it")
        st.markdown(f"“{plain(verdict.recipe.prompt)}”")
        with st.expander("All settings"):
            st.json(verdict.recipe.to_dict())


def show_entries(repository: Repository, user: str, verdict: Verdict, content: bytes) -> None:
    """The dropped picture, and its entries in History if it was drawn here."""
    _show_dropped(content)
    pixels = verdict.source or (f"{verdict.code:08x}" if verdict.code is not None else None)
    if pixels is None:
        return
    found = repository.generations.drawn_as(pixels, user)
    if not found:
        st.caption("It is not in this library's History.")
    for generation in found:
        _show_entry(generation)


def _show_entry(generation: Generation) -> None:
    with st.container(border=True):
        st.markdown(f"**In History: picture {generation.id}**")
        drawn = (
            f"{attributes_line(generation.recipe)} · {generation.owner}, {moment_line(generation.created_at)}"
        )
        st.caption(plain(drawn))
        if st.button("Open in History", icon=":material/photo_library:", key=f"verify_open_{generation.id}"):
            open_picture(generation.id)
            st.switch_page("pages/history.py")


def _show_dropped(content: bytes) -> None:
    """Pillow's own copy: a damaged file shows nothing, a huge one is not sent to the browser."""
    try:
        with Image.open(BytesIO(content)) as image:
            image.thumbnail((SHOWN_MAX, SHOWN_MAX))
            st.image(image.convert("RGB"), alt="The dropped picture", width="stretch", output_format="PNG")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        st.caption(":material/broken_image: This file can't be shown.")
