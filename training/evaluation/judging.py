"""Pictures with known or asked attributes, read by the judge: one record a picture."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from PIL import Image

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import Judge
from core.measuring.tone import ToneReference, measure_tone
from core.weights.model_cards import OPTIONAL

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Judged:
    """What was asked of one picture (or is true of a phantom), and what was seen. Keys of the vocabulary.

    ``tone`` is None where no skin was found; that counts as wrong. The tone is scored at the site that was
    asked for, not at the one that the judge sees: it is asked against measured, attribute by attribute.
    """

    asked: Attributes
    rash: str
    rash_probability: float
    site: str
    site_probability: float
    tone: str | None
    monk: int | None
    ita: float | None
    lab: tuple[float, float, float] | None
    lesion_share: float
    """Lesion area as a share of skin and lesion."""
    severity: str | None = None
    view: str | None = None
    """As seen; None where the judge does not tell them."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; of severity and view only what was asked or seen."""
        asked = {"rash": self.asked.rash, "sites": list(self.asked.sites), "tone": self.asked.tone}
        further = {kind: getattr(self.asked, kind) for kind in OPTIONAL if getattr(self.asked, kind)}
        values = {name: value for name, value in asdict(self).items() if name not in OPTIONAL or value}
        return {**values, "asked": {**asked, **further}}


def judge_pictures(
    judge: Judge, reference: ToneReference, pictures: Iterable[tuple[Image.Image, Attributes]]
) -> Iterator[Judged]:
    """Reads pictures in order, a few at a time; each tone on the scale that was asked."""
    waiting, scale_of_tone = iter(pictures), load_vocabulary().tone_scale
    while group := list(islice(waiting, AT_ONCE)):
        readings = judge.read_many([image for image, _ in group])
        for (image, asked), reading in zip(group, readings, strict=True):
            tone = measure_tone(image, reading.skin, asked.site, reference, tuple(scale_of_tone(asked.tone)))
            skin, lesion = int(reading.skin.sum()), int(reading.lesion.sum())
            yield Judged(
                asked,
                reading.likeliest_rash,
                reading.rash[reading.likeliest_rash],
                reading.likeliest_site,
                reading.site[reading.likeliest_site],
                tone.step if tone else None,
                tone.monk if tone else None,
                tone.ita if tone else None,
                tone.lab if tone else None,
                lesion / max(1, skin + lesion),
                reading.likeliest_severity,
                reading.likeliest_view,
            )
