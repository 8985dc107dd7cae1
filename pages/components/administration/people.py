"""Who uses the library, in which role, and what they wait for."""

import streamlit as st

from core.errors import InputError
from core.roles import CAPABILITIES, ROLES
from db.records import User
from db.repository import Repository
from pages.components.errors import errors_shown
from pages.components.people import auth_configured, checked_name
from pages.components.wording import STATE_LABELS, attributes_line, moment_line, plain


def show_people(repository: Repository, person: str) -> None:
    """Everybody with a role to choose, and what each role may do."""
    for user in repository.users.list():
        _show_user(repository, user, person)
    _ask_new(repository, person)
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


def _ask_new(repository: Repository, person: str) -> None:
    """Adds somebody with a role, before they sign in or are picked for the first time."""
    signing_in = auth_configured()
    with (
        st.form("admin_add", clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("E-mail address" if signing_in else "Name", key="admin_add_name")
        role = st.selectbox("Role", ROLES, index=ROLES.index("reviewer"), key="admin_add_role", width=160)
        pressed = st.form_submit_button("Add", icon=":material/person_add:", key="admin_add_person")
    if pressed:
        with errors_shown():
            repository.users.add(_checked_email(name) if signing_in else checked_name(name), role, person)
            st.rerun()


def _checked_email(typed: str) -> str:
    """In small letters, as it comes from the identity provider."""
    before, _, after = typed.strip().partition("@")
    if not before or "." not in after or " " in typed.strip():
        raise InputError(f"“{typed}” is no e-mail address; who signs in is known by theirs.")
    return typed.strip().lower()


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
