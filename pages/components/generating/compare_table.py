"""The latest comparison of a person as a table of pictures: progress, cells, retry, the sheet to download."""

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st

from core.drawing.comparisons import MARK, Comparison, read_comparison, value_of
from core.drawing.sheets import Sheet, encode_sheet
from core.jobs import Job, JobState
from core.provenance.outgoing import for_library
from db.id_ranges import in_words
from db.records import Generation
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.generating.compare_form import axis_labels, comparison_title
from pages.components.generating.orders import ACTIVE
from pages.components.generating.progress import show_progress
from pages.components.library.gallery import open_picture
from pages.components.library.withheld import any_withheld, show_withheld
from pages.components.picture import is_readable, show_thumbnail
from pages.components.resources import Resources
from pages.components.wording import counted, encoder_line, plain, value_label

CELL_WIDTH = 112
HEADING = "compare_heading"
"""Begins the keys of what stays in view at the left edge."""

Drawn = dict[int, Generation]
"""Pictures that are there and not deleted, by the id of their job."""


def latest_jobs(resources: Resources, user: str) -> list[Job]:
    """Jobs of the newest comparison, row by row; empty before the first one."""
    jobs = resources.repository.jobs
    request_id = jobs.latest_request(user, MARK)
    return [] if request_id is None else jobs.of_request(request_id, user)


def is_under_way(jobs: list[Job]) -> bool:
    """True while a picture waits or is drawn."""
    return any(job.state in ACTIVE for job in jobs)


def show_comparison(resources: Resources, user: str, jobs: list[Job]) -> None:
    """Heading, what is under way, and the table; teaches where there is none yet."""
    if not jobs:
        _show_empty()
        return
    if any_withheld(resources.repository, user, jobs):
        show_withheld(resources.repository, user)
        return
    request_id = jobs[0].request_id
    comparison = read_comparison(request_id, [job.recipe for job in jobs])
    drawn = _drawn(resources, user, jobs)
    _show_heading(resources, user, comparison, jobs, drawn)
    show_progress(resources, user, lambda: (request_id,))
    _show_table(resources, user, comparison, jobs, drawn)


def _show_empty() -> None:
    with st.container(border=True, horizontal_alignment="center", key="compare_empty"):
        st.markdown("#### Your comparison will appear here", text_alignment="center")
        st.caption(
            "Choose what the rows and the columns stand for, for example rash and skin tone, and press Draw. "
            "Every picture starts from the same seed, so that what differs is what you asked to differ. "
            "The table stays here until you draw the next one; its pictures are kept in History.",
            text_alignment="center",
        )


def _drawn(resources: Resources, user: str, jobs: list[Job]) -> Drawn:
    get = resources.repository.generations.get
    found = {job.id: get(job.generation_id, user) for job in jobs if job.generation_id is not None}
    return {key: generation for key, generation in found.items() if generation.deleted_at is None}


