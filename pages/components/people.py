"""Who is at the screen: signed in where [auth] is configured, else picked or added by name."""

import os

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.errors import InputError
from core.roles import Capability, allows, allows_page
from db.records import User
from db.repository import Repository
from pages.components.errors import errors_shown

DEFAULT_NAME = "Local user"
NAME_MAX = 60
KEY, PERSON, ROLE = "user", "person", "role"
ADMINS = "SCRIPT2SKIN_ADMINS"
"""E-mail addresses, separated by commas, that are admins when they first sign in; others begin as readers."""


def choose_person(repository: Repository) -> None:
    """Draws sign-in or choice in the sidebar; the name in use is then a user of the library."""
    if auth_configured():
        _require_sign_in(repository)
        return
    with st.sidebar, errors_shown():
        _take(_picked(repository))


def _take(person: User) -> None:
    st.session_state[PERSON], st.session_state[ROLE] = person.name, person.role


def _require_sign_in(repository: Repository) -> None:
    """Nothing of the app is drawn for who has not signed in, or whose address is not to be trusted."""
    for key in (PERSON, ROLE):
        st.session_state.pop(key, None)
    if not st.user.is_logged_in:
        _show_way_in()
    with errors_shown():
        person = signed_in(repository)
        _take(person)
        with st.sidebar:
            st.caption(f"Signed in as {person.name} ({person.role})")
            _show_way_out()
        return
    _show_way_out()
    st.stop()


def auth_configured() -> bool:
    """Whether secrets.toml has an [auth] section."""
    try:
        return "auth" in st.secrets
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return False


def signed_in(repository: Repository) -> User:
    """Who signed in, under their e-mail address.

    Raises:
        InputError: the provider gave no address, or one it did not verify.
    """
    email = checked_email(st.user.to_dict())
    first = {name.strip().lower() for name in os.environ.get(ADMINS, "").split(",")}
    return repository.users.ensure(email, "admin" if email in first else "reader")


def _show_way_out() -> None:
    st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)


def _show_way_in() -> None:
    """The page that stands in for every other until somebody signed in."""
    st.title("Sign in")
    st.caption("This library is shared. Sign in to see what your role allows.")
    st.button("Sign in", type="primary", icon=":material/login:", key="sign_in", on_click=st.login)
    st.stop()


def checked_email(claims: dict) -> str:
    """The verified address of an identity token, in small letters."""
    email = str(claims.get("email") or "").strip().lower()
    if not email or claims.get("email_verified") is False:
        raise InputError(
            "Your identity provider gave no verified e-mail address; without one nobody can sign in."
        )
    return email


def _picked(repository: Repository) -> User:
    users = sorted(repository.users.list(), key=lambda user: user.id)
    known = [user.name for user in users] or [DEFAULT_NAME]
    if KEY not in st.session_state and KEY in st.query_params:
        st.session_state[KEY] = st.query_params[KEY]
    typed = st.selectbox(
        "Working as",
        known,
        key=KEY,
        accept_new_options=True,
        help="Pictures, stars and ratings are kept under this name. Type a new one to add a person.",
        persist_state="session",
    )
    name = checked_name(typed or known[0])
    _remember(name, name == known[0])
    return repository.users.ensure(name, "lead" if users else "admin")


def _remember(name: str, is_default: bool) -> None:
    """Keeps the name in the address, so that a reload or a bookmark opens as the same person. (A widget bound
    to the address by Streamlit's own way makes ``st.switch_page`` fail.)"""
    if is_default:
        st.query_params.pop(KEY, None)
    elif st.query_params.get(KEY) != name:
        st.query_params[KEY] = name


def current_person() -> str:
    """The name in use on this page."""
    return str(st.session_state.get(PERSON, DEFAULT_NAME))


def current_role() -> str:
    """The role of the person in use; "" before anybody is known."""
    return str(st.session_state.get(ROLE, ""))


def may_open(page: str) -> bool:
    """Whether the person in use may open a page, by its path."""
    return allows_page(current_role(), page)


def may(capability: Capability) -> bool:
    """Whether the person in use may."""
    return allows(current_role(), capability)


def link_to(page: str, label: str) -> None:
    """A link to a page; nothing where the person may not open it."""
    if may_open(page):
        st.page_link(page, label=label)


def checked_name(typed: str) -> str:
    """The name without outer spaces.

    Raises:
        InputError: the name is empty, too long, or holds characters that can't be printed.
    """
    name = " ".join(typed.split())
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise InputError(f"A name has 1 to {NAME_MAX} printable characters; this one has {len(name)}.")
    return name
