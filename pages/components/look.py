"""The few measures that the theme can't set: page margins, the quiet disclaimer, small screens."""

import streamlit as st

STYLE = """
<style>
.stMainBlockContainer {padding: 3.5rem 3rem 4rem; max-width: 1280px;}
.st-key-disclaimer p {letter-spacing: .01em;}
@media (max-width: 640px) {
  .stMainBlockContainer {padding: 3.5rem 1rem 4rem;}
}
</style>
"""


def apply_look() -> None:
    """Adds the style once per run."""
    st.html(STYLE)
