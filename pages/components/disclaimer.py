"""The sentence that stands on every page."""

import streamlit as st

DISCLAIMER = "Synthetic images for education and research. Not for diagnosis."


def show_disclaimer() -> None:
    """Draws the sentence at the top of the page, calm and always there."""
    with st.container(key="disclaimer"):
        st.caption(f":material/info: {DISCLAIMER}")
