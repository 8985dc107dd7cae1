"""Reader studies: making and following one. What raters are shown stands in db/study_desks.py."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, Select, delete, exists, func, insert, select, update

from core.errors import BlindedError, InputError, NotAllowedError, NotFoundError
from core.review.checklists import Checklist, checked, checklist_of, load_checklists
from core.review.studies import AI, REAL, Response
from core.review.study_plan import plan_showings
from core.roles import Capability
from db.audit import Action, write
from db.blinding import finished, withheld
from db.engine import Database
from db.narrowing import seen_by
from db.rows import allowed_id, may_change, user_id
from db.study_desks import StudyDesks
from db.study_records import RaterProgress, Study, StudyDraft, Withheld
from db.study_responses import read_responses
from db.tables import generations, studies, study_answers, study_items, study_showings, users

NAME_MAX, PICTURES_MAX = 200, 2000

s, i, v = studies.c, study_items.c, study_showings.c


@dataclass(frozen=True, slots=True)
class Studies(StudyDesks):
    """The studies of one library."""

    database: Database

    def create(self, draft: StudyDraft, asking: str) -> Study:
        """Makes the study, every rater's order with it.

        Raises:
            InputError: the plan is impossible, the name taken, a checklist incomplete, or a rater
                may not rate.
            NotAllowedError: the asking user leads no studies.
            NotFoundError: a picture is gone or not theirs to see.
        """
        count = len(draft.generations) + len(draft.photographs)
        name = _checked_name(draft, count)
        plan = plan_showings(count, draft.raters, draft.ratings_per_picture, draft.repeats, draft.seed)
        texts = load_checklists() | {
            rash: checked(sentences, rash) for rash, sentences in draft.checklists.items()
        }
        with self.database.writing() as connection:
            owner = allowed_id(connection, asking, Capability.LEAD)
            if connection.execute(select(s.id).where(s.name == name)).first():
                raise InputError(f"There is already a study named '{name}'; choose another name.")
            raters = {rater: _rater(connection, rater) for rater in draft.raters}
            rows, size = _items(connection, draft, owner)
            values = {"name": name, "owner_id": owner, "created_at": self.database.clock()}
            values |= {"seed": draft.seed, "ratings_per_picture": draft.ratings_per_picture}
            values |= {"repeats": draft.repeats, "picture_size": size, "checklists": json.dumps(texts)}
            key = connection.execute(insert(studies).values(**values).returning(s.id)).scalar_one()
            items = [
                connection.execute(
                    insert(study_items).values(study_id=key, **row).returning(i.id)
                ).scalar_one()
                for row in rows
            ]
            showings = [
                {"study_id": key, "item_id": items[shown.item], "rater_id": raters[rater]}
                | {"place": place, "repeat": shown.repeat}
                for rater, order in plan.items()
                for place, shown in enumerate(order, 1)
            ]
            connection.execute(insert(study_showings), showings)
            write(connection, self.database, asking, Action.STUDY_MADE, f"study {key}", name)
            return _study(connection, key)

    def led_by(self, asking: str) -> list[Study]:
        """Those the asking user leads, newest first; an admin's list holds all."""
        with self.database.reading() as connection:
            allowed_id(connection, asking, Capability.LEAD)
            rows = connection.execute(_query().order_by(s.id.desc())).all()
            return [Study(*row) for row in rows if may_change(connection, row.owner, asking)]

    def close(self, id: int, asking: str, closed: bool = True) -> None:
        """Takes no more answers, or takes them again. The study's lead and admins only."""
        moment = self.database.clock() if closed else None
        with self.database.writing() as connection:
            study = _led(connection, id, asking)
            connection.execute(update(studies).where(s.id == id).values(closed_at=moment))
            action = Action.STUDY_CLOSED if closed else Action.STUDY_REOPENED
            write(connection, self.database, asking, action, f"study {id}", study.name)

    def delete(self, id: int, asking: str) -> None:
        """Removes a study that nobody has begun.

        Raises:
            InputError: there are answers; they are kept, so close the study instead.
        """
        with self.database.writing() as connection:
            study = _led(connection, id, asking)
            begun = exists().where(study_answers.c.showing_id == v.id, v.study_id == id)
            if connection.execute(select(begun)).scalar():
                raise InputError(
                    f"'{study.name}' has answers, and answers are never deleted; close it instead."
                )
            connection.execute(delete(studies).where(s.id == id))
            write(connection, self.database, asking, Action.STUDY_DELETED, f"study {id}", study.name)

    def progress(self, id: int, asking: str) -> list[RaterProgress]:
        """How far each rater is. The study's lead and admins only."""
        with self.database.reading() as connection:
            _led(connection, id, asking)
            return progress_rows(connection, v.study_id == id)

    def of_rater(self, rater: str) -> list[RaterProgress]:
        """The rater's own studies, newest first."""
        with self.database.reading() as connection:
            return progress_rows(connection, v.rater_id == user_id(connection, rater))

    def withheld(self, rater: str) -> list[Withheld]:
        """The studies that hide pictures from the person until they have rated all of them."""
        with self.database.reading() as connection:
            return withheld(connection, user_id(connection, rater))

    def responses(self, id: int, asking: str) -> list[Response]:
        """All finished showings, for statistics.

        Raises:
            NotAllowedError: the asking user does not lead the study.
            BlindedError: they still have pictures of it to rate.
        """
        with self.database.reading() as connection:
            _led(connection, id, asking)
            own = [p for p in progress_rows(connection, v.study_id == id) if p.rater == asking]
            if any(p.done < p.total and not p.closed for p in own):
                raise BlindedError("You rate this study yourself: its figures appear when you are done.")
            return read_responses(connection, id)

    def named(self, name: str, asking: str) -> Study:
        """Raises NotFoundError unless the asking user leads a study of this name; the message has those."""
        led = self.led_by(asking)
        if (found := next((study for study in led if study.name == name), None)) is None:
            known = ", ".join(f"'{study.name}'" for study in led) or "none"
            raise NotFoundError(f"There is no study '{name}' that {asking} leads; these are there: {known}.")
        return found

    def drawn(self, id: int, asking: str) -> dict[int, int]:
        """The pictures of the study that were drawn, with their ids in the library."""
        mine = select(i.id, i.generation_id).where(i.study_id == id, i.source == AI).order_by(i.id)
        with self.database.reading() as connection:
            _led(connection, id, asking)
            return {row.id: row.generation_id for row in connection.execute(mine)}

    def checklists(self, id: int, asking: str) -> dict[str, Checklist]:
        """The checklists of the rashes in it, as they were when it was made."""
        with self.database.reading() as connection:
            _led(connection, id, asking)
            texts = json.loads(connection.execute(select(s.checklists).where(s.id == id)).scalar_one())
            rashes = connection.execute(select(i.rash).where(i.study_id == id).distinct()).scalars()
            return {rash: checklist_of(rash, texts) for rash in sorted(filter(None, rashes))}