def _show_heading(
    resources: Resources, user: str, comparison: Comparison, jobs: list[Job], drawn: Drawn
) -> None:
    """Title, what all pictures share, and what can be done with the whole table."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.markdown(f"#### {plain(comparison_title(comparison))}")
            st.caption(f"{plain(_shared_line(jobs[0]))} · {len(drawn)} of {len(jobs)} drawn")
        with st.container(horizontal=True, width="content"):
            _show_retry_all(resources, user, jobs)
            _show_download(resources.repository, user, comparison, jobs, drawn)


def _shared_line(job: Job) -> str:
    recipe = job.recipe
    settings = f"{recipe.num_inference_steps} steps · guidance {recipe.guidance_scale:g} · {recipe.scheduler}"
    model = " with ".join(filter(None, (PurePath(recipe.model).name, encoder_line(recipe))))
    return f"Seed {recipe.seed} · {model} · {settings}"


def _show_download(
    repository: Repository, user: str, comparison: Comparison, jobs: list[Job], drawn: Drawn
) -> None:
    """The sheet is made when the button is pressed; it needs every picture."""
    complete = len(drawn) == len(jobs) and all(is_readable(one.image_path) for one in drawn.values())
    pictures = [drawn[job.id] for job in jobs] if complete else []
    sheet = Sheet(
        title=comparison_title(comparison),
        note=_shared_line(jobs[0]),
        rows=axis_labels(comparison.rows),
        columns=axis_labels(comparison.columns),
        pictures=tuple(one.image_path for one in pictures),
    )
    st.download_button(
        "Download sheet",
        data=_leaving(repository, user, sheet, [one.id for one in pictures]),
        file_name=f"script2skin-{comparison.rows.kind}-by-{comparison.columns.kind}.png",
        mime="image/png",
        icon=":material/download:",
        on_click="ignore",
        disabled=not complete,
        help="The whole table as one labelled picture, with all recipes in the file. Needs every picture.",
        key="compare_download",
    )


def _leaving(repository: Repository, user: str, sheet: Sheet, ids: list[int]) -> Callable[[], bytes]:
    """Makes the sheet as it leaves, signed and marked, and writes down that it was handed out."""

    def make() -> bytes:
        content = encode_sheet(sheet, for_library(repository.library))
        repository.audit.exported(user, "comparison sheet", f"pictures {in_words(ids)}")
        return content

    return make


def _show_retry_all(resources: Resources, user: str, jobs: list[Job]) -> None:
    missing = [job for job in jobs if job.state in (JobState.FAILED, JobState.CANCELLED)]
    if len(missing) > 1 and st.button(
        f"Draw the {counted(len(missing), 'missing picture')}",
        icon=":material/refresh:",
        key="compare_retry_all",
    ):
        _retry(resources, user, missing)


def _retry(resources: Resources, user: str, jobs: list[Job]) -> None:
    with errors_shown():
        for job in jobs:
            resources.repository.jobs.retry(job.id, user)
        resources.worker.wake()
        st.rerun()


def _show_table(
    resources: Resources, user: str, comparison: Comparison, jobs: list[Job], drawn: Drawn
) -> None:
    """A heading row, then each row with its heading; on a small screen the table scrolls sideways, and the
    headings of the rows stay (look.py)."""
    rows, columns = comparison.rows, comparison.columns
    place = {(value_of(j.recipe, rows.kind), value_of(j.recipe, columns.kind)): j for j in jobs}
    width = len(columns.values) + 1
    with st.grid(width, min_column_width=CELL_WIDTH, wrap=False, gap="xsmall", key="compare_table") as grid:
        grid.cell().container(key=f"{HEADING}_corner").empty()
        for column in columns.values:
            grid.cell().markdown(f"**{plain(value_label(columns.kind, column))}**")
        for number, row in enumerate(rows.values):
            heading = grid.cell().container(key=f"{HEADING}_{number}")
            heading.markdown(f"**{plain(value_label(rows.kind, row))}**")
            for column in columns.values:
                with grid.cell(), errors_shown():
                    name = f"{value_label(rows.kind, row)}, {value_label(columns.kind, column)}"
                    _show_cell(resources, user, place[row, column], drawn, name)


def _show_cell(resources: Resources, user: str, job: Job, drawn: Drawn, name: str) -> None:
    if (generation := drawn.get(job.id)) is not None:
        with st.container(gap="xsmall"):
            show_thumbnail(generation.thumbnail_path, generation.image_path, generation.recipe)
            key, args = f"compare_open_{job.id}", (generation.id,)
            st.button(plain(name), key=key, type="tertiary", on_click=open_picture, args=args, wrap=True)
    elif job.state in ACTIVE:
        _show_words(":material/hourglass_empty: Not drawn yet")
    elif job.state is JobState.DONE:
        _show_words(":material/delete: Deleted. History can bring it back for 30 days.")
    else:
        _show_unfinished(resources, user, job, name)


def _show_words(words: str) -> None:
    with st.container(border=True, height="content", vertical_alignment="center"):
        st.caption(words)


def _show_unfinished(resources: Resources, user: str, job: Job, name: str) -> None:
    """Why there is no picture, and the way to one."""
    cancelled = job.state is JobState.CANCELLED
    with st.container(border=True, gap="xsmall"):
        if cancelled:
            st.caption(":material/cancel: Cancelled")
        else:
            st.caption(f":red[:material/error: {plain(job.message) or 'Drawing failed.'}]")
        label, words = ("Draw" if cancelled else "Retry"), f"Draws {name} again with the same recipe."
        if st.button(label, icon=":material/refresh:", help=words, key=f"compare_retry_{job.id}"):
            _retry(resources, user, [job])
