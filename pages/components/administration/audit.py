"""The audit log on screen and as a file."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from db.audit import Action, AuditEntry
from db.repository import Repository
from pages.components.wording import moment_line

SHOWN = 200


def show_audit(repository: Repository, person: str) -> None:
    """The newest lines, narrowed by what was done; all of them as CSV."""
    actions = st.multiselect(
        "What was done", [a.value for a in Action], key="audit_actions", placeholder="Everything"
    )
    entries = repository.audit.entries(person, actions, limit=SHOWN)
    if not entries:
        st.caption("Nothing is written down yet.")
        return
    rows = [
        {
            "When": moment_line(e.created_at),
            "Who": e.actor,
            "What": e.action,
            "Of": e.subject,
            "Detail": e.detail,
        }
        for e in entries
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    if len(entries) == SHOWN:
        st.caption(f"The newest {SHOWN} are shown; the file holds all.")
    st.download_button(
        "Download the log (CSV)",
        lambda: as_csv(repository.audit.entries(person, actions, limit=None)),
        "audit-log.csv",
        "text/csv",
        icon=":material/download:",
        key="audit_download",
        on_click=lambda: repository.audit.exported(person, "audit log"),
    )


def as_csv(entries: Iterable[AuditEntry]) -> bytes:
    """One line an entry, times as UTC; a text that a spreadsheet would run as a formula is quoted."""
    rows = [
        {"id": e.id, "at": e.created_at.isoformat(), "actor": _inert(e.actor), "action": e.action}
        | {"subject": _inert(e.subject), "detail": _inert(e.detail)}
        for e in entries
    ]
    return (
        pd.DataFrame(rows, columns=["id", "at", "actor", "action", "subject", "detail"])
        .to_csv(index=False)
        .encode()
    )


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
