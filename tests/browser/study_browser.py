"""A rater in a browser of their own, who answers by keys and watches what the server sends meanwhile."""

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import zip_longest
from typing import Any

from PIL import Image

from core.review.checklists import CRITERIA
from core.review.studies import VERDICTS
from tests.browser.serving import SETTLED

TELLTALE = re.compile(
    r"\b(tinea|acne|foot|cheek|fair skin|brown skin|tiny|ddim|rash|clinic)\b", re.IGNORECASE
)
"""What was asked for, what drew it, and where a photograph lies."""

PATIENCE = 60_000
"""Milliseconds."""

SIDE = 128
BADGE = "button:not([disabled]) [aria-label^='Shortcut']"
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
Step = tuple[str, str]
"""A question and the key that answers it."""


@dataclass
class Rater:
    """One person at one machine. ``frames`` is what came over the wire since the picture did; ``shown`` are
    the pictures, as hashes of their pixels, in the order seen."""

    browser: Any
    address: str
    name: str
    frames: list[bytes] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    page: Any = None
    begun: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(self.name)
        self.sit_down()

    def sit_down(self) -> None:
        """Opens the page in a new browser context, as on another machine."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(PATIENCE)
        self.page = context.new_page()
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._heard))
        self.page.goto(f"{self.address}/study?user={self.name.replace(' ', '%20')}")
        self.wait_for(".st-key-study_picture img")

    def _heard(self, frame: str | bytes) -> None:
        self.frames.append(frame if isinstance(frame, bytes) else frame.encode())

    def wait_for(self, selector: str) -> None:
        """Until it is in the page."""
        self.page.wait_for_selector(selector, state="attached")

    def key(self, key: str) -> None:
        """Presses a key wherever the cursor is."""
        self.page.keyboard.press(key)

    def give(self, question: str, key: str) -> None:
        """Presses a number key once the question has it and the page is drawn."""
        self.wait_for(f".st-key-study_question_{question} {BADGE}")
        self.page.wait_for_function(SETTLED)
        self.page.evaluate(NEXT_FRAME)
        self.key(key)

    def answered(self, question: str) -> None:
        """Waits until an answer is kept and shown."""
        self.wait_for(f".st-key-study_question_{question} button[kind=primary]")

    def check_blind(self) -> None:
        """Neither the page, nor what was sent for it, nor the picture's file tells what must not be known."""
        words = self.page.evaluate(
            "[document.body.innerText, ...[...document.querySelectorAll('*')]"
            ".flatMap(one => [...one.attributes].map(each => each.value))].join('\\n')"
        )
        sent = b"\n".join(self.frames).decode("utf-8", "ignore")
        for said in (words, sent):
            assert not TELLTALE.search(said), TELLTALE.findall(said)

    def look(self) -> None:
        """Checks that nothing is told, not by the picture's file either, and notes which picture it is."""
        self.wait_for(".st-key-study_picture img")
        self.check_blind()
        source = self.page.locator(".st-key-study_picture img").get_attribute("src")
        answer = self.page.request.get(self.address + source if source.startswith("/") else source)
        assert not TELLTALE.search(answer.body().decode("latin-1"))
        with Image.open(BytesIO(answer.body())) as image:
            assert image.size == (SIDE, SIDE) and not image.info
            self.shown.append(hashlib.sha256(image.tobytes()).hexdigest())

    def blind_steps(self) -> list[Step]:
        """The picture can't be judged; real or AI, and how sure."""
        origin = [("origin", self._one_of(2)), ("origin_confidence", self._one_of(5))]
        begun, self.begun = self.begun, False
        return origin if begun else [("gradable", "2"), *origin]

    def open_steps(self) -> list[Step]:
        """The five criteria."""
        return [(name, self._one_of(len(VERDICTS))) for name in CRITERIA]

    def _one_of(self, count: int) -> str:
        return str(self.chance.randint(1, count))

    def reveal(self) -> None:
        """Enter, once its button is enabled."""
        self._enter("reveal")
        self.wait_for(".st-key-study_question_site")

    def _enter(self, button: str, first: Callable[[], None] = lambda: None) -> None:
        self.wait_for(f"[class*=st-key-study_{button}_] button:not([disabled])")
        self.page.wait_for_function(SETTLED)
        self.page.evaluate(NEXT_FRAME)
        first()
        self.key("Enter")

    def finish(self) -> None:
        """Skin tone, realism, no artefacts, the next picture."""
        self.give("tone_seen", str(self.chance.randint(0, 9)))
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('.st-key-study_swatches button')]"
            ".some(one => getComputedStyle(one).outlineWidth === '3px')"
        )
        self.give("realism", self._one_of(7))
        self.answered("realism")
        self.give("artefacts", "1")
        self.answered("artefacts")
        self._enter("next", self.frames.clear)
        self.page.wait_for_function(
            "() => !document.querySelector('.st-key-study_question_site')"
            " && document.querySelector('.st-key-study_question_gradable, .st-key-study_empty')"
        )


def together(raters: Sequence[Rater], steps: Sequence[list[Step]]) -> None:
    """A key of each rater, then the next of each, so that they work at the same time."""
    for row in zip_longest(*steps):
        pairs = [(rater, step) for rater, step in zip(raters, row, strict=True) if step is not None]
        for rater, (question, key) in pairs:
            rater.give(question, key)
        for rater, (question, _) in pairs:
            rater.answered(question)
