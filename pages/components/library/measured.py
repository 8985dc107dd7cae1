"""What was measured in a picture, in words beside what was asked."""

from core.measuring.readings import Reading
from pages.components.wording import rash_word, severity_label, site_label, tone_label, tone_word, view_label

NEAR_MARK = "near to training"
NEAR_NOTE = "It may repeat that picture, so exports leave it out unless asked."
WAITING = "Not measured yet: that follows when no picture is waiting to be drawn."


def measured_rows(reading: Reading | None) -> list[tuple[str, str]]:
    """Rows for the table of a picture's facts."""
    if reading is None:
        return [("Measured", WAITING)]
    rows = [("Measured skin tone", _tone(reading))]
    if reading.rash is not None and reading.site is not None:
        seen = f"{_share(rash_word(reading.rash), reading.rash_probability)}, "
        seen += _share(site_label(reading.site), reading.site_probability)
        rows.append(("The judge sees", ", ".join([seen, *_further(reading)])))
    if reading.lesion_share is not None:
        rows.append(("Lesions", f"{reading.lesion_share:.0%} of the skin"))
    if reading.nearest is not None:
        rows.append(("Nearest training picture", _nearest(reading)))
    return rows


def measured_words(reading: Reading | None) -> str:
    """The measured tone for the line below a picture; empty while there is none."""
    return f"measured {tone_word(reading.tone)}" if reading and reading.tone else ""


def _further(reading: Reading) -> list[str]:
    """Severity and view, where the judge tells them."""
    read = (
        (reading.severity, severity_label, reading.severity_probability),
        (reading.view, view_label, reading.view_probability),
    )
    return [_share(label(key).lower(), probability) for key, label, probability in read if key is not None]


def _nearest(reading: Reading) -> str:
    """Its name, and what its distance means among the training pictures themselves."""
    found = f"{reading.nearest} of {reading.nearest_of}, distance {reading.nearest_distance:.2f}: "
    share = reading.nearest_share or 0.0
    if reading.too_near:
        return f"{found}nearer than 99 % of them lie to one another. {NEAR_NOTE}"
    return f"{found}{share:.0%} of them lie nearer to one another"


def _tone(reading: Reading) -> str:
    if reading.tone is None:
        return f"Not measured: {reading.note}"
    swatch = f"nearest to Monk {reading.monk} (ΔE {reading.monk_distance:.1f})"
    return f"{tone_label(reading.tone)}: {swatch}, ITA {reading.ita:.0f}°"


def _share(label: str, probability: float | None) -> str:
    return label if probability is None else f"{label} ({probability:.0%})"
