"""Agreement of two raters counted from the rows of the database alone, by the formulas as they are printed.

Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): alpha = 1 - observed / expected disagreement.
Cohen, Weighted kappa (Psychological Bulletin 70, 1968) with quadratic weights.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from statistics import fmean
from typing import Any

from sqlalchemy import text

from db.repository import Repository

ROWS = """
SELECT users.name AS rater, study_items.id AS item, study_items.source AS source, study_answers.question,
       study_answers.value
FROM study_answers
JOIN study_showings ON study_showings.id = study_answers.showing_id
JOIN study_items ON study_items.id = study_showings.item_id
JOIN users ON users.id = study_showings.rater_id
WHERE study_showings.study_id = :study AND NOT study_showings.repeat
ORDER BY study_answers.id
"""
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Told:
    """What both raters said of one picture at first sight: question to their two answers."""

    source: str
    answers: dict[str, Pair]


def told(repository: Repository, study: int, raters: Sequence[str]) -> list[Told]:
    """One entry a picture; of several answers to a question the last one stands."""
    said: dict[tuple[int, str, str], Any] = {}
    sources: dict[int, str] = {}
    with repository.database.reading() as connection:
        for rater, item, source, question, value in connection.execute(text(ROWS), {"study": study}):
            sources[item] = source
            said[item, rater, question] = None if value is None else json.loads(value)
    questions = {question for _, _, question in said}
    return [
        Told(source, {q: tuple(said.get((item, rater, q)) for rater in raters) for q in questions})
        for item, source in sources.items()
    ]


def alpha(pairs: Sequence[Pair], ordinal: bool) -> float:
    """Krippendorff's alpha of units with two values each."""
    pool = Counter(value for pair in pairs for value in pair)
    differs = _ranks_between(pool) if ordinal else (lambda a, b: float(a != b))
    observed = fmean(differs(a, b) for a, b in pairs)
    values = list(pool.elements())
    expected = fmean(differs(a, b) for a, b in permutations(values, 2))
    return 1 - observed / expected


def _ranks_between(pool: Counter) -> Callable[[Any, Any], float]:
    """How many values of the pool lie between two of them, half of both ends among them, squared."""

    def differs(a: Any, b: Any) -> float:
        low, high = min(a, b), max(a, b)
        between = sum(count for value, count in pool.items() if low <= value <= high)
        return float(between - (pool[a] + pool[b]) / 2) ** 2 if a != b else 0.0

    return differs


def kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa with quadratic weights."""
    first, second = zip(*pairs, strict=True)
    observed = fmean((a - b) ** 2 for a, b in pairs)
    expected = fmean((a - b) ** 2 for a, b in product(first, second))
    return 1 - observed / expected
