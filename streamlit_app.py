"""The app's entry: page frame, who is at the screen, the pages their role allows, the disclaimer."""

import streamlit as st

from pages.components.disclaimer import show_disclaimer
from pages.components.frame import open_frame
from pages.components.leaving import choose_words
from pages.components.look import apply_look
from pages.components.people import choose_person, may_open
from pages.components.resources import open_resources

PAGES = (
    ("pages/generate.py", "Generate", ":material/add_photo_alternate:"),
    ("pages/compare.py", "Compare", ":material/table_chart:"),
    ("pages/history.py", "History", ":material/photo_library:"),
    ("pages/review.py", "Review", ":material/rate_review:"),
    ("pages/study.py", "Rate a study", ":material/visibility:"),
    ("pages/studies.py", "Studies", ":material/groups:"),
    ("pages/datasets.py", "Datasets", ":material/folder_open:"),
    ("pages/studio.py", "Caption studio", ":material/edit_note:"),
    ("pages/training.py", "Training", ":material/model_training:"),
    ("pages/models.py", "Models", ":material/swap_horiz:"),
    ("pages/verify.py", "Verify", ":material/verified:"),
    ("pages/about.py", "About the model", ":material/info:"),
    ("pages/admin.py", "Administration", ":material/admin_panel_settings:"),
)

st.set_page_config(page_title="Script2Skin", page_icon=":material/dermatology:", layout="wide")
apply_look()
resources = open_resources()
choose_person(resources.repository)
allowed = [page for page in PAGES if may_open(page[0])] or [PAGES[-2]]
page = st.navigation(
    [st.Page(path, title=title, icon=icon, default=path == allowed[0][0]) for path, title, icon in allowed]
)
show_disclaimer()
choose_words()
open_frame()
page.run()
