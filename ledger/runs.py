"""Which job ran when, and who may do what only one may do at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, String, and_, bindparam, delete, func, or_, select, type_coerce, update

from ledger.schema import job_runs, leases
from ledger.unit import upsert

_j, _l = job_runs.c, leases.c
_take = (
    update(leases)
    .where(and_(_l.name == bindparam("of"), or_(_l.owner == bindparam("by"), _l.until <= bindparam("at"))))
    .values(owner=bindparam("by"), until=bindparam("end"))
)
_keep = update(leases).where(and_(_l.name == bindparam("of"), _l.owner == bindparam("by"))).values(until=bindparam("end"))
_owner = select(_l.owner).where(_l.name == bindparam("of"))
_release = delete(leases).where(and_(_l.name == bindparam("of"), _l.owner == bindparam("by")))
_take_over = (
    update(job_runs)
    .where(
        and_(
            _j.job == bindparam("of_job"),
            _j.slot == bindparam("of_slot"),
            _j.finished_at.is_(None),
            _j.started_at <= bindparam("stale"),
        )
    )
    .values(started_at=bindparam("at"))
)
_finish = (
    update(job_runs)
    .where(and_(_j.job == bindparam("of_job"), _j.slot == bindparam("of_slot")))
    .values(finished_at=bindparam("at"), ok=bindparam("good"), error=bindparam("why"))
)
_latest = select(_j.job, func.max(_j.started_at).label("started_at")).group_by(_j.job).subquery()
_latest_runs = (
    select(job_runs).join(_latest, and_(_latest.c.job == _j.job, _latest.c.started_at == _j.started_at)).order_by(_j.job, _j.slot)
)


class LeaseGone(Exception):
    """What one may do at a time is another's by now; nothing of this transaction is kept."""


_hour = func.substr(type_coerce(_j.started_at, String), 1, len("2026-03-02T10"))
_first_of_hour = select(func.min(_j.started_at)).group_by(_hour)
_forget = delete(job_runs).where(_j.started_at < bindparam("before"), _j.started_at.not_in(_first_of_hour))

STALE = timedelta(minutes=15)
"""A run that has not ended for so long is taken for dead; its slot may be run again."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """A run of a job for its slot of the timetable. `finished_at` and `ok` are None while it runs, or if it died."""

    job: str
    slot: str
    started_at: datetime
    finished_at: datetime | None
    ok: bool | None
    error: str


def take_lease(connection: Connection, name: str, owner: str, now: datetime, seconds: float) -> bool:
    """See `SqlLedger.acquire_lease`."""
    end = now + timedelta(seconds=seconds)
    first = upsert(connection.dialect.name, leases)
    if connection.execute(first, [{"name": name, "owner": owner, "until": end}]).rowcount == 1:
        return True
    return connection.execute(_take, {"of": name, "by": owner, "at": now, "end": end}).rowcount == 1


def keep_lease(connection: Connection, name: str, owner: str, now: datetime, seconds: float) -> bool:
    """Draw the lease out if it is still `owner`'s, even after its time; it stays so until the commit."""
    return connection.execute(_keep, {"of": name, "by": owner, "end": now + timedelta(seconds=seconds)}).rowcount == 1


def lease_owner(connection: Connection, name: str) -> str:
    """Who has the lease, or had it last; "" if nobody."""
    return str(connection.execute(_owner, {"of": name}).scalar_one_or_none() or "")


def give_lease_back(connection: Connection, name: str, owner: str) -> None:
    """See `SqlLedger.release_lease`."""
    connection.execute(_release, {"of": name, "by": owner})


def start_run(connection: Connection, job: str, slot: str, now: datetime) -> bool:
    """See `SqlLedger.job_started`."""
    row = {"job": job, "slot": slot, "started_at": now, "finished_at": None, "ok": None, "error": ""}
    if connection.execute(upsert(connection.dialect.name, job_runs), [row]).rowcount == 1:
        return True
    which = {"of_job": job, "of_slot": slot, "stale": now - STALE, "at": now}
    return connection.execute(_take_over, which).rowcount == 1


def finish_run(connection: Connection, job: str, slot: str, now: datetime, ok: bool, error: str) -> None:
    """See `SqlLedger.job_finished`."""
    done = connection.execute(_finish, {"of_job": job, "of_slot": slot, "at": now, "good": ok, "why": error})
    if done.rowcount != 1:
        raise KeyError((job, slot))


def latest_runs(connection: Connection) -> dict[str, JobRun]:
    """See `SqlLedger.job_runs`."""
    rows = connection.execute(_latest_runs).all()
    return {row.job: JobRun(row.job, row.slot, row.started_at, row.finished_at, row.ok, row.error) for row in rows}


def forget_runs(connection: Connection, before: datetime) -> int:
    """See `SqlLedger.forget_runs`."""
    return connection.execute(_forget, {"before": before}).rowcount
