"""What the gate found of a candidate: every question, drift, the judge before and after, the pictures."""

from typing import Any

import streamlit as st

from core.weights.candidates import GateResult
from core.weights.picture_checks import PictureCheck
from db.repository import Repository
from pages.components.models.check_pictures import show_grid, show_judged
from pages.components.wording import plain

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


def show_result(repository: Repository, person: str, result: GateResult, check: PictureCheck) -> None:
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
    show_judged(
        result.pictures, ARM_WORDS, "by each encoder", "the check refuses only what is worse beyond chance"
    )


def _show_pictures(repository: Repository, person: str, result: GateResult, check: PictureCheck) -> None:
    if not result.pictures:
        st.caption("Not drawn: an earlier check speaks against it.")
        return
    alt = "the stock encoder, the tuned one and the mixture half way"
    show_grid(repository, person, check, alt, str(result.id))


def _word(check: dict[str, Any]) -> str:
    return "Passed" if check["passed"] else ":red[**Not passed**]"
