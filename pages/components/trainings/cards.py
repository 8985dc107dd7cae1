"""All trainings, the latest first: how each stands, what it reached, and where it leads."""

from collections.abc import Sequence

import streamlit as st

from core.trainings.endings import last_lines, reason_of
from core.trainings.runs import RunState, TrainingRun
from core.trainings.starts import delete_run, resume, second_words
from pages.components.errors import errors_shown
from pages.components.resources import Resources
from pages.components.trainings.leads import is_candidate, show_lead
from pages.components.trainings.progress import KIND_WORDS
from pages.components.trainings.results import show_result, wish_line
from pages.components.wording import moment_line, plain

DONE = "training_done"
SHOWN = 8
BADGES = {
    RunState.RUNNING: ("green", "Training"),
    RunState.STOPPING: ("green", "Stopping"),
    RunState.STOPPED: ("gray", "Stopped"),
    RunState.FAILED: ("orange", "Ended early"),
    RunState.FINISHED: ("blue", "Finished"),
    RunState.OPEN: ("gray", "Not finished"),
}


def show_runs(resources: Resources, person: str, runs: Sequence[TrainingRun]) -> None:
    """A card for each; older ones on demand."""
    st.markdown("### Runs")
    if done := st.session_state.pop(DONE, None):
        st.success(plain(done), icon=":material/check:")
    running = next((run for run in runs if run.is_under_way), None)
    shown = len(runs)
    if shown > SHOWN and not st.toggle(f"Show all {len(runs):,} runs", key="training_all"):
        shown = SHOWN
    for run in runs[:shown]:
        with st.container(border=True, key=f"training_run_{run.name}"), errors_shown():
            _show(resources, person, run, running)


def _show(resources: Resources, person: str, run: TrainingRun, running: TrainingRun | None) -> None:
    colour, word = BADGES[run.state]
    by = f" by {plain(run.command.by)}" if run.command else " on the command line"
    st.markdown(
        f"**{plain(run.name)}** :{colour}-badge[{word}]  \n"
        f"{KIND_WORDS[run.kind]} · {plain(wish_line(run))}  \nBegun {moment_line(run.begun_at)}{by}"
    )
    if run.is_under_way:
        return
    _show_ending(run)
    with st.container(horizontal=True):
        if run.state is RunState.FINISHED:
            show_lead(resources, person, run)
        _ask_resume(resources, person, run, running)
        _ask_delete(resources, person, run)
    if run.state is RunState.FINISHED:
        with st.expander("What it reached", icon=":material/monitoring:", type="compact"):
            show_result(run)


def _show_ending(run: TrainingRun) -> None:
    """Why a run that has not finished ended, and what is there to go on from."""
    if run.state is RunState.STOPPED:
        by = plain(run.command.stopped_by) if run.command else ""
        st.caption(f"Stopped {moment_line(run.changed_at)} by {by}.")
    elif run.state is RunState.OPEN:
        st.caption(
            f"Last step {moment_line(run.changed_at)}. The command that began it goes on with it; whether it "
            "is at work is not known here."
        )
    elif run.state is RunState.FAILED:
        kept = "" if run.has_checkpoint else " There is no checkpoint yet, so resuming begins anew."
        st.error(plain(reason_of(run)) + kept, icon=":material/error:")
        if said := last_lines(run):
            with st.expander("What it said last", icon=":material/subject:", type="compact"):
                st.code(said, language=None, wrap_lines=True)


def _ask_resume(resources: Resources, person: str, run: TrainingRun, running: TrainingRun | None) -> None:
    if run.state not in (RunState.STOPPED, RunState.FAILED):
        return
    if st.button(
        "Resume",
        icon=":material/replay:",
        type="primary",
        disabled=running is not None,
        help=plain(second_words(running)) if running else None,
        key=f"training_resume_{run.name}",
    ):
        with errors_shown():
            resume(resources.settings.runs, run, person)
            st.rerun()


def _ask_delete(resources: Resources, person: str, run: TrainingRun) -> None:
    if is_candidate(resources, run):
        st.button(
            "Delete",
            icon=":material/delete:",
            disabled=True,
            key=f"training_kept_{run.name}",
            help="Its text encoder is a candidate on the page Models. Take it off that list first.",
        )
        return
    with st.popover("Delete", icon=":material/delete:", key=f"training_delete_{run.name}"):
        st.markdown(
            f"Deletes the folder of **{plain(run.name)}**: checkpoint, curves and result. Pictures drawn "
            "with it stay, but can't be drawn again. This can't be undone."
        )
        if st.button("Delete for good", type="primary", key=f"training_gone_{run.name}", width="stretch"):
            with errors_shown():
                delete_run(run, person)
                st.session_state[DONE] = f"“{run.name}” is deleted."
                st.rerun()
