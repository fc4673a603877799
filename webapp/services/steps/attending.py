"""Who takes part in a meeting as a host: also those whom its profile has dropped since."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from webapp.models import Account, Calendar, Meeting, User, table_of
from webapp.services.steps.offering import HostSeat, Offering
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_USER, _ACCOUNT, _CALENDAR = table_of(User), table_of(Account), table_of(Calendar)

_DROPPED = below_the_guard(
    sa.select(
        _USER.c.id,
        _USER.c.name,
        _USER.c.email,
        _USER.c.zone,
        _CALENDAR.c.id,
        _USER.c.locale,
        _USER.c.time_notation,
    )
    .select_from(_USER)
    .join(_ACCOUNT, _ACCOUNT.c.host_id == _USER.c.id)
    .join(_CALENDAR, _CALENDAR.c.account_id == _ACCOUNT.c.id)
    .where(
        _USER.c.id.in_(sa.bindparam("hosts", expanding=True)),
        _ACCOUNT.c.organization_id == sa.bindparam("organization"),
        _ACCOUNT.c.writable,
    )
    .order_by(_USER.c.id, _CALENDAR.c.primary, _CALENDAR.c.id.desc()),
    "the statement names its organization",
)


def hosts_of(uow: UnitOfWork, profile: Offering, meeting: Meeting) -> list[HostSeat]:
    """The meeting's hosts as the profile has them, then those who left it after they were booked.

    A booking outlives every change of its profile, so they still hear of a move or cancellation.
    The organizer comes first.
    """
    order = {host_id: place for place, host_id in enumerate(meeting.host_ids)}
    here = [_there(host, meeting) for host in profile.hosts if host.id in order]
    here.sort(key=lambda host: order[host.id])
    dropped = set(meeting.host_ids) - {host.id for host in here}
    if not dropped:
        return here
    rows = uow.session.execute(
        _DROPPED, {"hosts": sorted(dropped), "organization": uow.organization_id}
    )
    seats = {  # the primary calendar comes last
        host_id: HostSeat(host_id, name, email, zone, calendar_id, None, locale, notation)
        for host_id, name, email, zone, calendar_id, locale, notation in rows
    }
    return [*here, *(_there(seat, meeting) for seat in seats.values())]


def _there(host: HostSeat, meeting: Meeting) -> HostSeat:
    """The host with the calendar that this meeting's Event goes to."""
    named = meeting.calendar_ids.get(str(host.id))
    return host if named is None else replace(host, calendar_id=named)
