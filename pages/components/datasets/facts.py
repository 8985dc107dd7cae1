"""One dataset: what it is, who captioned how much, the tone measurement, export and deletion."""

from collections import Counter
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

import streamlit as st

from core.commands import is_running, log_tail
from core.photographs.captioning import answer_of
from core.photographs.dataset_exports import exported, lines_of, write_pairs
from core.photographs.dataset_imports import begin_suggestions, delete_dataset, suggestions_begun
from core.photographs.datasets import REPORT
from core.photographs.suggestions import SUGGESTING
from core.settings import JUDGE, Settings
from core.trainings.runs import unfinished_on
from db.audit import Action
from db.repository import Repository
from pages.components.datasets.view import View, view_suggestions
from pages.components.errors import errors_shown
from pages.components.library.archive import reader_of
from pages.components.resources import Resources
from pages.components.wording import counted, plain

T = TypeVar("T")
EXPORT_MAX = 3000
"""Photographs in one ZIP made on the page: Streamlit holds a download in memory while it is fetched."""


def show_facts(view: View) -> None:
    """Counts, origin, terms, and people."""
    manifest, data = view.dataset.manifest, view.dataset
    with st.grid(4, min_column_width=130, gap="small"):
        st.metric("Photographs", f"{len(data):,}")
        st.metric("Still to caption", f"{view.missing:,}")
        st.metric("Not usable", f"{len(data) - view.usable:,}")
        st.metric("Looked at by people", f"{len(view.answered):,}")
    splits = ", ".join(f"{count:,} {name}" for name, count in manifest.splits.items())
    people = Counter(edit.by for edit in view.answered.values()).most_common()
    who = ", ".join(f"{plain(name)} {count:,}" for name, count in people) or "nobody yet"
    st.markdown(
        f"**Licence** {plain(manifest.licence)}  \n**Consent** {plain(manifest.consent)}  \n"
        f"**Source** {plain(manifest.source)} ({manifest.kind}), prepared {manifest.prepared_at[:10]}  \n"
        f"**Split** {splits}; {manifest.groups:,} distinct  \n**Captioned by** {who}"
    )
    if manifest.findings:
        found = ", ".join(f"{count:,} {kind}" for kind, count in manifest.findings.items())
        st.caption(f"While preparing: {found}. Each is told in `{data.folder / REPORT}`.")


def show_measuring(settings: Settings, view: View, person: str) -> None:
    """How far the tones are measured; a button where nobody began, or where it ended early."""
    folder = view.dataset.folder
    done, total = len(view_suggestions(folder)), len(view.dataset)
    if is_running(folder / SUGGESTING):
        st.caption(f":material/colorize: Skin tones are being measured: {done:,} of {total:,}.")
    elif done >= total:
        st.caption(f":material/colorize: Skin tones of {counted(done, 'photograph')} were measured.")
    elif (settings.models / JUDGE).is_dir():
        if suggestions_begun(folder) and (said := log_tail(folder / SUGGESTING)):
            st.warning(said, icon=":material/warning:")
        if st.button("Measure skin tones", icon=":material/colorize:", key="dataset_measure"):
            with errors_shown():
                begin_suggestions(folder, person)
                st.rerun()


def show_export(repository: Repository, view: View, person: str) -> None:
    """Pairs as a ZIP, JSON lines, and the command for what is too much for a download. What is handed out is
    written down."""
    data, captioned = view.dataset, list(exported(view.dataset))
    count, whole = len(captioned), sum(answer_of(photograph).is_whole for photograph in captioned)
    name = data.folder.name
    with st.container(horizontal=True):
        st.download_button(
            "Images and captions (ZIP)",
            data=lambda: _handed_out(repository, view, person, "pairs", _pairs(view)),
            file_name=f"{name}-pairs.zip",
            mime="application/zip",
            icon=":material/download:",
            disabled=not 0 < count <= EXPORT_MAX,
            on_click="ignore",
            key="dataset_pairs",
        )
        st.download_button(
            "JSON lines",
            data=lambda: _handed_out(repository, view, person, "JSON lines", _lines(view)),
            file_name=f"{name}.jsonl",
            mime="application/jsonl",
            icon=":material/download:",
            disabled=not count,
            on_click="ignore",
            key="dataset_lines",
        )
    st.caption(
        f"{counted(count, 'photograph')} with a caption, {whole:,} of them with rash, site and tone. Licence "
        "and consent go with the ZIP; hand on only what they allow. Image paths in the JSON lines are "
        "relative to the dataset's folder."
    )
    if count > EXPORT_MAX:
        st.caption(f"More than {EXPORT_MAX:,} don't go through the browser; this command writes the ZIP:")
        st.code(
            f'.venv/bin/python -m db.export_dataset --data "{data.folder}" --output "{name}-pairs.zip"',
            language="bash",
            wrap_lines=True,
        )


def _handed_out(repository: Repository, view: View, person: str, form: str, file: T) -> T:
    detail = counted(sum(1 for _ in exported(view.dataset)), "photograph")
    repository.audit.exported(person, f"dataset {view.dataset.folder.name}", f"{detail} as {form}")
    return file


def _lines(view: View) -> bytes:
    return "".join(lines_of(view.dataset, view.edits)).encode()


def _pairs(view: View) -> BufferedReader:
    with TemporaryFile(suffix=".zip") as file:
        write_pairs(view.dataset, view.edits, file)
        file.flush()
        return reader_of(file.fileno())


def ask_deletion(resources: Resources, folder: Path, person: str) -> None:
    """Deleting is final, so the name is to be typed."""
    runs = resources.settings.runs
    with st.popover("Delete this dataset", icon=":material/delete:", key="dataset_delete_popover"):
        st.markdown(
            f"Deletes the prepared photographs of **{plain(folder.name)}**, their captions and everything "
            "that people said of them. The photographs it was made of are not touched. This can't be undone."
        )
        if waiting := [run.name for run in unfinished_on(runs, folder) if not run.is_under_way]:
            st.warning(
                f"{plain(', '.join(waiting))}: not finished, and can't be gone on with without it.",
                icon=":material/warning:",
            )
        typed = st.text_input("Type the dataset's name", key="dataset_delete_name")
        if st.button(
            "Delete for good",
            type="primary",
            disabled=typed.strip() != folder.name,
            key="dataset_delete",
            width="stretch",
        ):
            with errors_shown():
                delete_dataset(folder, person, runs)
                resources.repository.audit.note(person, Action.DELETED, f"dataset {folder.name}")
                st.rerun()
