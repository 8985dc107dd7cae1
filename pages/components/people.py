"""Who is at the screen: picked or added by name until sign-in comes."""

import streamlit as st

from core.errors import InputError
from db.repository import Repository
from pages.components.errors import errors_shown

DEFAULT_NAME = "Local user"
NAME_MAX = 60
KEY, PERSON = "user", "person"


def choose_person(repository: Repository) -> None:
    """Draws the choice in the sidebar; the name in use is then a user of the library."""
    users = sorted(repository.users.list(), key=lambda user: user.id)
    known = [user.name for user in users] or [DEFAULT_NAME]
    with st.sidebar, errors_shown():
        typed = st.selectbox(
            "Working as",
            known,
            key=KEY,
            accept_new_options=True,
            help="Pictures, stars and ratings are kept under this name. Type a new one to add a person.",
            persist_state="session",
            bind="query-params",
        )
        name = checked_name(typed or known[0])
        repository.users.ensure(name)
        st.session_state[PERSON] = name


def current_person() -> str:
    """The name in use on this page."""
    return str(st.session_state.get(PERSON, DEFAULT_NAME))


def checked_name(typed: str) -> str:
    """The name without outer spaces.

    Raises:
        InputError: the name is empty, too long, or holds characters that can't be printed.
    """
    name = " ".join(typed.split())
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise InputError(f"A name has 1 to {NAME_MAX} printable characters; this one has {len(name)}.")
    return name
