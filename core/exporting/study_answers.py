"""The answers of a reader study as rows: one line a finished showing, of drawn pictures and photographs.

No file of a photograph leaves with them, and no line calls one synthetic.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

from core.exporting.study import StudyAnswers
from core.exporting.tables import CsvFile, write_line
from core.exporting.targets import Target, file_in
from core.review.studies import AI, BLIND, REAL, REVEALED, Response

QUESTIONS = (*BLIND, *(name for name in REVEALED if name != "finished"))
MEMBERS = ("answers.csv", "answers.jsonl", "study.json")


def write_answers(study: StudyAnswers, named: bool, target: Target) -> None:
    """The answers as CSV and as JSON lines, and the plan."""
    with file_in(target, MEMBERS[0]) as file, file_in(target, MEMBERS[1]) as lines:
        table = CsvFile(file)
        for row in answer_rows(study, named):
            table.write(row)
            write_line(lines, row)
    plan = {"name": study.name, **study.plan}
    target.add(MEMBERS[2], (json.dumps(plan, indent=1, ensure_ascii=False) + "\n").encode())


def answer_rows(study: StudyAnswers, named: bool) -> Iterator[dict[str, Any]]:
    """By rater and place. Without names the raters' order is by chance too, so that it tells nothing."""
    raters = sorted({response.rater for response in study.responses})
    shown = {rater: rater for rater in raters}
    if not named:
        random.SystemRandom().shuffle(raters)
        shown = {rater: f"rater {number}" for number, rater in enumerate(raters, 1)}
    order = {rater: place for place, rater in enumerate(raters)}
    for response in sorted(study.responses, key=lambda r: (order[r.rater], r.place)):
        yield _row(study, response, shown[response.rater])


def _row(study: StudyAnswers, response: Response, rater: str) -> dict[str, Any]:
    return {
        "rater": rater,
        "place": response.place,
        "repeat": response.repeat,
        "picture": response.item,
        "generation": study.generations.get(response.item),
        "source": {AI: "drawn", REAL: "photograph"}[response.source],
        "synthetic": response.source == AI,
        "rash": response.rash,
        "sites": list(response.sites),
        "tone": response.tone,
        "seconds": round(response.seconds, 2),
        **{name: response.answers.get(name) for name in QUESTIONS},
    }