def progress_rows(connection: Connection, where: object) -> list[RaterProgress]:
    """Progress of raters and studies; ``where`` narrows the showings."""
    done = func.sum(finished().cast(v.place.type))
    query = (
        select(s.id, s.name, users.c.name, done, func.count(), s.closed_at.is_not(None))
        .select_from(study_showings)
        .join(studies, s.id == v.study_id)
        .join(users, users.c.id == v.rater_id)
        .where(where)  # type: ignore[arg-type]
        .group_by(s.id, s.name, s.closed_at, users.c.name)
        .order_by(s.id.desc(), users.c.name)
    )
    rows = connection.execute(query)
    return [RaterProgress(id, name, rater, int(n), of, bool(end)) for id, name, rater, n, of, end in rows]


def _checked_name(draft: StudyDraft, count: int) -> str:
    name = " ".join(draft.name.split())
    if not 1 <= len(name) <= NAME_MAX:
        raise InputError(f"A study's name has 1 to {NAME_MAX} characters; this one has {len(name)}.")
    if count > PICTURES_MAX:
        raise InputError(f"{count} pictures were chosen; a study holds up to {PICTURES_MAX}.")
    paths = [p.path for p in draft.photographs]
    if len(set(draft.generations)) < len(draft.generations) or len(set(paths)) < len(paths):
        raise InputError("A picture was chosen twice; repeats are added by their share.")
    return name


def _rater(connection: Connection, name: str) -> int:
    try:
        return allowed_id(connection, name, Capability.RATE)
    except NotAllowedError as error:
        raise InputError(f"{name} can't be a rater: {error}") from error


def _items(connection: Connection, draft: StudyDraft, me: int) -> tuple[list[dict], int]:
    """Rows of study_items, and the side that all pictures are shown at: the smallest among them."""
    rows, sides = [], []
    g = generations.c
    for id in draft.generations:
        found = select(generations).where(g.id == id, g.deleted_at.is_(None), seen_by(me))
        row = connection.execute(found).mappings().first()
        if row is None:
            raise NotFoundError(f"Picture {id} is not in this library any more, or not yours to see.")
        kept = {name: row[name] for name in ("rash", "tone")} | {"sites": row["sites"].strip()}
        rows.append({"source": AI, "generation_id": id, "path": row["image_path"], **kept})
        sides.append(min(row["width"], row["height"]))
    for photo in draft.photographs:
        known = {"rash": photo.rash, "tone": photo.tone, "sites": " ".join(photo.sites)}
        rows.append({"source": REAL, "generation_id": None, "path": photo.path, **known})
        sides.append(min(photo.width, photo.height))
    return rows, min(sides)


def _query() -> Select:
    mine = i.study_id == s.id
    total = select(func.count()).where(mine).scalar_subquery()
    real = select(func.count()).where(mine, i.source == REAL).scalar_subquery()
    fields = (s.id, s.name, users.c.name.label("owner"), s.created_at, s.closed_at, s.seed)
    plan = (s.ratings_per_picture, s.repeats, s.picture_size)
    return select(*fields, *plan, total, real).join(users, users.c.id == s.owner_id)


def _study(connection: Connection, id: int) -> Study:
    row = connection.execute(_query().where(s.id == id)).first()
    if row is None:
        raise NotFoundError(f"There is no study {id} in this library; it may have been deleted.")
    return Study(*row)


def _led(connection: Connection, id: int, asking: str) -> Study:
    study = _study(connection, id)
    allowed_id(connection, asking, Capability.LEAD)
    if not may_change(connection, study.owner, asking):
        raise NotAllowedError(f"The study '{study.name}' is led by {study.owner}.")
    return study
