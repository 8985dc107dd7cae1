"""Export from History: what, in which form, how far it is, and the finished file."""

from datetime import datetime
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import ExportCancelled
from core.exporting.background import ExportRun
from core.exporting.formats import FORMATS
from core.exporting.items import Order
from core.exporting.run import Exported
from core.exporting.shelf import shelf
from core.settings import Settings
from db.export_items import Choice, count_near, export_order
from db.purge import clear_old_exports
from db.records import HistoryFilter
from db.repository import Repository
from pages.components.errors import errors_shown, show_error
from pages.components.library.selection import selected_ids
from pages.components.wording import counted, size

DOWNLOAD_MAX = 300_000_000
"""Bytes that the browser fetches at once: Streamlit holds a download in memory meanwhile."""

FORMAT, NAMES, WHAT, MARGIN = "export_format", "export_names", "export_what", "export_margin"
NEAR = "export_near"
NAMING = ("imagefolder", "jsonl", "csv", "parquet", "ratings")
"""Forms that can hold people's names."""

MATCHING, SELECTED = "matching", "selected"


@st.cache_resource
def _runs() -> dict[str, ExportRun]:
    """The export of each person, so that it outlives the tab."""
    return {}


def show_export(repository: Repository, user: str, wanted: HistoryFilter, count: int) -> None:
    """A folded panel; open while an export is on its way or waits to be fetched."""
    with open_panel(user):
        if not show_run(user):
            _ask(repository, user, wanted, count)


def open_panel(user: str) -> DeltaGenerator:
    """The fold around asking and following."""
    busy = user in _runs()
    return st.expander("Export", icon=":material/ios_share:", expanded=busy, key="export_panel")


def show_run(user: str) -> bool:
    """How far the person's export is, or the finished file; False where there is none."""
    run = _runs().get(user)
    if run is None:
        return False
    if run.running:
        _show_running(user)
    else:
        _show_ended(user, run)
    return True


def _ask(repository: Repository, user: str, wanted: HistoryFilter, count: int) -> None:
    chosen = selected_ids()
    labels = {MATCHING: f"All {counted(count, 'picture')} that match"}
    if chosen:
        labels = {SELECTED: f"{counted(len(chosen), 'picture')} selected", **labels}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = st.selectbox("Pictures", list(labels), format_func=labels.__getitem__, key=WHAT, width=260)
        form = st.selectbox(
            "Form", list(FORMATS), format_func=lambda name: FORMATS[name].label, key=FORMAT, width=260
        )
        pressed = st.button("Start export", icon=":material/ios_share:", type="primary", key="export_start")
    names = form in NAMING and st.checkbox(
        "Name raters and owners",
        key=NAMES,
        help="Otherwise raters are numbered and owners are left out. Comments leave as they were written.",
    )
    margin = ask_margin(form, MARGIN)
    ids = tuple(chosen) if what == SELECTED else None
    choice = Choice(wanted, ids, ask_near(count_near(repository, Choice(wanted, ids), user)))
    st.caption(f"{FORMATS[form].note} Pictures leave with their recipe, an invisible mark and a signature.")
    if pressed:
        _start(repository, user, choice, form, names, margin)


def ask_margin(form: str, key: str) -> float:
    """By how much the better of a preference pair is rated higher; asked for pairs alone."""
    if form != "preferences":
        return 1.0
    return st.number_input("Better by at least (mean realism)", 0.5, 6.0, 1.0, 0.5, key=key, width=260)


def ask_near(count: int) -> bool:
    """Whether pictures too near to a training picture go along; asked where there are any."""
    if not count:
        return False
    which = "the picture" if count == 1 else f"the {count:,} pictures"
    return st.checkbox(
        f"Include {which} too near to a training picture",
        key=NEAR,
        help="They may repeat what the model learned from, so they stay behind unless you ask for them.",
    )


def _start(repository: Repository, user: str, choice: Choice, form: str, names: bool, margin: float) -> None:
    with errors_shown():
        order = export_order(repository, choice, user, names, margin)
        start_run(repository, user, order, form)


def start_run(repository: Repository, user: str, order: Order, form: str) -> None:
    """Begins; exports that waited too long make room."""
    clear_old_exports(Settings.from_environment())
    name = f"script2skin-{form}-{datetime.now():%Y%m%d-%H%M%S-%f}.zip"
    _runs()[user] = ExportRun(order, form, shelf(repository.library) / name).start()
    st.rerun()


@st.fragment(run_every=1.0)
def _show_running(user: str) -> None:
    run = _runs().get(user)
    if run is None or not run.running:
        st.rerun()
        return
    total = max(1, run.order.total)
    st.progress(min(1.0, run.done / total), f"{run.done:,} of {counted(total, 'picture')}")
    if st.button("Cancel", icon=":material/stop_circle:", key="export_cancel"):
        run.cancel()


def _show_ended(user: str, run: ExportRun) -> None:
    if run.exported is None:
        if isinstance(run.error, ExportCancelled):
            st.caption(str(run.error))
        elif run.error is not None:
            show_error(run.error)
        st.button("New export", key="export_again", on_click=_put_away, args=(user,))
        return
    _show_file(user, run.exported)


def _show_file(user: str, exported: Exported) -> None:
    path = exported.output
    if not path.is_file():
        st.caption("The file of the last export is not there any more.")
        st.button("New export", key="export_again", on_click=_put_away, args=(user,))
        return
    taken = path.stat().st_size
    st.markdown(f"**{counted(exported.pictures, 'picture')} exported**, {size(taken)}.")
    if exported.left_out:
        st.caption(f"{counted(exported.left_out, 'picture')} too near to a training picture left out.")
    if taken > DOWNLOAD_MAX:
        st.markdown(f"It is too large to be fetched by the browser and lies here:\n\n`{path}`")
    with st.container(horizontal=True):
        if taken <= DOWNLOAD_MAX:
            st.download_button(
                "Download",
                data=path.read_bytes,
                file_name=path.name,
                mime="application/zip",
                icon=":material/download:",
                type="primary",
                on_click="ignore",
                key="export_download",
            )
        else:
            st.button("Keep it, new export", key="export_keep", on_click=_put_away, args=(user,))
        st.button("Remove it", key="export_remove", on_click=_put_away, args=(user, path))


def _put_away(user: str, path: Path | None = None) -> None:
    _runs().pop(user, None)
    if path is not None:
        path.unlink(missing_ok=True)
