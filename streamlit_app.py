"""The app's entry: page frame, navigation, the disclaimer on every page, and who is at the screen."""

import streamlit as st

from pages.components.disclaimer import show_disclaimer
from pages.components.frame import open_frame
from pages.components.leaving import choose_words
from pages.components.look import apply_look
from pages.components.people import choose_person
from pages.components.resources import open_resources

PAGES = (
    st.Page("pages/generate.py", title="Generate", icon=":material/add_photo_alternate:", default=True),
    st.Page("pages/compare.py", title="Compare", icon=":material/table_chart:"),
    st.Page("pages/history.py", title="History", icon=":material/photo_library:"),
    st.Page("pages/review.py", title="Review", icon=":material/rate_review:"),
    st.Page("pages/datasets.py", title="Datasets", icon=":material/folder_open:"),
    st.Page("pages/studio.py", title="Caption studio", icon=":material/edit_note:"),
    st.Page("pages/models.py", title="Models", icon=":material/swap_horiz:"),
    st.Page("pages/verify.py", title="Verify", icon=":material/verified:"),
    st.Page("pages/about.py", title="About the model", icon=":material/info:"),
)

st.set_page_config(page_title="Script2Skin", page_icon=":material/dermatology:", layout="wide")
apply_look()
page = st.navigation(list(PAGES))
show_disclaimer()
choose_person(open_resources().repository)
choose_words()
open_frame()
page.run()
