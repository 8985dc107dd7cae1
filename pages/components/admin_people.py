"""Who uses the library, in which role, and what they wait for."""

import streamlit as st

from core.roles import CAPABILITIES, ROLES
from db.records import User
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.wording import STATE_LABELS, attributes_line, moment_line, plain


def show_people(repository: Repository, person: str) -> None:
    """Everybody with a role to choose, and what each role may do."""
    for user in repository.users.list():
        _show_user(repository, user, person)
    with st.expander("What each role may do", key="admin_roles"):
        for role in ROLES:
            st.markdown(f"**{role.capitalize()}**: {', '.join(sorted(CAPABILITIES[role]))}")


def _show_user(repository: Repository, user: User, person: str) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown(f"{plain(user.name)} :small[since {moment_line(user.created_at)}]")
    key = f"admin_role_{user.id}"
    st.session_state[key] = user.role

    def change() -> None:
        with errors_shown():
            repository.users.set_role(user.name, st.session_state[key], person)

    right.selectbox(f"Role of {user.name}", ROLES, key=key, label_visibility="collapsed", on_change=change)


def show_queue(repository: Repository, person: str) -> None:
    """What waits or is being drawn, for everybody; an admin may cancel it."""
    waiting = repository.jobs.queue(person)
    if not waiting:
        st.caption("Nothing waits to be drawn.")
    for job in waiting:
        left, right = st.columns([4, 1], vertical_alignment="center")
        words = attributes_line(job.recipe)
        left.markdown(f"{plain(words)} :small[{plain(job.owner)}, {STATE_LABELS[job.state].lower()}]")
        if right.button("Cancel", key=f"admin_cancel_{job.id}", icon=":material/close:"):
            repository.jobs.cancel(job.id, person)
            st.rerun()
