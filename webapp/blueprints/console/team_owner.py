"""Handing the organization over: for the owner alone, who has just proved who they are."""

from __future__ import annotations

from uuid import UUID

from flask import Response, url_for

from webapp.blueprints.console.account_again import proven_first
from webapp.blueprints.console.forms import SelectChoice, refused, typed
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.console.team_forms import OwnerForm
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Forbidden, Invalid
from webapp.domain.permissions import Permission
from webapp.services import team
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_OTHERS = 200


@console.get("/team/ownership")
@proven_first
def ownership_page() -> Response:
    """What handing over means, and to whom."""
    _only_the_owner()
    with look(caller()) as uow:
        return _ownership(uow, OwnerForm())


def _ownership(uow: UnitOfWork, form: OwnerForm, status: int = 200) -> Response:
    others = [
        SelectChoice(str(member.uuid), f"{member.name} ({member.email})")
        for member in team.members(uow, most=_OTHERS).members
        if member.id != me().user_id and member.email
    ]
    form.owner.choices = others
    return page(
        "team_owner",
        "team",
        part="console/_team_owner.html",
        status=status,
        form=form,
        others=others,
    )


@console.post("/team/ownership")
@proven_first
def hand_over() -> Response:
    """Make somebody else the owner."""
    _only_the_owner()
    form = typed(OwnerForm)
    try:
        with begin(caller()) as uow:
            team.hand_over(uow, _uuid(form.owner.data))
    except (Invalid, Conflict) as refusal:
        refused(form, refusal)
        with look(caller()) as uow:
            return _ownership(uow, form, 409 if isinstance(refusal, Conflict) else 422)
    return see_other(url_for("console.team_page", done="owner"))


def _only_the_owner() -> None:
    if not caller().may(Permission.ORGANIZATION_OWN):
        raise Forbidden("Only the owner hands the organization over.")


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Invalid("Choose somebody.", field="owner") from None
