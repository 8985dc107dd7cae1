"""What was found out about a dropped picture: answer, reasons, recipe, and where it stands in History."""

import streamlit as st
from PIL import Image

from core.errors import ImageFileError
from core.provenance.answers import Form, Standing, Verdict
from core.provenance.documents import dicom_picture
from core.provenance.pixels import picture_in
from core.verify import place_of, signature_words
from db.records import Generation
from db.repository import Repository
from pages.components.library.gallery import open_picture
from pages.components.wording import attributes_line, counted, moment_line, plain

SHOWN_MAX = 2048
ENTRIES_MAX, ENTRIES_SHOWN = 48, 3
"""Of a sheet: pictures that are looked for in History, and those of them that are shown."""


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
    if verdict.pictures:
        _show_pictures(verdict)
    if verdict.recipe is not None:
        st.subheader("Recipe" if verdict.standing is Standing.INTACT else "Recipe as the file has it")
        st.markdown(f"“{plain(verdict.recipe.prompt)}”")
        with st.expander("All settings"):
            st.json(verdict.recipe.to_dict())


def _show_pictures(verdict: Verdict) -> None:
    """What a sheet is made of, one row a picture."""
    pictures, whole = verdict.pictures, verdict.standing is Standing.INTACT
    st.subheader("Its pictures" if whole else "Its pictures as the file has them")
    told = ((place_of(one), one.recipe.prompt, one.recipe.seed) for one in pictures)
    rows = [{"Place": place, "Prompt": prompt, "Seed": seed} for place, prompt, seed in told]
    st.dataframe(rows, hide_index=True, width="stretch")
    with st.expander("All settings"):
        st.json([one.recipe.to_dict() for one in pictures], expanded=1)


def show_entries(repository: Repository, user: str, verdict: Verdict, content: bytes) -> None:
    """The dropped picture, and its entries in History if it was drawn here."""
    _show_dropped(content, verdict.form)
    if verdict.pictures:
        _show_sheets_entries(repository, user, verdict)
        return
    pixels = verdict.source or (f"{verdict.code:08x}" if verdict.code is not None else None)
    if pixels is None:
        return
    found = repository.generations.drawn_as(pixels, user)
    if not found:
        st.caption("It is not in this library's History.")
    for generation in found:
        _show_entry(generation)


def _show_sheets_entries(repository: Repository, user: str, verdict: Verdict) -> None:
    """Those of a sheet's pictures that are here, the first of them to be opened."""
    found = [
        generation
        for one in verdict.pictures[:ENTRIES_MAX]
        for generation in repository.generations.drawn_as(one.source, user)
    ]
    looked_for = min(len(verdict.pictures), ENTRIES_MAX)
    here = len({generation.id for generation in found})
    st.caption(f"{here} of {counted(looked_for, 'picture')} looked for stand in this library's History.")
    for generation in found[:ENTRIES_SHOWN]:
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


def _show_dropped(content: bytes, form: Form) -> None:
    """Pillow's own copy: a damaged file shows nothing, a huge one is neither decoded nor sent anywhere."""
    if form is Form.PDF:
        st.caption(":material/picture_as_pdf: A PDF file is examined, not shown.")
        return
    try:
        image = dicom_picture(content) if form is Form.DICOM else picture_in(content)
    except ImageFileError:
        image = None
    if image is None:
        st.caption(":material/broken_image: This file can't be shown.")
        return
    image.thumbnail((SHOWN_MAX, SHOWN_MAX), Image.Resampling.LANCZOS)
    st.image(image, alt="The dropped picture", width="stretch", output_format="PNG")
