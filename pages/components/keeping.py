"""What was chosen on one page, kept on another that asks the same."""

import streamlit as st


def carry_over(*keys: str) -> None:
    """Keeps what was chosen on another page that asks the same.

    Streamlit gives a widget that is new to a page its lowest or first value (one step, for example) unless
    one was set in the same run.
    """
    for key in keys:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
