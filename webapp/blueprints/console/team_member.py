"""One person or room of the team: role, name, and leaving with all that hangs on it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.console.team import DONE, only_managers, row_of
from webapp.blueprints.console.team_forms import LeaveForm, RoleForm, RoomForm
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid, Refusal
from webapp.domain.permissions import Permission, Role
from webapp.services import leaving, team
from webapp.services.leaving import Fate, Plan
from webapp.services.team import Member
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look


@console.get("/team/<uuid:uuid>")
def member_page(uuid: UUID) -> Response:
    """What is known of somebody here, and what may be changed about it."""
    with look(caller()) as uow:
        return _member(uow, uuid)


def _member(
    uow: UnitOfWork,
    uuid: UUID,
    *,
    role: RoleForm | None = None,
    room: RoomForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    found = team.member(uow, uuid)
    clock = Clock(me().user_zone, uow.now)
    manages = uow.caller.may(Permission.PEOPLE_MANAGE)
    return page(
        "member",
        "team",
        part="console/_member.html",
        status=status,
        done_words=DONE,
        row=row_of(found, clock),
        joined=clock.full(found.joined_at),
        manages=manages,
        may_change=manages and _may_change(uow, found),
        role=role or RoleForm(data={"role": found.role.value}),
        room=room or RoomForm(data={"name": found.name}),
        refusal=refusal.message if refusal else "",
    )


def _may_change(uow: UnitOfWork, found: Member) -> bool:
    return found.role is not Role.OWNER or uow.caller.may(Permission.ORGANIZATION_OWN)


@console.post("/team/<uuid:uuid>/role")
def change_role(uuid: UUID) -> Response:
    """Give somebody another role."""
    only_managers()
    form = typed(RoleForm)
    if form.validate():
        try:
            with begin(caller()) as uow:
                found = team.member(uow, uuid)
                team.set_role(uow, found.id, Role(form.role.data))
            return _after(found, "role")
        except (Conflict, Invalid) as refusal:
            refused(form, refusal)
            with look(caller()) as uow:
                return _member(uow, uuid, role=form, refusal=refusal, status=409)
    with look(caller()) as uow:
        return _member(uow, uuid, role=form, status=422)


def _after(found: Member, done: str) -> Response:
    """Back to the person; who changed their own role may see less from now on, but that page."""
    return see_other(url_for("console.member_page", uuid=found.uuid, done=done))


@console.post("/team/<uuid:uuid>/name")
def rename_room(uuid: UUID) -> Response:
    """Call a room something else."""
    only_managers()
    form = typed(RoomForm)
    if form.validate():
        try:
            with begin(caller()) as uow:
                team.rename_room(uow, uuid, form.name.data or "")
            return see_other(url_for("console.member_page", uuid=uuid, done="room-renamed"))
        except Invalid as refusal:
            refused(form, refusal)
    with look(caller()) as uow:
        return _member(uow, uuid, room=form, status=422)


# ----------------------------------------------------------------------------------------- leaving


@console.get("/team/<uuid:uuid>/removal")
def removal_page(uuid: UUID) -> Response:
    """What removing somebody comes to, with their upcoming bookings to decide about."""
    with look(caller()) as uow:
        return _removal(uow, uuid, LeaveForm(data={"fate": Fate.GIVE_OR_KEEP.value}))


def _removal(
    uow: UnitOfWork,
    uuid: UUID,
    form: LeaveForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    plan = leaving.plan(uow, uuid)
    clock = Clock(me().user_zone, uow.now)
    return page(
        "member_removal",
        "team",
        part="console/_member_removal.html",
        status=status,
        plan=plan,
        form=form,
        obstacle=refusal.message if refusal else plan.obstacle,
        is_me=plan.member.id == me().user_id,
        upcoming=[(clock.moment(each.start_at), each) for each in plan.upcoming],
        able=sum(each.successor is not None for each in plan.upcoming),
        rest=plan.count - len(plan.upcoming),
    )


@console.post("/team/<uuid:uuid>/removal")
def remove_member(uuid: UUID) -> Response:
    """Remove somebody as it was decided on the page before."""
    form = typed(LeaveForm)
    with look(caller()) as uow:
        plan: Plan = leaving.plan(uow, uuid)
    if plan.count and not form.validate():
        with look(caller()) as uow:
            return _removal(uow, uuid, form, status=422)
    try:
        fate = leaving.fate_of(request.form.get("fate") or Fate.KEEP.value)
        with begin(caller()) as uow:
            leaving.remove(uow, uuid, fate, reason=form.reason.data or "")
    except (Conflict, Invalid) as refusal:
        with look(caller()) as uow:
            return _removal(uow, uuid, form, refusal=refusal, status=409)
    if plan.member.id == me().user_id:
        return see_other(url_for("console.home"))
    done = "room-removed" if plan.member.is_room else "left"
    return see_other(url_for("console.team_page", done=done))
