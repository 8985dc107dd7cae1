"""The figures of a study: real or AI, criteria, realism, agreement, consistency, learning; of all pictures
or of those of one rash, site or tone.

First showings alone count, except for consistency, which compares them with the repeats. Sensitivity is the
share of AI pictures called AI, specificity the share of photographs called real. Only pictures that were
drawn count for criteria and realism.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from core.language.vocabulary import load_vocabulary
from core.review.agreement import Figure, TooFew, alpha, difference, kappa, mean, share
from core.review.checklists import CRITERIA
from core.review.studies import AI, CRITERIA_MET, REAL, VERDICTS, Response

CHANCE = 0.5
BREAKDOWNS = {"rash": "Rash", "site": "Body site", "tone": "Skin tone"}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure with its name. ``chance`` is what guessing would give, None where there is no such value."""

    name: str
    figure: Figure
    chance: float | None = None
    percent: bool = True


def figures(responses: Sequence[Response]) -> list[Line]:
    """The main figures of these responses."""
    first = [r for r in responses if not r.repeat]
    drawn = [r for r in first if r.source == AI]
    real = [r for r in first if r.source == REAL]
    return [
        Line("Real or AI: accuracy", _told(first) if real and drawn else TooFew(0, 1, MIXED), CHANCE),
        Line("Real or AI: sensitivity (AI called AI)", _told(drawn), CHANCE),
        Line("Real or AI: specificity (real called real)", _told(real), CHANCE),
        Line(
            f"Pictures with at least {CRITERIA_MET} of 5 criteria", share([(r.item, met(r)) for r in drawn])
        ),
        Line("Realism, mean (1 to 7)", mean([(r.item, r.answers["realism"]) for r in drawn]), percent=False),
    ]


MIXED = "photographs beside drawn pictures"


def agreement(responses: Sequence[Response]) -> list[Line]:
    """Between raters: Krippendorff's alpha for every question, weighted kappa for those with an order."""
    first = [r for r in responses if not r.repeat]
    lines = [Line("Real or AI: α", alpha(_values(first, lambda r: r.answers["origin"])), percent=False)]
    for name, read in ORDERED.items():
        values = _values(first, read)
        lines.append(Line(f"{name}: α", alpha(values, "ordinal"), percent=False))
        lines.append(Line(f"{name}: weighted κ", kappa(values), percent=False))
    return lines


def consistency(responses: Sequence[Response]) -> list[Line]:
    """Each rater with themselves: the first showing beside the repeat."""
    pairs = _pairs(responses)
    same = [(f.item, f.answers["origin"] == s.answers["origin"]) for f, s in pairs]
    twice = {
        (f.rater, f.item): {"first": f.answers["realism"], "second": s.answers["realism"]} for f, s in pairs
    }
    return [
        Line("Same answer to real or AI", share(same)),
        Line("Realism: weighted κ with themselves", kappa(twice), percent=False),
    ]


def learning(responses: Sequence[Response]) -> list[Line]:
    """What changes from the first half of each rater's pictures to the second; repeats don't count."""
    early: list[Response] = []
    late: list[Response] = []
    for rater in sorted({r.rater for r in responses}):
        mine = sorted((r for r in responses if r.rater == rater and not r.repeat), key=lambda r: r.place)
        early += mine[: len(mine) // 2]
        late += mine[len(mine) // 2 :]
    return [
        Line(
            "Real or AI: accuracy, second half minus first",
            difference([told(r) for r in early], [told(r) for r in late]),
            0.0,
        ),
        Line("Seconds on a picture, first half", mean([(r.item, r.seconds) for r in early]), percent=False),
        Line("Seconds on a picture, second half", mean([(r.item, r.seconds) for r in late]), percent=False),
    ]


def breakdown(responses: Sequence[Response], by: str) -> dict[str, list[Response]]:
    """Responses by "rash", "site" or "tone", in the vocabulary's order; one of two sites counts for both."""
    read: dict[str, Callable[[Response], Sequence[str]]] = {
        "rash": lambda r: [r.rash] if r.rash else [],
        "site": lambda r: r.sites,
        "tone": lambda r: [r.tone] if r.tone else [],
    }
    parts: dict[str, list[Response]] = {}
    for response in responses:
        for key in read[by](response):
            parts.setdefault(key, []).append(response)
    place = {key: number for number, key in enumerate(load_vocabulary().entries(by))}
    return dict(sorted(parts.items(), key=lambda part: (place.get(part[0], len(place)), part[0])))


def told(response: Response) -> bool:
    """Whether real or AI was answered right."""
    return response.answers["origin"] == response.source


def met(response: Response) -> bool:
    """Whether enough of the five criteria were answered yes."""
    return sum(response.answers[name] == "yes" for name in CRITERIA) >= CRITERIA_MET


def criteria_met(response: Response) -> int:
    """The five criteria as one figure from 0 to 10: no 0, partly 1, yes 2."""
    return sum(2 - VERDICTS.index(response.answers[name]) for name in CRITERIA)


ORDERED: dict[str, Callable[[Response], int]] = {
    "Criteria (sum)": criteria_met,
    "Realism": lambda r: r.answers["realism"],
    "Skin tone seen (Monk)": lambda r: r.answers["tone_seen"],
}


def _told(responses: Sequence[Response]) -> Figure:
    return share([(r.item, told(r)) for r in responses])


def _values(responses: Sequence[Response], read: Callable[[Response], Any]) -> dict[Hashable, dict[str, Any]]:
    found: dict[Hashable, dict[str, Any]] = {}
    for response in responses:
        found.setdefault(response.item, {})[response.rater] = read(response)
    return found


def _pairs(responses: Sequence[Response]) -> list[tuple[Response, Response]]:
    firsts = {(r.rater, r.item): r for r in responses if not r.repeat}
    seconds = [r for r in responses if r.repeat]
    return [(firsts[r.rater, r.item], r) for r in seconds if (r.rater, r.item) in firsts]
