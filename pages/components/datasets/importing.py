"""How photographs come in: the form, and what is under way until it has become a dataset."""

from pathlib import Path
from typing import BinaryIO

import streamlit as st

from core.commands import stop
from core.errors import InputError
from core.photographs.dataset_imports import (
    Import,
    State,
    Wish,
    begin_import,
    begin_suggestions,
    continue_import,
    discard_import,
    list_imports,
    settle_import,
    suggestions_begun,
)
from core.settings import JUDGE, Settings
from pages.components.errors import errors_shown
from pages.components.wording import plain

FOLDER, UPLOAD = "On this machine", "Upload a ZIP"
UPLOAD_MB = 500
POLL_SECONDS = 1.0
ARRIVED, BEGUN = "dataset_arrived", "import_begun"
FIELDS = ("import_path", "import_name", "import_licence", "import_consent")


def ask_import(settings: Settings, person: str, unfolded: bool) -> None:
    """The form: name, place, licence, consent. It is empty again once an import has begun."""
    if st.session_state.pop(BEGUN, False):
        st.session_state.update(dict.fromkeys(FIELDS, ""))
    with st.expander(
        "Import photographs",
        icon=":material/add_photo_alternate:",
        expanded=unfolded,
        key=f"import_form_{unfolded}",
    ):
        st.caption(
            "DermNet's folders, photographs with a .txt caption beside each, JSON lines, CSV, or a ZIP of "
            "any of them. Each picture is checked, near-duplicates are found, EXIF and GPS are left behind. "
            "Your files are not changed, and nothing leaves this machine."
        )
        where = st.segmented_control(
            "Where the photographs are",
            (FOLDER, UPLOAD),
            default=FOLDER,
            required=True,
            key="import_where",
        )
        path, archive = _ask_source(str(where))
        with st.form("import_terms", border=False):
            name = st.text_input(
                "Name of the dataset", key="import_name", placeholder="For example: clinic 2026"
            )
            licence = st.text_input(
                "Licence: what may the photographs be used for?",
                key="import_licence",
                placeholder="For example: CC BY-NC-ND 4.0, or: own photographs, for use in this clinic only",
            )
            consent = st.text_input(
                "Consent: what did the persons shown agree to?",
                key="import_consent",
                placeholder="For example: written consent for research and teaching",
                help="One sentence of yours. Both stand in the dataset and in everything exported from it.",
            )
            if st.form_submit_button("Import", type="primary", icon=":material/play_arrow:"):
                with errors_shown():
                    wish = Wish(name, _source(path, archive), licence, consent, person)
                    begin_import(settings.datasets, wish, archive)
                    st.session_state[BEGUN] = True
                    st.rerun()


def _ask_source(where: str) -> tuple[str, BinaryIO | None]:
    if where == UPLOAD:
        archive = st.file_uploader(
            "ZIP of photographs",
            type="zip",
            key="import_archive",
            max_upload_size=UPLOAD_MB,
            help=f"Up to {UPLOAD_MB} MB. A larger one: put it on this machine and give its path.",
        )
        return "", archive
    return st.text_input(
        "Folder, ZIP, CSV or JSON lines file, with its whole path",
        key="import_path",
        placeholder="/home/me/photographs",
    ), None


def _source(path: str, archive: BinaryIO | None) -> Path:
    if archive is not None:
        return Path(getattr(archive, "name", "photographs.zip"))
    if not path.strip():
        raise InputError("Say where the photographs are: a path on this machine, or a ZIP to upload.")
    return Path(path.strip())


def show_imports(settings: Settings, person: str) -> None:
    """What is under way, followed while anything runs; a finished one joins the list of datasets."""
    found = [waiting for waiting in list_imports(settings.datasets) if not _arrive(settings, waiting, person)]
    if name := st.session_state.pop(ARRIVED, None):
        st.success(f"“{plain(name)}” is imported.", icon=":material/check:")
    if any(waiting.state is State.RUNNING for waiting in found):
        names = tuple(waiting.wish.name for waiting in found)
        st.fragment(_follow, run_every=POLL_SECONDS)(settings, person, names)
    else:
        for waiting in found:
            _show_import(waiting, person)


def _arrive(settings: Settings, ended: Import, person: str) -> bool:
    """Settles a finished import; where there is a judge, its photographs' tones are measured now."""
    if ended.state is not State.FINISHED:
        return False
    settle_import(ended)
    st.session_state[ARRIVED] = ended.wish.name
    if (settings.models / JUDGE).is_dir() and not suggestions_begun(ended.folder):
        with errors_shown():
            begin_suggestions(ended.folder, person)
    return True


def _follow(settings: Settings, person: str, names: tuple[str, ...]) -> None:
    """One look; when an import ended, the whole page is drawn again."""
    with errors_shown():
        found = list_imports(settings.datasets)
        running = any(waiting.state is State.RUNNING for waiting in found)
        ended = any(waiting.state is State.FINISHED for waiting in found)
        if not running or ended or tuple(waiting.wish.name for waiting in found) != names:
            st.rerun()
        for waiting in found:
            _show_import(waiting, person)


def _show_import(waiting: Import, person: str) -> None:
    name, state = waiting.wish.name, waiting.state
    with st.container(border=True, key=f"import_{name}"):
        st.markdown(f"**{plain(name)}** from `{waiting.wish.source.name}`, by {plain(waiting.wish.by)}")
        if state is State.RUNNING:
            _show_running(waiting, person)
            return
        if state is State.STOPPED:
            st.info("Stopped. What is done is kept until you remove it.", icon=":material/pause:")
        else:
            st.error(waiting.said or "It ended without a word.", icon=":material/error:")
        with st.container(horizontal=True):
            if st.button("Go on", icon=":material/replay:", key=f"import_again_{name}"):
                with errors_shown():
                    continue_import(waiting, person)
                    st.rerun()
            _show_discard(waiting, person, "Remove")


def _show_running(waiting: Import, person: str) -> None:
    progress = waiting.progress
    share = progress.done / max(1, progress.total) if progress else 0.0
    words = (
        f"{progress.done:,} of {progress.total:,} photographs" if progress else "Looking through the source …"
    )
    if progress and progress.done == progress.total:
        words = "Looking for near-duplicates …"
    st.progress(share, text=words)
    with st.container(horizontal=True):
        if st.button("Stop", icon=":material/pause:", key=f"import_stop_{waiting.wish.name}"):
            with errors_shown():
                stop(waiting.place, person)
                st.rerun()
        _show_discard(waiting, person, "Cancel and remove")


def _show_discard(waiting: Import, person: str, label: str) -> None:
    if st.button(label, icon=":material/close:", key=f"import_discard_{waiting.wish.name}"):
        with errors_shown():
            discard_import(waiting, person)
            st.rerun()
