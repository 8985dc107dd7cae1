"""What raters said of pictures, as subqueries: the current sheets of Review and History, and closed studies.

An answer to the five criteria meets them with CRITERIA_MET or more of them answered yes. A picture is found
good when more than half of those who answered all five say so. Answers of a study count once it is closed:
until then its raters could read there what others said. Repeats in a study don't count.
"""

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from core.review.checklists import CRITERIA
from core.review.studies import AI, CRITERIA_MET
from db.tables import ratings, studies, study_answers, study_items, study_showings

r = ratings.c
a, i, s, v = study_answers.c, study_items.c, studies.c, study_showings.c


def said() -> Select:
    """Rows of (generation_id, created_at, met, realism); met is 1, 0 or NULL, realism 1 to 7 or NULL."""
    parts = union_all(_criteria(), _realism(), _of_studies()).subquery("said")
    return select(parts)


def by_picture() -> Select:
    """One row for each picture that was rated: generation_id, judged, good, realism (the mean or NULL)."""
    given = said().subquery("given").c
    judged, met = func.count(given.met), func.coalesce(func.sum(given.met), 0)
    good = case((2 * met > judged, 1), else_=0).label("good")
    realism = func.avg(given.realism).label("realism")
    columns = (given.generation_id, judged.label("judged"), good, realism)
    return select(*columns).group_by(given.generation_id)


def _criteria() -> Select:
    """Of each rater the latest open sheet; met is NULL where it leaves a criterion open."""
    latest = select(func.max(r.id)).where(~r.blind).group_by(r.generation_id, r.rater_id)
    columns = [ratings.c[name] for name in CRITERIA]
    yes = sum((case((column == "yes", 1), else_=0) for column in columns), literal(0))
    whole = and_(*(column.is_not(None) for column in columns))
    met = case((whole, _enough(yes)), else_=null()).label("met")
    return select(r.generation_id, r.created_at, met, cast(null(), Integer).label("realism")).where(
        r.id.in_(latest)
    )


def _realism() -> Select:
    """Of each rater the latest blind realism, or without one the latest open one (db/ratings.py)."""
    blind = func.max(case((r.blind, r.id)))
    latest = func.coalesce(blind, func.max(r.id))
    chosen = select(latest).where(r.realism.is_not(None)).group_by(r.generation_id, r.rater_id)
    met = cast(null(), Integer).label("met")
    return select(r.generation_id, r.created_at, met, r.realism).where(r.id.in_(chosen))


def _of_studies() -> Select:
    """Finished first showings of drawn pictures in closed studies."""
    asked = (*CRITERIA, "realism", "finished")
    closed = (s.closed_at.is_not(None), i.source == AI, ~v.repeat)
    latest = (
        select(func.max(a.id).label("id"), i.generation_id)
        .select_from(studies)
        .join(study_showings, v.study_id == s.id)
        .join(study_items, i.id == v.item_id)
        .join(study_answers, a.showing_id == v.id)
        .where(*closed, a.question.in_(asked))
        .group_by(a.showing_id, a.question, i.generation_id)
        .subquery("latest")
    )
    yes = func.sum(case((and_(a.question.in_(CRITERIA), a.value == '"yes"'), 1), else_=0))
    realism = func.max(case((a.question == "realism", cast(a.value, Integer))))
    done = func.max(case((and_(a.question == "finished", a.value == "true"), 1), else_=0))
    columns = (latest.c.generation_id, func.max(a.created_at), _enough(yes), realism)
    rows = select(*columns).join(latest, latest.c.id == a.id)
    return rows.group_by(a.showing_id, latest.c.generation_id).having(done == 1)


def _enough(yes: ColumnElement[int]) -> ColumnElement[int]:
    return case((yes >= CRITERIA_MET, 1), else_=0)
