"""Who serves a group profile: attaching and detaching accounts and groups, and listing them."""

from __future__ import annotations

from typing import Any

from webapp.blueprints.api.group_booking import present
from webapp.blueprints.api.group_booking.schemas import (
    OK,
    AccountPage,
    Accounts,
    AccountsPaged,
    DetachedGroups,
    GroupPage,
    Groups,
    Ok,
)
from webapp.blueprints.api.kit import Operation, Paged, enveloped
from webapp.blueprints.doors import caller
from webapp.domain.permissions import Permission
from webapp.services import program_candidates
from webapp.services.program_candidates import Group
from webapp.work import begin, look


def list_accounts(id: int, query: AccountsPaged) -> dict[str, Any]:
    """The accounts as one record, or none; what is counted are accounts, not records."""
    with look(caller()) as uow:
        page, total = program_candidates.attached_accounts(
            uow, id, offset=query.offset, limit=query.limit
        )
    records = [{"accountIds": list(page)}] if page else []
    return enveloped(records, query.offset, total, told=len(page))


def attach_accounts(id: int, body: Accounts) -> dict[str, str]:
    """Let accounts serve the profile."""
    with begin(caller()) as uow:
        program_candidates.attach_accounts(uow, id, body.account_ids)
    return OK


def detach_accounts(id: int, body: Accounts) -> dict[str, str]:
    """Take accounts off the profile."""
    with begin(caller()) as uow:
        program_candidates.detach_accounts(uow, id, body.account_ids)
    return OK


def list_groups(id: int, query: Paged) -> dict[str, Any]:
    """The groups, in order."""
    with look(caller()) as uow:
        page, total = program_candidates.attached_groups(
            uow, id, offset=query.offset, limit=query.limit
        )
    return enveloped([present.group(each) for each in page], query.offset, total)


def attach_groups(id: int, body: Groups) -> dict[str, str]:
    """Let groups serve the profile."""
    groups = [Group(each.ext_id, tuple(each.account_ids), each.required) for each in body.groups]
    with begin(caller()) as uow:
        program_candidates.attach_groups(uow, id, groups)
    return OK


def detach_groups(id: int, body: DetachedGroups) -> dict[str, str]:
    """Take groups off the profile, or accounts out of them."""
    with begin(caller()) as uow:
        groups = {each.ext_id: each.account_ids for each in body.groups}
        program_candidates.detach_groups(uow, id, groups)
    return OK


_ACCOUNTS, _GROUPS = "/group/profiles/{id}/attachAccounts", "/group/profiles/{id}/attachGroups"
_READ, _CHANGE, _TAG = Permission.PROFILE_READ, Permission.PROFILE_CHANGE, "Who serves a profile"

OPERATIONS = (
    Operation(
        "GET", _ACCOUNTS, "attachedAccountsGroupBooking", list_accounts,
        "List the accounts attached", AccountPage, _READ, query=AccountsPaged, tag=_TAG,
    ),
    Operation(
        "POST", _ACCOUNTS, "attachAccountsGroupBooking", attach_accounts,
        "Attach accounts", Ok, _CHANGE, body=Accounts, also=(_READ,), tag=_TAG,
    ),
    Operation(
        "POST", "/group/profiles/{id}/detachAccounts", "detachAccountsGroupBooking",
        detach_accounts, "Detach accounts", Ok, _CHANGE, body=Accounts, also=(_READ,), tag=_TAG,
    ),
    Operation(
        "GET", _GROUPS, "attachedGroupsBooking", list_groups,
        "List the groups attached", GroupPage, _READ, query=Paged, tag=_TAG,
    ),
    Operation(
        "POST", _GROUPS, "attachGroupsBooking", attach_groups,
        "Attach groups, or replace them", Ok, _CHANGE, body=Groups, also=(_READ,), tag=_TAG,
    ),
    Operation(
        "POST", "/group/profiles/{id}/detachGroups", "detachGroupsBooking", detach_groups,
        "Detach groups, or accounts from them", Ok, _CHANGE, body=DetachedGroups, also=(_READ,),
        tag=_TAG,
    ),
)  # fmt: skip
