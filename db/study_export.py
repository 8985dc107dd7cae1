"""From a study to an export: its drawn pictures with the ratings given there, and all of its answers."""

from collections.abc import Iterator
from dataclasses import replace

from core.exporting.items import Item, Order
from core.exporting.study import StudyAnswers
from db.export_items import Choice, export_order
from db.repository import Repository
from db.study_records import Study


def study_order(
    repository: Repository,
    study: Study,
    asking: str,
    rater_names: bool = False,
    margin: float = 1.0,
    near: bool = False,
    by: str = "",
) -> Order:
    """The order for ``core.exporting.run.export``, which will stand in the audit log, as done by ``by``
    where the asking user's name only says what may be seen. Photographs of the study are never among its
    pictures; those too near to a training picture are where ``near`` asks.

    Raises:
        NotAllowedError: the asking user does not lead the study, or still has pictures of it to rate.
    """
    answers = _answers(repository, study, asking)
    choice = Choice(ids=tuple(sorted(answers.generations.values())), near=near)
    order = export_order(repository, choice, asking, rater_names, margin)

    def write_down(form: str, count: int) -> None:
        what = "its answers" if form == "ratings" else f"{count} pictures as {form}"
        detail = f"{study.name}, {what}{', people named' if rater_names else ''}"
        repository.audit.exported(by or asking, f"study {study.id}", detail)

    return replace(order, walk=lambda: _rated_there(order, answers), study=answers, write_down=write_down)


def _answers(repository: Repository, study: Study, asking: str) -> StudyAnswers:
    responses = repository.studies.responses(study.id, asking)
    plan = {
        "made_at": study.created_at.isoformat(),
        "seed": study.seed,
        "ratings_per_picture": study.ratings_per_picture,
        "repeats": study.repeats,
        "picture_size": study.picture_size,
        "checklists": repository.studies.checklists(study.id, asking),
    }
    drawn = repository.studies.drawn(study.id, asking)
    return StudyAnswers(study.name, plan, tuple(responses), drawn, study.photographs)


def _rated_there(order: Order, answers: StudyAnswers) -> Iterator[Item]:
    """The pictures with the study's ratings in place of the library's."""
    realism = answers.realism()
    for item in order.walk():
        count, mean = realism.get(item.id, (0, None))
        yield replace(item, rating_count=count, realism_mean=mean, sheets=())
