"""The app's entry: page frame, who is at the screen, the pages their role allows, the disclaimer."""

import streamlit as st

from pages.components.disclaimer import show_disclaimer
from pages.components.frame import open_frame
from pages.components.leaving import choose_words
from pages.components.look import apply_look
from pages.components.people import choose_person, may_open
from pages.components.resources import open_resources

SECTIONS = {
    "Pictures": (
        ("pages/generate.py", "Generate", ":material/add_photo_alternate:"),
        ("pages/compare.py", "Compare", ":material/table_chart:"),
        ("pages/history.py", "History", ":material/photo_library:"),
        ("pages/verify.py", "Verify", ":material/verified:"),
    ),
    "Review": (
        ("pages/review.py", "Review", ":material/rate_review:"),
        ("pages/study.py", "Rate a study", ":material/visibility:"),
        ("pages/studies.py", "Studies", ":material/groups:"),
        ("pages/insights.py", "Insights", ":material/insights:"),
    ),
    "Training": (
        ("pages/datasets.py", "Datasets", ":material/folder_open:"),
        ("pages/studio.py", "Caption studio", ":material/edit_note:"),
        ("pages/training.py", "Training", ":material/model_training:"),
        ("pages/models.py", "Models", ":material/swap_horiz:"),
    ),
    "Script2Skin": (
        ("pages/about.py", "About the model", ":material/info:"),
        ("pages/admin.py", "Administration", ":material/admin_panel_settings:"),
    ),
}
# What somebody may open who has not signed in.
NOBODYS = "pages/about.py"

st.set_page_config(page_title="Script2Skin", page_icon=":material/dermatology:", layout="wide")
apply_look()
resources = open_resources()
choose_person(resources.repository)
shown = {
    section: [page for page in pages if may_open(page[0])] or [page for page in pages if page[0] == NOBODYS]
    for section, pages in SECTIONS.items()
}
first = next(path for pages in shown.values() for path, _, _ in pages)
page = st.navigation(
    {
        section: [st.Page(path, title=title, icon=icon, default=path == first) for path, title, icon in pages]
        for section, pages in shown.items()
        if pages
    },
    expanded=True,
)
show_disclaimer()
choose_words()
open_frame()
page.run()
