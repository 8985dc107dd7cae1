"""The examiner: measures every picture soon after it was drawn, while no job is waiting.

The mask of unaffected skin comes from the judge's segmentation, for every model. What the judge reads as rash
and site is kept only for models whose card names it. Imports no torch until the first picture.
"""

import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from core.errors import ImageFileError, ModelError
from core.images import read_picture
from core.language.vocabulary import load_vocabulary
from core.measuring.readings import Reading, ReadingStore, Unread
from core.recipes import Recipe
from core.weights.model_cards import load_card

if TYPE_CHECKING:
    from core.measuring.judge import Judge, JudgeReading
    from core.measuring.nearness import Nearness
    from core.measuring.tone import ToneReference

logger = logging.getLogger(__name__)
WEIGHTS = "model.safetensors"
NO_SKIN = "no skin was recognised"


@dataclass(frozen=True, slots=True)
class Instruments:
    """What measures, loaded once. ``digest`` is the SHA-256 of the judge's weights."""

    judge: "Judge"
    reference: "ToneReference"
    nearness: "Nearness"
    digest: str


class Examiner:
    """Measures pictures of one library with the judge in ``folder``; without a judge it has nothing to do."""

    def __init__(self, store: ReadingStore, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._loaded: Instruments | None = None
        self._off = not (folder / WEIGHTS).is_file()

    def run_once(self) -> bool:
        """Measures one picture; False if none waits."""
        if self._off or (unread := self._store.next_unread()) is None:
            return False
        try:
            instruments = self._instruments()
        except ModelError as error:
            logger.warning("pictures are not measured: %s", error)
            self._off = True
            return False
        self._store.record(unread.generation_id, _examine(unread, instruments))
        return True

    def _instruments(self) -> Instruments:
        if self._loaded is None:
            from core.measuring.judge import load_judge
            from core.measuring.nearness import Nearness
            from core.measuring.tone import load_reference

            with (self._folder / WEIGHTS).open("rb") as weights:
                digest = hashlib.file_digest(weights, "sha256").hexdigest()
            judge = load_judge(self._folder)
            self._loaded = Instruments(judge, load_reference(self._folder), Nearness(judge, digest), digest)
        return self._loaded


def _examine(unread: Unread, instruments: Instruments) -> Reading:
    try:
        image = read_picture(unread.image_path)
    except ImageFileError as error:
        return Reading(judge_sha256=instruments.digest, note=str(error))
    reading = measure_picture(
        image, unread.recipe, instruments.judge, instruments.reference, instruments.digest
    )
    nearest = instruments.nearness.of(image, unread.recipe)
    if nearest is None:
        return reading
    return replace(
        reading,
        nearest=nearest.name,
        nearest_of=nearest.label,
        nearest_distance=nearest.distance,
        nearest_share=nearest.share,
        too_near=nearest.too_near,
    )


def measure_picture(
    image: Image.Image, recipe: Recipe, judge: "Judge", reference: "ToneReference", digest: str = ""
) -> Reading:
    """Measures one picture of any size. The tone is compared with the phantoms of the asked site, on the
    scale of the asked tone."""
    from core.measuring.colour import MONK_LAB, delta_e
    from core.measuring.tone import measure_tone

    seen = judge.read(image)
    site, scale = recipe.attributes.site, load_vocabulary().tone_scale(recipe.tone)
    tone = measure_tone(image, seen.skin, site, reference, tuple(scale))
    known = _words(seen) if load_card(recipe.model).judge else {}
    if tone is None:
        return Reading(lesion_share=_lesion_share(seen), judge_sha256=digest, note=NO_SKIN, **known)
    return Reading(
        tone=tone.step,
        monk=tone.monk,
        monk_distance=round(float(delta_e(tone.lab, MONK_LAB[tone.monk - 1])), 3),
        ita=round(tone.ita, 2),
        lesion_share=_lesion_share(seen),
        judge_sha256=digest,
        **known,
    )


def _words(seen: "JudgeReading") -> dict[str, Any]:
    rash, site = seen.likeliest_rash, seen.likeliest_site
    return {
        "rash": rash,
        "rash_probability": round(seen.rash[rash], 4),
        "site": site,
        "site_probability": round(seen.site[site], 4),
        **_further("severity", None if _is_control(rash) else seen.likeliest_severity, seen.severity),
        **_further("view", seen.likeliest_view, seen.view),
    }


def _further(name: str, likeliest: str | None, shares: dict[str, float]) -> dict[str, Any]:
    """A key and its probability; nothing where the judge does not tell it, or there is none to tell."""
    if likeliest is None:
        return {}
    return {name: likeliest, f"{name}_probability": round(shares[likeliest], 4)}


def _is_control(rash: str) -> bool:
    rashes = load_vocabulary().rashes
    return rash in rashes and rashes[rash].control


def _lesion_share(seen: "JudgeReading") -> float | None:
    lesion, skin = int(seen.lesion.sum()), int(seen.skin.sum())
    return round(lesion / (lesion + skin), 4) if lesion + skin else None
