"""Whose turn it is in a profile: weights and priorities of its hosts, and who is ahead."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.profiles import DONE
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller
from webapp.blueprints.pages import see_other
from webapp.domain.errors import FormInvalid
from webapp.services import shares
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_FIELDS = ("weight", "priority")
_MOST_DIGITS = 3


@console.get("/profiles/<uuid:uuid>/turns")
def profile_turns_page(uuid: UUID) -> Response:
    """The hosts of a profile with their shares."""
    with look(caller()) as uow:
        return _shown(uow, uuid)


def _shown(
    uow: UnitOfWork, uuid: UUID, *, typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    profile, here = shares.of_profile(uow, uuid)
    values = {
        f"{field}-{share.host_id}": str(getattr(share, field))
        for share in here
        for field in _FIELDS
    }
    return page(
        "profile_turns",
        "profiles",
        part="console/_profile_turns.html",
        status=422 if errors else 200,
        done_words=DONE,
        profile=profile,
        shares=here,
        values=values | dict(typed or {}),
        errors=errors or {},
        anybody_ahead=any(share.ahead for share in here),
    )


@console.post("/profiles/<uuid:uuid>/turns")
def change_profile_turns(uuid: UUID) -> Response:
    """Save the shares, or begin anew."""
    if request.form.get("do") == "level":
        with begin(caller()) as uow:
            shares.level(uow, uuid)
        return see_other(url_for("console.profile_turns_page", uuid=uuid, done="levelled"))
    typed = {name: value for name, value in request.form.items() if name.startswith(_FIELDS)}
    try:
        with begin(caller()) as uow:
            shares.change(uow, uuid, _wanted(typed))
    except FormInvalid as refusal:
        with look(caller()) as uow:
            return _shown(uow, uuid, typed=typed, errors=refusal.errors)
    return see_other(url_for("console.profile_turns_page", uuid=uuid, done="shared"))


def _wanted(typed: Mapping[str, str]) -> dict[int, tuple[int, int]]:
    """Weight and priority by host; what is no number is one that nobody may have."""
    hosts = dict.fromkeys(name.rpartition("-")[2] for name in typed)
    return {
        int(host): (_whole(typed.get(f"weight-{host}")), _whole(typed.get(f"priority-{host}")))
        for host in hosts
        if host.isascii() and host.isdigit() and len(host) < 16
    }


def _whole(text: str | None) -> int:
    said = (text or "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS else -1
