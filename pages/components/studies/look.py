"""How the desk of a study looks and moves: the picture stays in sight, the open question is marked and
brought into view, buttons are large enough for a finger.
"""

import streamlit as st

from core.measuring.colour import MONK_SWATCHES

TOUCH = 44
"""Least side of what is touched, in CSS pixels (WCAG 2.2, target size, enhanced)."""

TEAL = "#178289"
GROUNDS = {"light": "#FBFCFC", "dark": "#111A1D"}
"""The page's own ground (.streamlit/config.toml): what scrolls goes behind the picture."""

STYLE = f"""
.st-key-study_desk button {{min-height: {TOUCH}px; min-width: {TOUCH}px;}}
.st-key-study_desk [class*="st-key-study_question_"] {{border-left: 3px solid transparent;
  padding: .15rem 0 .15rem .75rem; scroll-margin: 5rem;}}
.st-key-study_swatches {{display: grid; grid-template-columns: repeat(10, 1fr); gap: 2px;}}
.st-key-study_swatches .stElementContainer, .st-key-study_swatches .stButton {{width: 100%;}}
.st-key-study_swatches button {{width: 100%; min-width: 0; padding: 0; border: 1px solid #8a9699;}}
.st-key-study_swatches button p {{font-size: 0;}}
.st-key-study_swatches [aria-label^="Shortcut"], .st-key-study_question_realism [aria-label^="Shortcut"],
.st-key-study_desk [class*="_confidence"] [aria-label^="Shortcut"] {{display: none;}}
@media (max-width: 1240px) {{
  .st-key-study_swatches {{grid-template-columns: repeat(5, 1fr);}}
}}
@media (min-width: 1001px) {{
  .stColumn:has(> div .st-key-study_picture) {{position: sticky; top: 4rem; align-self: flex-start;}}
}}
@media (max-width: 1000px) {{
  .stHorizontalBlock:has(> .stColumn .st-key-study_picture) {{flex-direction: column;}}
  .stHorizontalBlock:has(> .stColumn .st-key-study_picture) > .stColumn {{width: 100%; flex: none;}}
  .stColumn:has(> div .st-key-study_picture) {{position: sticky; top: 3rem; z-index: 2; background: GROUND;}}
  .st-key-study_picture img {{width: auto !important; height: min(36vh, 100vw) !important; margin: auto;
    display: block;}}
  .stMainBlockContainer:has(.st-key-study_desk) .st-key-study_picture {{padding-bottom: .5rem;}}
  .stMainBlockContainer:has(.st-key-study_desk) {{padding-left: 1.25rem; padding-right: 1.25rem;}}
}}@media (max-width: 640px) {{
  .st-key-study_picture img {{height: min(30vh, 100vw) !important;}}
}}
"""


def apply_style(active: str | None, showing: int, chosen: int | None) -> None:
    """Colours the swatches of this showing, rings the chosen Monk step and marks the open question."""
    rules = [
        f".st-key-study_tone_{step}_{showing} button {{background: rgb{tuple(int(c) for c in colour)};}}"
        for step, colour in enumerate(MONK_SWATCHES, 1)
    ]
    if chosen:
        ring = f"outline: 3px solid {TEAL}; outline-offset: 1px; z-index: 1;"
        rules.append(f".st-key-study_tone_{chosen}_{showing} button {{{ring}}}")
    if active:
        rules.append(f".st-key-study_desk .st-key-study_question_{active} {{border-left-color: {TEAL};}}")
    style = STYLE.replace("GROUND", GROUNDS[st.context.theme.type or "light"])
    st.html(f"<style>{style}{''.join(rules)}</style>")


_MOVE = """
let last = "";
export default function ({ data }) {
  if (!data.question || data.at === last) return;
  last = data.at;
  let tries = 0;
  const timer = setInterval(() => {
    const question = document.querySelector(".st-key-study_question_" + data.question);
    if (!question && ++tries < 40) return;
    clearInterval(timer);
    if (!question) return;
    const input = data.typed && question.querySelector("input");
    if (input && matchMedia("(pointer: fine)").matches) input.focus({ preventScroll: true });
    if (input) input.onkeydown = (event) => { if (event.key === "Escape") input.blur(); };
    const picture = document.querySelector(".st-key-study_picture");
    const stacked = matchMedia("(max-width: 1000px)").matches;
    const top = stacked && picture ? picture.getBoundingClientRect().bottom : 64;
    const box = question.getBoundingClientRect();
    if (box.top >= top && box.bottom <= innerHeight - 16) return;
    const pane = question.closest(".stMain");
    const middle = (top + innerHeight) / 2 - box.height / 2;
    pane.scrollBy({ top: box.top - middle, behavior: "smooth" });
  }, 50);
  return () => clearInterval(timer);
}
"""
_guide = st.components.v2.component("study_guide", js=_MOVE)


def lead_to(question: str | None, showing: int) -> None:
    """Brings the open question into view once, and the cursor into it where something is typed (on a touch
    screen this would open the keyboard)."""
    typed = question is not None and question.startswith("diagnosis_") and "confidence" not in question
    data = {"question": question or "", "at": f"{showing}/{question}", "typed": typed}
    _guide(data=data, key="study_guide", height=1)
