"""The queue of jobs: whose turn it is, who holds a job and until when. All inside the caller's transaction.

Fairness: users take turns. The next job is the oldest of the user who was served least recently; whoever was
never served comes first, among those the one who has waited longest. ``place`` counts along the same rule.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from core.jobs import JobState
from db.tables import jobs, users

EXPIRIES_MAX = 3

j = jobs.c
_QUEUED = j.state == JobState.QUEUED
_NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}


def expired(now: datetime) -> ColumnElement[bool]:
    """Running jobs whose worker was not heard of in time."""
    return (j.state == JobState.RUNNING) & (j.lease_until < now)


def nothing_to_take(connection: Connection, now: datetime) -> bool:
    """A look that needs no lock, for workers that ask again and again."""
    return connection.execute(select(j.id).where(or_(_QUEUED, expired(now))).limit(1)).first() is None


def requeue_expired(connection: Connection, now: datetime) -> None:
    """Gives back what dead workers held; the third time fails the job, for it may be what kills them."""
    given_up = j.expiries + 1 >= EXPIRIES_MAX
    state = case(
        (j.cancel_requested, JobState.CANCELLED.value),
        (given_up, JobState.FAILED.value),
        else_=JobState.QUEUED.value,
    )
    reason = (
        f"The program stopped {EXPIRIES_MAX} times while drawing this picture (it may lack memory). "
        "Try again with a smaller size, or another model."
    )
    closed = or_(j.cancel_requested, given_up)
    values = {
        "state": state,
        "message": case((j.cancel_requested, ""), (given_up, reason), else_=""),
        "finished_at": case((closed, now), else_=None),
        "expiries": j.expiries + 1,
        "step": 0,
    }
    connection.execute(update(jobs).where(expired(now)).values(**values, **_NO_LEASE))


def lease_next(connection: Connection, worker: str, seconds: float, now: datetime) -> int | None:
    """Leases the job whose turn it is and returns its id; None if nothing is queued."""
    while (row := connection.execute(_next()).first()) is not None:
        lease = {
            "lease_owner": worker,
            "lease_until": now + timedelta(seconds=seconds),
            "lease_seconds": seconds,
        }
        progress = {"started_at": now, "step": 0, "message": "", "attempts": j.attempts + 1}
        taken = update(jobs).where(j.id == row.id, _QUEUED)
        if connection.execute(taken.values(state=JobState.RUNNING, **lease, **progress)).rowcount:
            _count_turn(connection, row.owner_id)
            return int(row.id)
    return None


def _next() -> Select:
    """Queued jobs by (turn of the owner, waiting time); an owner's jobs stand in one row of their own."""
    waiting = select(j.owner_id, func.min(j.queued_at).label("since")).where(_QUEUED).group_by(j.owner_id)
    owner = waiting.subquery()
    query = (
        select(j.id, j.owner_id)
        .join(users, users.c.id == j.owner_id)
        .join(owner, owner.c.owner_id == j.owner_id)
    )
    return (
        query.where(_QUEUED)
        .order_by(users.c.last_turn, owner.c.since, j.owner_id, j.queued_at, j.id)
        .limit(1)
    )


def _count_turn(connection: Connection, owner_id: int) -> None:
    latest = select(func.max(users.c.last_turn)).scalar_subquery()
    connection.execute(update(users).where(users.c.id == owner_id).values(last_turn=latest + 1))


def place(connection: Connection, job: Row) -> int:
    """How many pictures until this queued one is drawn, itself included.

    After n own jobs before it, every other waiting user was served n times, and once more if their turn comes
    before its owner's (or as often as they have jobs).
    """
    own = _QUEUED & (j.owner_id == job.owner_id)
    earlier = or_(j.queued_at < job.queued_at, (j.queued_at == job.queued_at) & (j.id < job.id))
    before = connection.execute(select(func.count()).where(own, earlier)).scalar_one()
    rows = connection.execute(_waiting_owners()).all()
    mine = next(index for index, row in enumerate(rows) if row.owner_id == job.owner_id)
    others = [min(row.jobs, before + (index < mine)) for index, row in enumerate(rows) if index != mine]
    return int(before) + sum(others) + 1


def _waiting_owners() -> Select:
    """Owners in the order of their turns, with the number of their queued jobs."""
    since = func.min(j.queued_at)
    query = (
        select(j.owner_id, func.count().label("jobs")).join(users, users.c.id == j.owner_id).where(_QUEUED)
    )
    return query.group_by(j.owner_id, users.c.last_turn).order_by(users.c.last_turn, since, j.owner_id)


def renew(connection: Connection, job_id: int, worker: str, now: datetime, progress: dict[str, Any]) -> bool:
    """Prolongs the lease and stores progress; False if the worker does not hold the job or shall stop."""
    held = connection.execute(_HELD, {"held": job_id, "by": worker}).first()
    if held is None:
        return False
    until = now + timedelta(seconds=held.lease_seconds)
    changed = update(jobs).where(holds(job_id, worker)).values(lease_until=until, **progress)
    return connection.execute(changed).rowcount > 0 and not held.cancel_requested


def wanted(connection: Connection, job_id: int, worker: str) -> bool:
    """Whether the worker holds the job and nobody asked to cancel it."""
    held = connection.execute(_HELD, {"held": job_id, "by": worker}).first()
    return held is not None and not held.cancel_requested


def holds(job_id: int | BindParameter[int], worker: str | BindParameter[str]) -> ColumnElement[bool]:
    """The job, if this worker has it. An overdue lease counts until another takes the job."""
    return (j.id == job_id) & (j.state == JobState.RUNNING) & (j.lease_owner == worker)


_HELD = select(j.lease_seconds, j.cancel_requested).where(holds(bindparam("held"), bindparam("by")))
"""Asked at every step, so it is put together once: that takes longer than running it."""


def close(connection: Connection, job_id: int, worker: str, values: dict[str, Any]) -> bool:
    """Ends the job; False if the worker no longer holds it. ``lease_owner`` stays, as who drew it."""
    return connection.execute(update(jobs).where(holds(job_id, worker)).values(**values)).rowcount > 0
