"""Free times: of a profile for its programs and for everybody, and which profiles have any."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from webapp.blueprints.api.group_booking import present
from webapp.blueprints.api.group_booking.schemas_times import (
    AvailableProfiles,
    BookingTimes,
    Dynamic,
    TimesAsked,
)
from webapp.blueprints.api.group_booking.wire import ACTING, account_here
from webapp.blueprints.api.kit import Operation
from webapp.blueprints.doors import caller
from webapp.domain.errors import Invalid, NotFound
from webapp.domain.grouping import Page
from webapp.domain.permissions import Caller, Permission, Role
from webapp.domain.span import Interval
from webapp.services import group_times, public_clients
from webapp.services.group_times import LONGEST_DAYS, Asked, Times
from webapp.work import look

_CLIENT = re.compile(r"[0-9A-Za-z_]{1,64}")
_SLUG = re.compile(r"[A-Za-z0-9-]{1,60}")
_TOKEN = re.compile(r"a([1-9][0-9]{0,8})")


def visitor_of(client_id: str) -> Caller:
    """Somebody on a page of the organization that has this API client; raises ``NotFound``."""
    if not _CLIENT.fullmatch(client_id):
        raise NotFound("there is no such client")
    with look(Caller(None, Role.GUEST)) as uow:
        return Caller(public_clients.organization_of(uow, client_id), Role.GUEST)


def slug_of(name: str) -> str:
    """A profile's name in an address; raises ``NotFound`` for what none can have."""
    if not _SLUG.fullmatch(name):
        raise NotFound("there is no such booking profile")
    return name


def group_times_of(id: int, query: TimesAsked) -> bytes:
    """Free times of a profile of the organization."""
    asked = _asked(query)
    with look(caller()) as uow:
        return _body(group_times.times(uow, id, asked), asked.page)


def account_times_of(id: int, query: TimesAsked) -> bytes:
    """Free times of a profile of the account."""
    asked = _asked(query)
    with look(caller()) as uow:
        found = group_times.times(uow, id, asked, account_id=account_here(uow))
        return _body(found, asked.page)


def public_times_of(aurinkoClientId: str, name: str, query: TimesAsked) -> bytes:  # noqa: N803
    """Free times of a profile by its name, for everybody."""
    asked = _asked(query)
    with look(visitor_of(aurinkoClientId)) as uow:
        return _body(group_times.public_times(uow, slug_of(name), asked), asked.page)


def available(body: Dynamic) -> dict[str, Any]:
    """Which of the profiles named are free for their length between two instants."""
    between = Interval(body.time_min, body.time_max)
    with look(caller()) as uow:
        found = group_times.free_profiles(
            uow, body.profile_ids or (), body.profile_names or (), between, body.required
        )
    return {"profileIds": found}


def _asked(query: TimesAsked) -> Asked:
    offset = query.offset
    if query.page_token is not None:
        if offset:
            raise Invalid("Give pageToken or offset, not both", field="pageToken")
        offset = _offset(query.page_token)
    return Asked(
        required=query.required,
        from_day=query.from_date,
        days=query.interval_length.days if query.interval_length else LONGEST_DAYS,
        page=Page(offset, query.limit),
        reschedule_token=query.reschedule_token,
    )


def _body(found: Times, page: Page) -> bytes:
    """The answer. Its items are text already, and may be long."""
    assert page.limit is not None
    next_token = _token(page.offset + page.limit) if found.more else None
    rest = present.times(found, page, next_token)
    return b'{"items":%b,%b' % (found.items, json.dumps(rest, separators=(",", ":")).encode()[1:])


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"a{offset}".encode()).decode().rstrip("=")


def _offset(token: str) -> int:
    """Where the page begins that a token stands for; raises ``Invalid``."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        found = _TOKEN.fullmatch(text.decode())
    except (binascii.Error, ValueError):
        found = None
    if found is None or _token(int(found[1])) != token:
        raise Invalid("This is no page that an answer named", field="pageToken")
    return int(found[1])


_READ, _TAG = Permission.PROFILE_READ, "Free times"

OPERATIONS = (
    Operation(
        "POST", "/group/profiles/dynamic/availability", "bookingGroupAvailability", available,
        "Which of several profiles are free", AvailableProfiles, _READ, body=Dynamic, tag=_TAG,
    ),
    Operation(
        "GET", "/group/profiles/{id}/meeting", "bookingGroupMeetingTimes", group_times_of,
        "Free times of a group profile", BookingTimes, _READ, query=TimesAsked, tag=_TAG,
    ),
    Operation(
        "GET", "/account/profiles/{id}/meeting", "bookingAccountMeetingTimes", account_times_of,
        "Free times of an account's profile", BookingTimes, _READ, query=TimesAsked,
        headers=(ACTING,), tag=_TAG,
    ),
    Operation(
        "GET", "/{aurinkoClientId}/{name}/meeting", "getMeetingTimes", public_times_of,
        "Free times of a profile by name, for everybody", BookingTimes, query=TimesAsked,
        tag=_TAG,
    ),
)  # fmt: skip
