"""Finished pictures of the requests in view, each with what can be done with it."""

from collections.abc import Callable

import streamlit as st

from core.jobs import Job, JobState
from core.recipes import Recipe
from db.records import Generation
from pages.components.errors import errors_shown
from pages.components.generating.orders import (
    NOTES,
    is_across_tones,
    order_across_tones,
    order_again,
    order_new_seed,
    put_away,
    shown_requests,
)
from pages.components.leaving import show_download
from pages.components.library.measured import measured_words
from pages.components.library.withheld import any_withheld, show_withheld
from pages.components.picture import show_picture
from pages.components.resources import Resources
from pages.components.reviewing.rating import show_rating_popover
from pages.components.wording import attributes_line, duration, plain, tone_label


def show_results(resources: Resources, user: str) -> None:
    """Draws every request in view, the newest first; teaches where there is none."""
    requests = shown_requests(resources, user)
    if not requests:
        _show_empty()
    hidden = False
    for request_id in requests:
        with errors_shown():
            hidden |= not _show_request(resources, user, request_id)
    if hidden:
        show_withheld(resources.repository, user)


def _show_empty() -> None:
    with st.container(border=True, horizontal_alignment="center", key="results_empty"):
        st.markdown("#### Your pictures will appear here", text_alignment="center")
        st.caption(
            "Choose a rash, a body site and a skin tone, read the caption, and press Generate. "
            "Every picture is kept in History with its recipe.",
            text_alignment="center",
        )


def _show_request(resources: Resources, user: str, request_id: str) -> bool:
    """False where a study hides its pictures from the user."""
    jobs = resources.repository.jobs.of_request(request_id, user)
    ended = [job for job in jobs if job.state not in (JobState.QUEUED, JobState.RUNNING)]
    if not ended:
        return True
    if any_withheld(resources.repository, user, ended):
        return False
    tones = is_across_tones(jobs)
    _show_heading(request_id, jobs[0].recipe, tones)
    with st.grid(
        len(jobs) if tones else 4,
        min_column_width=128 if tones else 220,
        wrap=not tones,
        gap="xsmall" if tones else "small",
    ) as grid:
        for job in ended:
            with grid.cell(), errors_shown():
                _show_ended(resources, user, job, tones)
    return True


def _show_heading(request_id: str, recipe: Recipe, tones: bool) -> None:
    """The request's caption and the notes on how it was read."""
    title = "Across skin tones" if tones else attributes_line(recipe)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"#### {plain(title)}", width="content")
        st.button(
            "Put away",
            icon=":material/close:",
            type="tertiary",
            help="Takes these pictures out of view. They stay in History.",
            on_click=put_away,
            args=(request_id,),
            key=f"put_away_{request_id}",
        )
    for note in st.session_state.get(NOTES, {}).get(request_id, ()):
        st.caption(plain(note))


def _show_ended(resources: Resources, user: str, job: Job, tones: bool) -> None:
    if job.state is JobState.DONE and job.generation_id is not None:
        generation = resources.repository.generations.get(job.generation_id, user)
        if generation.deleted_at is None:
            _show_card(resources, user, generation, tones)
        else:
            st.caption("Deleted. History can bring it back for 30 days.")
        return
    _show_unfinished(resources, user, job)


def _show_card(resources: Resources, user: str, generation: Generation, tones: bool) -> None:
    recipe = generation.recipe
    with st.container(gap="xsmall"):
        shown = show_picture(generation.image_path, recipe)
        measured = measured_words(resources.repository.readings.of([generation.id]).get(generation.id))
        if tones:
            st.markdown(f"**{plain(tone_label(recipe.tone))}**")
            st.caption(measured)
        else:
            started = "" if recipe.strength is None else f"strength {recipe.strength:g}"
            known = (f"Seed {recipe.seed}", started, duration(generation.seconds), measured)
            st.caption(" · ".join(filter(None, known)))
        with st.grid(1 if tones else 2, min_column_width=96, gap="xsmall"):
            show_rating_popover(resources.repository, generation, user, "result")
            show_download(resources.repository, user, generation, shown, f"download_{generation.id}")
        if not tones:
            _show_further(resources, user, generation)


def _show_further(resources: Resources, user: str, generation: Generation) -> None:
    recipe = generation.recipe
    with st.container(horizontal=True, gap="small"):
        _show_order(
            "New seed",
            ":material/casino:",
            "Draws the same recipe with another seed.",
            generation,
            lambda: order_new_seed(resources, user, recipe),
        )
        _show_order(
            "Across skin tones",
            ":material/palette:",
            "Draws the same recipe and seed in every skin tone of its scale, in one row.",
            generation,
            lambda: order_across_tones(resources, user, recipe),
        )


def _show_order(label: str, icon: str, words: str, generation: Generation, order: Callable[[], str]) -> None:
    key = f"{label.lower().replace(' ', '_')}_{generation.id}"
    if st.button(label, icon=icon, help=words, type="tertiary", key=key):
        with errors_shown():
            order()
            st.rerun()


def _show_unfinished(resources: Resources, user: str, job: Job) -> None:
    with st.container(border=True):
        if job.state is JobState.CANCELLED:
            st.caption(":material/cancel: Cancelled. Nothing was kept.")
            label = "Draw it after all"
        else:
            st.error(plain(job.message) or "Drawing failed.", icon=":material/error:")
            label = "Retry"
        if st.button(label, icon=":material/refresh:", width="stretch", key=f"retry_{job.id}"):
            with errors_shown():
                order_again(resources, user, job)
                st.rerun()
