"""The training that is under way: how far it is, how long it takes yet, and the way to stop it."""

import re

import streamlit as st

from core import commands
from core.trainings.curves import Phase, TrainingProgress, phase_of, progress_of
from core.trainings.runs import RunState, TrainingRun
from core.trainings.starts import ask_to_stop, stop_now
from core.weights.candidates import Kind
from pages.components.wording import duration, moment_line, plain

POLL_SECONDS = 2.0
KIND_WORDS = {Kind.ENCODER: "Text encoder", Kind.LORA: "LoRA"}
DREW = re.compile(r"Drew (\d+) of (\d+) ")


def show_under_way(run: TrainingRun, person: str) -> None:
    """Name, bar, time left, stop."""
    with st.container(border=True, key="training_under_way"):
        by = f", started by {plain(run.command.by)}" if run.command else ""
        st.markdown(
            f"**{plain(run.name)}** :green-badge[{'Stopping' if _stops(run) else 'Training'}]  \n"
            f"{KIND_WORDS[run.kind]} on {plain(run.data.name)}{by} {moment_line(run.begun_at)}"
        )
        progress, phase = progress_of(run.folder), phase_of(run)
        share = progress.share if progress and phase is not Phase.PREPARING else 0.0
        st.progress(share, text=progress_words(run, phase, progress))
        _ask_to_stop(run, person)


def progress_words(run: TrainingRun, phase: Phase, progress: TrainingProgress | None) -> str:
    """What it is at: "Epoch 3 of 10, step 120 of 400. About 4 min left.\""""
    if _stops(run):
        return "Stopping: the step under way is finished and saved."
    if progress is None or phase is Phase.PREPARING:
        drew = DREW.match(commands.log_tail(run.place, 1))
        if drew:
            return f"Getting ready: picture {drew[1]} of {drew[2]} by the model as it is …"
        return "Getting ready: the model is loaded, the photographs are looked at …"
    if phase is Phase.SAVING:
        return "All steps are done. The result is measured and saved …"
    left = "" if progress.seconds_left is None else f" About {duration(progress.seconds_left)} left."
    epoch = min(int(progress.epoch) + 1, round(progress.epochs) or 1)
    return (
        f"Epoch {epoch:,} of {progress.epochs:.0f}, step {progress.step:,} of {progress.steps:,}, "
        f"{progress.samples_per_second:.3g} samples a second.{left}"
    )


def _stops(run: TrainingRun) -> bool:
    return run.state is RunState.STOPPING


def _ask_to_stop(run: TrainingRun, person: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if not _stops(run):
            if st.button("Stop", icon=":material/pause:", key="training_stop"):
                ask_to_stop(run, person)
                st.rerun()
            st.caption(
                "You may leave this page or close the app meanwhile. A stopped training can be resumed."
            )
            return
        if st.button("Stop at once", icon=":material/stop:", key="training_stop_now"):
            stop_now(run, person)
            st.rerun()
        st.caption(
            "At once: what was done since the last checkpoint (they are 3 minutes apart) is done again."
        )
