"""What came of drawing the same prompts in several ways: the judge's figures side by side, and the grid."""

from typing import Any

import streamlit as st

from core.drawing.sheets import sign_sheet
from core.provenance.outgoing import for_library
from core.weights.picture_checks import PictureCheck
from db.repository import Repository
from pages.components.models.model_facts import figure_rows
from pages.components.picture import is_readable
from pages.components.wording import counted

GRID_HEIGHT = 560


def show_judged(pictures: dict[str, Any], arms: dict[str, str], each: str, few: str) -> None:
    """The judge's figures, one column for each arm by its word; ``each`` and ``few`` end the sentences on how
    many pictures that were."""
    rows = judged_rows(pictures, arms)
    if not rows:
        st.caption("Not measured: there is no judge for this model, or no picture was drawn.")
        return
    st.table(rows, border="horizontal", hide_index=True)
    st.caption(
        f"Judged by a network of its own on {counted(int(pictures['count']), 'picture')} {each}, the same "
        f"prompts and seeds; in brackets the 95 % interval. With few pictures the intervals are wide: {few}."
    )


def judged_rows(pictures: dict[str, Any], arms: dict[str, str]) -> list[dict[str, str]]:
    """One row for each measure, one column for each arm that was judged."""
    columns = {
        word: {
            row["Measure"]: f"{row['Value']} ({row['95 % interval']})" for row in figure_rows(pictures[arm])
        }
        for arm, word in arms.items()
        if arm in pictures
    }
    measures = next(iter(columns.values()), {})
    return [
        {"Measure": measure, **{word: found.get(measure, "") for word, found in columns.items()}}
        for measure in measures
    ]


def show_grid(repository: Repository, person: str, check: PictureCheck, drawn_by: str, key: str) -> None:
    """The grid of all pictures and its download; ``drawn_by`` names the columns to who can't see them."""
    if not is_readable(check.grid):
        st.caption("The grid is no longer in the library. Check again to draw it anew.")
        return
    with st.container(height=GRID_HEIGHT):
        alt = f"Grid of pictures by {drawn_by}, one row for each prompt and seed"
        st.image(check.grid, alt=alt, width="stretch")
    st.download_button(
        "Download the grid",
        data=lambda: _leaving(repository, person, check),
        file_name=f"script2skin-check-{key}.png",
        mime="image/png",
        icon=":material/download:",
        on_click="ignore",
        key=f"check_grid_{key}",
    )


def _leaving(repository: Repository, person: str, check: PictureCheck) -> bytes:
    """The grid signed, and a line in the audit log that it was handed out."""
    content = sign_sheet(check.grid, for_library(repository.library))
    repository.audit.exported(person, f"grid of check {check.place.name}")
    return content
