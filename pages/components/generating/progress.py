"""Pictures under way: place in the queue, steps, the forming preview, Cancel. Polls while needed."""

from collections.abc import Callable, Sequence
from time import monotonic

import streamlit as st

from core.drawing.preview_files import preview_path
from core.jobs import Job, JobState
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.generating.orders import ACTIVE
from pages.components.picture import show_preview
from pages.components.resources import Resources
from pages.components.wording import attributes_line, counted, duration, plain

POLL_SECONDS = 0.5
LOADING_SECONDS = 1.5
"""While a model loads there is nothing to see, and each look takes time from the loading."""

PACE = "progress_pace"
PACE_SECONDS = 1.0
"""Steps are watched for so long before a time left is named."""


Requests = Callable[[], Sequence[str]]
"""Asks which requests are in view, newest first: another order may join while the page is open."""


def active_jobs(resources: Resources, user: str, requests: Requests) -> list[Job]:
    """The user's waiting and running jobs among the requests in view, in the order they were asked for."""
    of_request = resources.repository.jobs.of_request
    jobs = (job for request in reversed(requests()) for job in of_request(request, user))
    return [job for job in jobs if job.state in ACTIVE]


def show_progress(resources: Resources, user: str, requests: Requests) -> None:
    """Draws what is under way and follows it; nothing is polled while nothing is."""
    jobs = active_jobs(resources, user, requests)
    if jobs:
        seconds = POLL_SECONDS if any(job.step for job in jobs) else LOADING_SECONDS
        st.fragment(_follow, run_every=seconds)(resources, user, requests, _stage(jobs))


def _stage(jobs: list[Job]) -> tuple[tuple[int, ...], bool]:
    """Which jobs are under way, and whether one of them has taken a step."""
    return tuple(job.id for job in jobs), any(job.step for job in jobs)


def _follow(resources: Resources, user: str, requests: Requests, drawn: tuple[tuple[int, ...], bool]) -> None:
    """One look at the queue. When a job ended or took its first step, the whole page is drawn again."""
    with errors_shown():
        jobs = active_jobs(resources, user, requests)
        if _stage(jobs) != drawn:
            st.rerun()
        running = [job for job in jobs if job.state is JobState.RUNNING]
        waiting = [job for job in jobs if job.state is JobState.QUEUED]
        with st.container(border=True, key="progress"):
            for job in running:
                _show_running(resources, user, job)
            if waiting:
                _show_waiting(resources.repository, user, waiting)


def _show_running(resources: Resources, user: str, job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(width=168):
            show_preview(preview_path(resources.settings.library, job.id), "The picture will form here.")
        with st.container(width="stretch", gap="small"):
            st.markdown(f"**{plain(attributes_line(job.recipe))}**")
            st.progress(job.step / job.total_steps if job.total_steps else 0.0, text=progress_line(job))
            with st.container(horizontal=True):
                _show_cancel(resources.repository, user, [job], "Cancel", f"cancel_{job.id}")


def progress_line(job: Job) -> str:
    """What is happening now, in one line."""
    if job.cancel_requested:
        return "Cancelling after this step …"
    if not job.step:
        return (job.message or "Starting ...").replace("...", "…")
    left = seconds_left(job)
    return f"Step {job.step} of {job.total_steps}" + (f" · about {duration(left)} left" if left else "")


def seconds_left(job: Job) -> float | None:
    """Extrapolates from the steps seen since this session first saw the job; None until the pace is known."""
    paces: dict[int, tuple[int, float]] = st.session_state.setdefault(PACE, {})
    first_step, first_seen = paces.setdefault(job.id, (job.step, monotonic()))
    seconds = monotonic() - first_seen
    if job.step <= first_step or seconds < PACE_SECONDS:
        return None
    return seconds / (job.step - first_step) * (job.total_steps - job.step)


def _show_waiting(repository: Repository, user: str, waiting: list[Job]) -> None:
    place = repository.jobs.place(waiting[0].id)
    where = f", place {place} in the queue" if place and place > 1 else ", next in the queue" if place else ""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f":material/schedule: {counted(len(waiting), 'picture')} waiting{where}", width="content")
        label = "Cancel waiting" if len(waiting) > 1 else "Cancel"
        _show_cancel(repository, user, waiting, label, f"cancel_waiting_{waiting[0].id}")


def _show_cancel(repository: Repository, user: str, jobs: list[Job], label: str, key: str) -> None:
    stopping = all(job.cancel_requested for job in jobs)
    if st.button(label, icon=":material/close:", key=key, disabled=stopping):
        for job in jobs:
            repository.jobs.cancel(job.id, user)
        st.rerun()
