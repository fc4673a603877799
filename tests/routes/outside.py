"""Every address outside the console: its door, what it takes, and whose things it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Things = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Open:
    """An address for everybody: whoever is signed in gets the same.

    ``names``: what each argument names. ``bearers``: arguments that nobody can guess; whoever has
    one may use it, whichever organization it leads to. ``idle``: arguments that decide nothing.
    ``answers``: what ``form`` (fields; a JSON object for ``json``) gets; ``lost``: what an address
    gets that names a thing of another organization or of nobody. ``own_pages``: writes from other
    sites are refused.
    """

    answers: tuple[int, ...] = (200,)
    names: Mapping[str, str] = field(default_factory=dict)
    bearers: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    lost: int = 404
    form: Callable[[Things], dict[str, str]] | None = None
    json: Callable[[Things], dict[str, Any]] | None = None
    own_pages: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """An address for programs. ``needs``: the permission of whoever holds the key, "" for none.

    ``account``: it acts for one account, here Ada's; colleagues' own keys do not reach it.
    ``answers``: what somebody gets who may.
    """

    needs: str
    names: Mapping[str, str] = field(default_factory=dict)
    account: bool = False
    json: Callable[[Things], dict[str, Any]] | None = None
    answers: int = 200


PROFILE = {"org": "org", "profile": "slug"}
DRAFT = {**PROFILE, "draft": "draft"}
MANAGE = {"org": "org", "token": "manage"}
LINK: dict[str, Any] = {
    "names": {"code": "code", "slug": "slug"}, "bearers": ("code",), "idle": ("slug",),
}  # fmt: skip
COLOURS = {"org": "org", "primary": "colour", "secondary": "colour", "tag": "tag"}
FREE = "2026-11-26T09:00Z"


def _mailed(thing: str) -> dict[str, Any]:
    return {"names": {"token": thing}, "bearers": ("token",), "lost": 410}


def _start(_: Things) -> dict[str, str]:
    return {"start": FREE, "key": "a-key-of-this-form"}


def _grace(_: Things) -> dict[str, str]:
    return {"name": "Olga", "email": "olga@example.org"}


def _new_password(_: Things) -> dict[str, str]:
    return {"password": "seven slow barges upstream", "repeated": "seven slow barges upstream"}


def _newcomer(_: Things) -> dict[str, str]:
    return {"name": "New", "zone": "Europe/Berlin", "password": "seven slow barges upstream"}


OPEN: dict[str, Open] = {
    "GET booking.organization": Open((200,), {"org": "org"}),
    "GET booking.choose": Open((200,), PROFILE),
    "GET booking.hold_address": Open((303,), PROFILE, idle=("org", "profile")),
    "POST booking.hold": Open((303,), PROFILE, form=_start),
    "GET booking.details": Open((200,), DRAFT),
    "POST booking.confirm": Open((303,), DRAFT, form=_grace),
    "GET booking.receipt": Open((200,), MANAGE),
    "GET booking.move": Open((200,), MANAGE),
    "POST booking.do_move": Open((303,), MANAGE, form=_start),
    "GET booking.cancel": Open((200,), MANAGE),
    "POST booking.do_cancel": Open((303,), MANAGE, form=dict),
    "GET booking.link_page": Open((200,), **LINK),
    "GET booking.link_hold_address": Open((303,), LINK["names"], idle=("code", "slug")),
    "POST booking.link_hold": Open((303,), form=_start, **LINK),
    "GET booking.brand": Open((200,), {"org": "org", "tag": "tag"}, idle=("tag",)),
    "GET booking.look": Open((200,), COLOURS, idle=("primary", "secondary", "tag")),
    "GET booking.logo": Open((200,), {"org": "org", "tag": "logo"}),
    "GET booking.zones": Open(),
    "GET health.healthz": Open(),
    "GET health.readyz": Open((200, 503)),
    "GET assets.file": Open((200,), {"name": "sheet"}),
    "GET api_docs.explorer": Open(),
    "GET api_docs.openapi": Open((200,), {"name": "surface"}),
    "GET auth.to_sign_in": Open((302,)),
    "GET auth.sign_in": Open((200, 303)),
    "POST auth.enter": Open((422,), form=dict, own_pages=True),
    "POST auth.sign_out": Open((303,), form=dict, own_pages=True),
    "GET auth.forgotten": Open(),
    "POST auth.ask_for_link": Open(
        (200,), form=lambda _: {"email": "x@example.org"}, own_pages=True
    ),
    "GET auth.reset_page": Open(**_mailed("reset")),
    "POST auth.reset": Open(form=_new_password, own_pages=True, **_mailed("reset")),
    "GET auth.verify_page": Open(**_mailed("verify")),
    "POST auth.verify": Open(form=dict, own_pages=True, **_mailed("verify")),
    "GET auth.invitation_page": Open(**_mailed("invitation") | {"lost": 404}),
    "POST auth.accept_invitation": Open(
        (303, 409), form=_newcomer, own_pages=True, **_mailed("invitation") | {"lost": 404}
    ),
    "GET auth.second_step_page": Open((410,)),
    "POST auth.second_step_answer": Open((410,), form=dict, own_pages=True),
    "POST auth.passkey_challenge": Open((409,), form=dict, own_pages=True),
    "POST auth.enter_by_passkey": Open((422,), form=dict, own_pages=True),
    "POST auth.openid_start": Open((404,), form=dict, own_pages=True),
    "GET auth.openid_callback": Open((404,)),
    "POST auth.openid_return": Open((404,), form=dict, own_pages=True),
}
"""By method and endpoint."""

READ, CHANGE = "profile:read", "profile:change"
BOOK, KEEP = "booking:create", "booking:change"
ONE, RESERVED = {"id": "program"}, {"id": "reservation"}
OWN_ONE, OWN_RESERVED = {"id": "own"}, {"id": "own_reservation"}
PUBLIC = {"aurinkoClientId": "client", "name": "slug"}


def _profile(_: Things) -> dict[str, Any]:
    return {"name": "another"}


def _accounts(things: Things) -> dict[str, Any]:
    return {"accountIds": [int(things["colleague"])]}


def _groups(things: Things) -> dict[str, Any]:
    return {"groups": [{"extId": "pair", "accountIds": [int(things["colleague"])]}]}


def _between(things: Things) -> dict[str, Any]:
    end, ids = FREE.replace("09:00", "10:00"), [int(things["program"])]
    return {"timeMin": _exact(FREE), "timeMax": _exact(end), "profileIds": ids}


def _order(_: Things) -> dict[str, Any]:
    return {
        "time": {"start": _exact(FREE), "end": _exact(FREE.replace("09:00", "09:30"))},
        "schedulerInfo": {"name": "Grace", "email": "grace@example.org"},
    }


def _exact(text: str) -> str:
    return text.replace("Z", ":00Z")


KEYED: dict[str, Keyed] = {
    "GET scheduling.read_me": Keyed(READ),
    "GET scheduling.nothing_here": Keyed("", {"rest": "nowhere"}, answers=404),
    "GET group_booking.nowhere": Keyed("", {"rest": "nowhere"}, answers=404),
    "GET group_booking.getGroupBookings": Keyed(READ),
    "POST group_booking.createGroupBooking": Keyed(CHANGE, json=_profile),
    "GET group_booking.getGroupBooking": Keyed(READ, ONE),
    "PATCH group_booking.updateGroupBooking": Keyed(CHANGE, ONE, json=_profile),
    "DELETE group_booking.deleteGroupBooking": Keyed(CHANGE, ONE),
    "GET group_booking.attachedAccountsGroupBooking": Keyed(READ, ONE),
    "POST group_booking.attachAccountsGroupBooking": Keyed(CHANGE, ONE, json=_accounts),
    "POST group_booking.detachAccountsGroupBooking": Keyed(CHANGE, ONE, json=_accounts),
    "GET group_booking.attachedGroupsBooking": Keyed(READ, ONE),
    "POST group_booking.attachGroupsBooking": Keyed(CHANGE, ONE, json=_groups),
    "POST group_booking.detachGroupsBooking": Keyed(CHANGE, ONE, json=_groups),
    "GET group_booking.bookingGroupMeetingTimes": Keyed(READ, ONE),
    "POST group_booking.bookingGroupAvailability": Keyed(READ, json=_between),
    "POST group_booking.bookingGroupCreateMeeting": Keyed(BOOK, ONE, json=_order),
    "POST group_booking.bookingGroupReservationConfirm": Keyed(KEEP, RESERVED),
    "DELETE group_booking.bookingGroupReservationDelete": Keyed(KEEP, RESERVED),
    "GET group_booking.getAccBookings": Keyed(READ, account=True),
    "POST group_booking.create": Keyed(CHANGE, account=True, json=_profile),
    "GET group_booking.getBooking": Keyed(READ, OWN_ONE, account=True),
    "PATCH group_booking.updateBooking": Keyed(CHANGE, OWN_ONE, account=True, json=_profile),
    "DELETE group_booking.deleteBooking": Keyed(CHANGE, OWN_ONE, account=True),
    "GET group_booking.workHours": Keyed(READ, account=True),
    "GET group_booking.bookingAccountMeetingTimes": Keyed(READ, OWN_ONE, account=True),
    "POST group_booking.bookingAccountCreateMeeting": Keyed(BOOK, OWN_ONE, True, json=_order),
    "POST group_booking.bookingAccountReservationConfirm": Keyed(KEEP, OWN_RESERVED, True),
    "DELETE group_booking.bookingAccountReservationDelete": Keyed(KEEP, OWN_RESERVED, True),
}
"""By method and endpoint. What answers everywhere else does so to every method alike."""

PUBLISHED: dict[str, Open] = {
    "GET group_booking.getMeetingTimes": Open((200,), PUBLIC),
    "POST group_booking.createMeeting": Open((200,), PUBLIC, json=_order),
}
"""Behind the door for programs, and for everybody."""

ANY_METHOD = {"scheduling.nothing_here", "group_booking.nowhere"}
CONSOLE_CATCH_ALL = "console.nowhere"
