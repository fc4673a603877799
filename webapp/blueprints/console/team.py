"""Team: who belongs to the organization, who is invited, and the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import Clock, ago, console, page
from webapp.blueprints.console.team_forms import ROLE_WORDS, InviteForm, RoomForm
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Forbidden, Gone, Invalid, Refusal, TooMany
from webapp.domain.permissions import Permission, Role
from webapp.models import MessageState
from webapp.services import invitations, people, team
from webapp.services.invitations import Invited
from webapp.services.team import Member
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

DONE = {
    "invited": "The invitation is on its way. Its link works for seven days.",
    "resent": "A new link is on its way. The one before it no longer works.",
    "revoked": "The invitation is revoked. Its link no longer works.",
    "role": "The role is changed.",
    "left": "They no longer belong to the team.",
    "room-added": "The room is added. Put it into a profile to have it booked.",
    "room-renamed": "The room is renamed.",
    "room-removed": "The room is removed.",
    "owner": "Ownership is handed over. You are an admin from now on.",
    "joined": "Welcome. These are the people you work with here.",
}
_MAIL_WORDS = {
    MessageState.QUEUED: ("Mail on its way", "info"),
    MessageState.SENT: ("Mail sent", "ok"),
    MessageState.FAILED: ("Mail could not be delivered", "bad"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A person or a room as the page writes them."""

    member: Member
    role: str
    url: str
    zone: str
    seen: str
    calendars: str
    tone: str
    is_me: bool


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation as the page writes it."""

    invited: Invited
    role: str
    state: str
    tone: str
    sent: str
    until: str


def row_of(member: Member, clock: Clock) -> Row:
    """``member`` in words."""
    calendars, tone = "Only bookings", ""
    if member.calendars:
        calendars = f"{member.calendars} linked" if not member.failing else ""
        tone = "bad" if member.failing else "ok"
        if member.failing:
            calendars = f"{member.failing} of {member.calendars} not readable"
    return Row(
        member,
        role=ROLE_WORDS.get(member.role, member.role.value),
        url=url_for("console.member_page", uuid=member.uuid),
        zone=Clock(member.zone, clock.now).place,
        seen=ago(member.seen_at, clock.now) if member.seen_at else "Not yet",
        calendars=calendars,
        tone=tone,
        is_me=member.id == me().user_id,
    )


def only_managers() -> None:
    """Raise ``Forbidden`` before anything is said about a form that others may not send."""
    if not caller().may(Permission.PEOPLE_MANAGE):
        raise Forbidden("Only owners and admins manage people.")


@console.get("/team")
def team_page() -> Response:
    """The people, 50 at a time; invitations and rooms on the first page."""
    with look(caller()) as uow:
        return _team(uow)


def _team(
    uow: UnitOfWork,
    *,
    invite: InviteForm | None = None,
    room: RoomForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    clock = Clock(me().user_zone, uow.now)
    after = request.args.get("after") if request.method == "GET" else None
    found = team.members(uow, after=after)
    manages = uow.caller.may(Permission.PEOPLE_MANAGE)
    waiting = invitations.waiting(uow) if manages and not after else []
    return page(
        "team",
        "team",
        part="console/_team.html",
        status=status,
        done_words=DONE,
        people=[row_of(member, clock) for member in found.members],
        rooms=[row_of(member, clock) for member in team.rooms(uow)] if not after else [],
        invitations=[_invitation_row(each, clock) for each in waiting],
        invite=invite or InviteForm(),
        room=room or RoomForm(),
        refusal=refusal.message if refusal else "",
        manages=manages,
        owns=uow.caller.may(Permission.ORGANIZATION_OWN),
        more=url_for("console.team_page", after=found.after) if found.after else "",
        first=url_for("console.team_page") if after else "",
    )


def _invitation_row(each: Invited, clock: Clock) -> InvitationRow:
    state, tone = _MAIL_WORDS.get(each.mail, ("Sent", "info")) if each.mail else ("Sent", "info")
    if each.has_expired:
        state, tone = "Expired", "warn"
    return InvitationRow(
        each,
        role=ROLE_WORDS[each.role],
        state=state,
        tone=tone,
        sent=ago(each.sent_at, clock.now),
        until=clock.moment(each.expires_at),
    )


# ------------------------------------------------------------------------------------ invitations


@console.post("/team/invitations")
def invite() -> Response:
    """Invite an address; what was refused is kept and explained at its field."""
    only_managers()
    form = typed(InviteForm)
    if form.validate():
        try:
            with begin(caller()) as uow:
                invitations.invite(uow, form.email.data or "", Role(form.role.data))
            return see_other(url_for("console.team_page", done="invited"))
        except (Invalid, Conflict, TooMany) as refusal:
            refused(form, refusal)
            status = 422 if isinstance(refusal, Invalid) else 409
            with look(caller()) as uow:
                return _team(uow, invite=form, status=status)
    with look(caller()) as uow:
        return _team(uow, invite=form, status=422)


@console.post("/team/invitations/<uuid:uuid>/mail")
def resend_invitation(uuid: UUID) -> Response:
    """Send the mail again, with a new link."""
    try:
        with begin(caller()) as uow:
            invitations.resend(uow, uuid)
    except (Gone, TooMany) as refusal:
        return _as_it_is(refusal)
    return see_other(url_for("console.team_page", done="resent"))


@console.post("/team/invitations/<uuid:uuid>/revocation")
def revoke_invitation(uuid: UUID) -> Response:
    """End an invitation."""
    try:
        with begin(caller()) as uow:
            invitations.revoke(uow, uuid)
    except Gone as refusal:
        return _as_it_is(refusal)
    return see_other(url_for("console.team_page", done="revoked"))


def _as_it_is(refusal: Refusal) -> Response:
    with look(caller()) as uow:
        return _team(uow, refusal=refusal, status=409)


# ------------------------------------------------------------------------------------------ rooms


@console.post("/team/rooms")
def add_room() -> Response:
    """Add a room: something that is booked and never signs in."""
    only_managers()
    form = typed(RoomForm)
    if form.validate():
        try:
            with begin(caller()) as uow:
                people.create_room(uow, form.name.data or "")
            return see_other(url_for("console.team_page", done="room-added"))
        except Invalid as refusal:
            refused(form, refusal)
    with look(caller()) as uow:
        return _team(uow, room=form, status=422)
