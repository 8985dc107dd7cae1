"""The top of a page: its title and, at the far end, what switches the whole page."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def page_heading(title: str) -> DeltaGenerator:
    """Draws the title; returns the row, so that a page can put a control at its end."""
    row = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    row.title(title, width="content", anchor=False)
    return row
