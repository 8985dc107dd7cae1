"""Figures and tables of judged pictures: accuracies with intervals, confusion matrices, by site and tone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.measuring.colour import delta_e, ita_degrees, nearest_monk
from core.measuring.tone import ToneReference
from training.clip_tuning.metrics import Proportion, confusion, proportion
from training.evaluation.judging import Judged

ORIGINAL_THREE = ("acne", "eczema", "tinea")
"""The rashes of the first Script2Skin."""

NOT_SEEN = "none"
"""Column of the tone matrix for pictures in which no skin was found."""

Score = Callable[[Judged], bool]


@dataclass(frozen=True, slots=True)
class Scale:
    """The keys that a set of pictures is scored on; tones from light to dark."""

    rashes: tuple[str, ...]
    sites: tuple[str, ...]
    tones: tuple[str, ...]
    severities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    true_sites: bool = False
    """Whether rashes are asked for only where they occur."""

    def further(self, judged: Sequence[Judged]) -> dict[str, list[tuple[str, str]]]:
        """(asked, seen) of severity and view, where they were asked for and the judge tells them."""
        keys = {"severity": self.severities, "view": self.views}
        pairs = {
            k: [(getattr(j.asked, k), getattr(j, k)) for j in judged] for k, known in keys.items() if known
        }
        found = {kind: [(a, b) for a, b in asked if a and b] for kind, asked in pairs.items()}
        return {kind: pairs for kind, pairs in found.items() if pairs}

    def steps_apart(self, judged: Judged) -> int | None:
        """Steps between asked and measured tone; None where one is missing.

        A measured tone that is not on the scale lies as far away as the scale is long.
        """
        if judged.asked.tone is None or judged.tone is None:
            return None
        if judged.tone not in self.tones:
            return len(self.tones)
        return abs(self.tones.index(judged.asked.tone) - self.tones.index(judged.tone))


def accuracies(judged: Sequence[Judged], scale: Scale) -> dict[str, Proportion]:
    """The named accuracies. Only pictures that asked for the attribute count."""
    rash = [j for j in judged if j.asked.rash]
    site = [j for j in judged if j.asked.site]
    tone = [j for j in judged if j.asked.tone]
    apart = [scale.steps_apart(j) for j in tone]
    return {
        "rash_all": proportion([j.rash == j.asked.rash for j in rash]),
        "rash_original_three": proportion(
            [j.rash == j.asked.rash for j in rash if j.asked.rash in ORIGINAL_THREE]
        ),
        "site": proportion([j.site == j.asked.site for j in site]),
        "tone_within_one": proportion([steps is not None and steps <= 1 for steps in apart]),
        "tone_exact": proportion([steps == 0 for steps in apart]),
        **{
            kind: proportion([asked == seen for asked, seen in pairs])
            for kind, pairs in scale.further(judged).items()
        },
    }


def flat(found: dict[str, Proportion], suffix: str = "") -> dict[str, Any]:
    """NAME and NAME_interval entries; names without trials are left out."""
    figures: dict[str, Any] = {}
    for name, share in found.items():
        if share.interval is not None:
            figures[name + suffix] = share.value
            figures[f"{name}{suffix}_interval"] = list(share.interval)
    return figures


def tables(judged: Sequence[Judged], scale: Scale) -> dict[str, Any]:
    """Confusion matrices, and every accuracy by rash, site and tone."""
    tone = [j for j in judged if j.asked.tone]
    keys = {"severity": scale.severities, "view": scale.views}
    further = scale.further(judged)
    return {
        "rash_confusion": _matrix(
            [(j.asked.rash, j.rash) for j in judged if j.asked.rash], scale.rashes, scale.rashes
        ),
        "site_confusion": _matrix(
            [(j.asked.site, j.site) for j in judged if j.asked.site], scale.sites, scale.sites
        ),
        "tone_confusion": _matrix(
            [(j.asked.tone, j.tone or NOT_SEEN) for j in tone], scale.tones, (*scale.tones, NOT_SEEN)
        ),
        **{f"{kind}_confusion": _matrix(pairs, keys[kind], keys[kind]) for kind, pairs in further.items()},
        "by_rash": _by(judged, scale, lambda j: j.asked.rash),
        "by_site": _by(judged, scale, lambda j: j.asked.site),
        "by_tone": _by(judged, scale, lambda j: j.asked.tone),
        **{f"by_{kind}": _by(judged, scale, _asked_for(kind)) for kind in further},
        "measured_tone": {key: _measured([j for j in tone if j.asked.tone == key]) for key in scale.tones},
    }


def tone_errors(judged: Sequence[Judged], reference: ToneReference, scale: Scale) -> dict[str, Any]:
    """How far measured skin lies from what phantoms of the asked tone show at the asked site.

    ``delta_e`` is CIEDE2000; ``ita`` degrees, above 0 where the picture is lighter; ``monk`` steps of the
    nearest swatches, above 0 where it is darker. Means, and the mean of the absolute values, by asked tone.
    """
    errors = {key: [_tone_error(j, reference) for j in _measured_of(judged, key)] for key in scale.tones}
    everything = [error for group in errors.values() for error in group]
    return {key: _error_means(group) for key, group in (("all", everything), *errors.items()) if group}


def _measured_of(judged: Sequence[Judged], tone: str) -> list[Judged]:
    return [j for j in judged if j.asked.tone == tone and j.lab is not None]


def _tone_error(judged: Judged, reference: ToneReference) -> tuple[float, float, float]:
    """(delta_e, ita, monk) of one picture."""
    asked = np.asarray(reference.at(judged.asked.site)[judged.asked.tone or ""])
    seen = np.asarray(judged.lab)
    monk = nearest_monk(seen) - nearest_monk(asked)
    return float(delta_e(seen, asked)), float(ita_degrees(seen) - ita_degrees(asked)), float(monk)


def _error_means(errors: Sequence[tuple[float, float, float]]) -> dict[str, float]:
    means, sizes = np.mean(errors, axis=0), np.mean(np.abs(errors), axis=0)
    names = ("delta_e", "ita", "monk")
    return {
        "pictures": len(errors),
        **{name: round(float(value), 3) for name, value in zip(names, means, strict=True)},
        **{f"{name}_absolute": round(float(value), 3) for name, value in zip(names, sizes, strict=True)},
    }


def _matrix(
    pairs: Sequence[tuple[str | None, str]], rows: Sequence[str], columns: Sequence[str]
) -> dict[str, Any]:
    """Counts by asked row and seen column. A row asked for that no judge knows still has its line."""
    asked = [a or "" for a, _ in pairs]
    labels = list(dict.fromkeys([*rows, *asked, *columns, *(b for _, b in pairs)]))
    counts = np.asarray(confusion(asked, [b for _, b in pairs], labels))
    shown = [i for i, label in enumerate(labels) if label in rows or counts[i].any()]
    seen = [i for i, label in enumerate(labels) if label in columns or counts[:, i].any()]
    return {
        "asked": [labels[i] for i in shown],
        "seen": [labels[i] for i in seen],
        "counts": counts[np.ix_(shown, seen)].tolist(),
    }


def _by(
    judged: Sequence[Judged], scale: Scale, key: Callable[[Judged], str | None]
) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(key(one) or "", []).append(one)
    groups.pop("", None)
    return {name: {"pictures": len(g), **flat(accuracies(g, scale))} for name, g in sorted(groups.items())}


def _asked_for(kind: str) -> Callable[[Judged], str | None]:
    return lambda judged: getattr(judged.asked, kind)


def _measured(judged: Sequence[Judged]) -> dict[str, Any]:
    """What pictures asked for in one tone show: median Lab and ITA, and the counts of nearest Monk steps."""
    seen = [j for j in judged if j.lab is not None and j.ita is not None]
    if not seen:
        return {"pictures": 0}
    monk = [j.monk for j in seen]
    return {
        "pictures": len(seen),
        "lab": [round(float(v), 2) for v in np.median([j.lab for j in seen if j.lab], axis=0)],
        "ita": round(float(np.median([j.ita for j in seen if j.ita is not None])), 1),
        "monk": {str(step): monk.count(step) for step in range(1, 11)},
    }
