"""What the gate found of a candidate: every question, drift, the judge before and after, the pictures."""

from typing import Any

import streamlit as st

from core.candidates import GateResult
from core.encoder_checks import EncoderCheck
from core.provenance.outgoing import for_library
from core.sheets import sign_sheet
from db.repository import Repository
from pages.components.model_facts import figure_rows
from pages.components.picture import is_readable
from pages.components.wording import counted, plain

QUESTIONS = {
    "files": "Files",
    "tokenizer": "Tokenizer",
    "sizes": "Widths",
    "layers": "Layers",
    "dtype": "Number format",
    "weights": "Shapes of the weights",
    "origin": "Origin",
    "loading": "Loading",
    "drift_known": "Drift on captions that the model knows",
    "drift_derm": "Drift on skin captions",
    "drift_generic": "Drift on everyday prompts",
    "drift_empty": "Drift on the empty prompt",
    "pictures": "Pictures",
    "pictures_rash": "Rash in the pictures",
    "pictures_site": "Body site in the pictures",
    "pictures_tone": "Skin tone in the pictures",
}
PROMPTS = {
    "drift_known": "Captions that the model knows",
    "drift_derm": "Skin captions",
    "drift_generic": "Everyday prompts",
    "drift_empty": "The empty prompt",
}
ARM_WORDS = {"stock": "Stock", "tuned": "Tuned", "interpolated": "Half way"}
GRID_HEIGHT = 560


def show_result(repository: Repository, person: str, result: GateResult, check: EncoderCheck) -> None:
    """Four views of one result."""
    asked, drift, judged, pictures = st.tabs(["Checks", "Drift", "Before and after", "Pictures"])
    with asked:
        _show_checks(result)
    with drift:
        _show_drift(result)
    with judged:
        _show_judged(result)
    with pictures:
        _show_pictures(repository, person, result, check)


def _show_checks(result: GateResult) -> None:
    rows = [
        {
            "Question": QUESTIONS.get(check["name"], check["name"]),
            "Result": _word(check),
            "Answer": plain(check["message"]),
        }
        for check in result.checks
    ]
    st.table(rows, border="horizontal", hide_index=True)


def _show_drift(result: GateResult) -> None:
    rows = [_drift_row(check) for check in result.checks if check["name"] in PROMPTS]
    if not rows:
        st.caption("Not measured: an earlier check speaks against it.")
        return
    st.table(rows, border="horizontal", hide_index=True)
    st.caption(
        "How far the text encoder's hidden states have moved from the stock encoder's. One step is as far as "
        "the stock encoder itself moves when a caption names another rash, site or tone."
    )


def _drift_row(check: dict[str, Any]) -> dict[str, str]:
    figure = check["figure"]
    return {
        "Prompts": PROMPTS[check["name"]],
        "Moved by": f"{figure['steps']:.2f} steps",
        "Allowed": "no limit" if check["limit"] is None else f"{check['limit']:g} steps",
        "Cosine": f"{figure['cosine']:.3f}",
        "Result": "" if check["limit"] is None else _word(check),
    }


def _show_judged(result: GateResult) -> None:
    """The judge's figures side by side; every arm drew the same prompts from the same seeds."""
    rows = judged_rows(result.pictures)
    if not rows:
        st.caption("Not measured: there is no judge for this model, or no picture was drawn.")
        return
    st.table(rows, border="horizontal", hide_index=True)
    count = counted(int(result.pictures["count"]), "picture")
    st.caption(
        f"Judged by a network of its own on {count} by each encoder, the same prompts and seeds; in brackets "
        "the 95 % interval. With few pictures the intervals are wide: the check refuses only what is worse "
        "beyond chance."
    )


def judged_rows(pictures: dict[str, Any]) -> list[dict[str, str]]:
    """One row for each measure, one column for each encoder."""
    columns = {
        word: {
            row["Measure"]: f"{row['Value']} ({row['95 % interval']})" for row in figure_rows(pictures[arm])
        }
        for arm, word in ARM_WORDS.items()
        if arm in pictures
    }
    measures = next(iter(columns.values()), {})
    return [
        {"Measure": measure, **{word: found.get(measure, "") for word, found in columns.items()}}
        for measure in measures
    ]


def _show_pictures(repository: Repository, person: str, result: GateResult, check: EncoderCheck) -> None:
    if not result.pictures:
        st.caption("Not drawn: an earlier check speaks against it.")
    elif not is_readable(check.grid):
        st.caption("The grid is no longer in the library. Check again to draw it anew.")
    else:
        with st.container(height=GRID_HEIGHT):
            st.image(
                check.grid,
                alt="Grid of pictures by the stock encoder, the tuned one and the mixture half way, one row "
                "for each prompt and seed",
                width="stretch",
            )
        st.download_button(
            "Download the grid",
            data=lambda: _leaving(repository, person, check),
            file_name=f"script2skin-check-{result.id}.png",
            mime="image/png",
            icon=":material/download:",
            on_click="ignore",
            key=f"check_grid_{result.id}",
        )


def _leaving(repository: Repository, person: str, check: EncoderCheck) -> bytes:
    """The grid signed, and a line in the audit log that it was handed out."""
    content = sign_sheet(check.grid, for_library(repository.library))
    repository.audit.exported(person, f"grid of check {check.place.name}")
    return content


def _word(check: dict[str, Any]) -> str:
    return "Passed" if check["passed"] else ":red[**Not passed**]"
