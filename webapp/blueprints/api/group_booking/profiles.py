"""Profiles: of the organization (``/group/...``) and of one account (``/account/...``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webapp.blueprints.api.group_booking import present, work_hours
from webapp.blueprints.api.group_booking.schemas import (
    OK,
    ChangedProfile,
    NewProfile,
    Ok,
    ProfilePage,
    ToldProfile,
)
from webapp.blueprints.api.group_booking.wire import ACTING, account_here
from webapp.blueprints.api.kit import Operation, Paged, enveloped
from webapp.blueprints.doors import caller
from webapp.domain.permissions import Permission
from webapp.services import program_profiles
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

Whose = Callable[[UnitOfWork], int | None]
"""The account whose profiles are meant; None for those of the organization."""


def _everybody(_: UnitOfWork) -> int | None:
    return None


def _listing(whose: Whose) -> Callable[..., dict[str, Any]]:
    def run(query: Paged) -> dict[str, Any]:
        with look(caller()) as uow:
            page, total = program_profiles.listed(
                uow, account_id=whose(uow), offset=query.offset, limit=query.limit
            )
            return enveloped([present.profile(each) for each in page], query.offset, total)

    return run


def _creating(whose: Whose) -> Callable[..., dict[str, Any]]:
    def run(body: NewProfile) -> dict[str, Any]:
        with begin(caller()) as uow:
            made = program_profiles.create(uow, body.said(), account_id=whose(uow))
            return present.profile(made)

    return run


def _reading(whose: Whose) -> Callable[..., dict[str, Any]]:
    def run(id: int) -> dict[str, Any]:
        with look(caller()) as uow:
            return present.profile(program_profiles.read(uow, id, account_id=whose(uow)))

    return run


def _changing(whose: Whose) -> Callable[..., dict[str, str]]:
    def run(id: int, body: ChangedProfile) -> dict[str, str]:
        with begin(caller()) as uow:
            program_profiles.change(uow, id, body.said(), account_id=whose(uow))
        return OK

    return run


def _deleting(whose: Whose) -> Callable[..., dict[str, str]]:
    def run(id: int) -> dict[str, str]:
        with begin(caller()) as uow:
            program_profiles.delete(uow, id, account_id=whose(uow))
        return OK

    return run


def _operations(
    path: str, whose: Whose, tag: str, what: str, names: tuple[str, str, str, str, str]
) -> tuple[Operation, ...]:
    headers = () if whose is _everybody else (ACTING,)
    listing, create, read, change, delete = names
    reading, changing = Permission.PROFILE_READ, Permission.PROFILE_CHANGE
    shared: dict[str, Any] = {"tag": tag, "headers": headers}
    one = f"{path}/{{id}}"
    return (
        Operation(
            "GET", path, listing, _listing(whose), f"List the {what}’s profiles", ProfilePage,
            reading, query=Paged, **shared,
        ),
        Operation(
            "POST", path, create, _creating(whose), f"Make a profile of the {what}", ToldProfile,
            changing, body=NewProfile, also=(reading,) if headers else (), conflicts=True, **shared,
        ),
        Operation(
            "GET", one, read, _reading(whose), "Read a profile", ToldProfile, reading, **shared
        ),
        Operation(
            "PATCH", one, change, _changing(whose), "Change a profile", Ok, changing,
            also=(reading,), body=ChangedProfile, conflicts=True, **shared,
        ),
        Operation(
            "DELETE", one, delete, _deleting(whose), "Take a profile down", Ok, changing,
            also=(reading,), **shared,
        ),
    )  # fmt: skip


def read_hours() -> dict[str, Any]:
    """The hours in which the account's owner can be met, without a profile's own."""
    with look(caller()) as uow:
        hours = program_profiles.account_hours(uow, account_here(uow))
        return work_hours.week(hours) | {"source": "aurinko"}


GROUP = ("getGroupBookings", "createGroupBooking", "getGroupBooking", "updateGroupBooking",
         "deleteGroupBooking")  # fmt: skip
ACCOUNT = ("getAccBookings", "create", "getBooking", "updateBooking", "deleteBooking")

OPERATIONS = (
    *_operations("/group/profiles", _everybody, "Group profiles", "organization", GROUP),
    *_operations("/account/profiles", account_here, "Account profiles", "account", ACCOUNT),
    Operation(
        "GET",
        "/account/workHours",
        "workHours",
        read_hours,
        "Read the hours of the account's owner",
        work_hours.AccountWorkSchedule,
        Permission.PROFILE_READ,
        headers=(ACTING,),
        tag="Account profiles",
    ),
)
