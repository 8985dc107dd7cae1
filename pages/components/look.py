"""The few measures that the theme can't set: page margins, the quiet disclaimer, small screens."""

import streamlit as st

STYLE = """
<style>
.stMainBlockContainer {padding: 3.5rem 3rem 4rem; max-width: 1280px;}
.st-key-disclaimer p {letter-spacing: .01em;}
.st-key-gallery button[kind="tertiary"] {justify-content: flex-start; text-align: left; min-height: 1.75rem;}
.st-key-compare_table button[kind="tertiary"] {justify-content: flex-start; text-align: left;}
.st-key-compare_table > .stGridCell:has([class*="st-key-compare_heading"]) {
  position: sticky; left: 0; z-index: 2; align-self: stretch; padding-right: .5rem;
  background: light-dark(#FBFCFC, #111A1D); overflow-wrap: anywhere; hyphens: auto;
}
.st-key-review_realism kbd, .st-key-review_realism [data-testid="stButtonShortcut"] {display: none;}
.st-key-filter_text {min-width: 15rem;}
button[data-variant="segmented_control"][data-selected="true"] {color: inherit; font-weight: 600;}
@media (max-width: 640px) {
  .stMainBlockContainer {padding: 3.5rem 1rem 4rem;}
}
</style>
"""


WORDMARK = """
<svg xmlns="http://www.w3.org/2000/svg" width="150" height="28" viewBox="0 0 150 28" role="img">
<title>Script2Skin</title>
<circle cx="13" cy="14" r="10" fill="none" stroke="#178289" stroke-width="3" stroke-dasharray="5 2.2"/>
<circle cx="13" cy="14" r="3.2" fill="#178289"/>
<text x="31" y="20" font-family="Helvetica, Arial, sans-serif" font-size="18"
 font-weight="600" fill="#178289">Script2Skin</text>
</svg>
"""
"""An annular lesion and the name, in a teal that stands on light and on dark ground."""


def apply_look() -> None:
    """Adds style and wordmark once per run."""
    st.html(STYLE)
    st.logo(WORDMARK, size="large")
