"""Team, invitations, settings and the audit log: the states that tests look at."""

from __future__ import annotations

import sqlalchemy as sa

from tests.browser.live import Live
from tests.browser.private import busy_week, sign_in
from tests.browser.stage import State
from tests.browser.visitor import Visitor
from tests.world import at, build_world
from webapp.domain.permissions import Caller, Role
from webapp.models import Message, User
from webapp.services import audit, invitations, people
from webapp.services.unit_of_work import WRITE


def _invite(live: Live, email: str) -> str:
    """Invite ``email``; the path of the link in its mail."""
    with live.world.desk.begin(live.world.owner) as uow:
        invitations.invite(uow, email, Role.ADMIN)
        newest = sa.select(Message.values).order_by(Message.id.desc()).limit(1)
        url: str = uow.session.scalars(newest).one()["once_url"]
    return url[url.index("/auth/") :]


def _uuid(live: Live, name: str) -> str:
    with live.world.desk.look(live.world.owner) as uow:
        return str(uow.session.get_one(User, live.world.hosts[name]).uuid)


def _team(live: Live, visitor: Visitor) -> None:
    _invite(live, "kim@example.org")
    live.drain()
    live.clock.forward(days=8)
    _invite(live, "robin@example.org")
    other = build_world(live.world.desk, "hill")
    with live.world.desk.begin(live.world.owner) as uow:
        people.create_room(uow, "Green room")
    with live.world.desk.begin(Caller(other.organization_id, Role.SYSTEM)) as uow:
        people.join(uow, live.world.hosts["ada"], Role.MEMBER)
    sign_in(live, visitor)
    visitor.open("/console/team")


def _invite_refused(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open("/console/team")
    visitor.fill("email", "bela@harbour.example.org")
    visitor.press("form[action$=invitations] .btn", lands=".summary")


def _member(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open(f"/console/team/{_uuid(live, 'bela')}")


def _removal(live: Live, visitor: Visitor) -> None:
    profile = live.world.profile("bela", "chris", slug="two", name="Bela or Chris")
    for hour, name in ((9, "Grace"), (10, "Hana"), (11, "Ravi"), (13, "Lucía")):
        live.world.book(profile, at(hour), name)
    live.world.book(live.world.profile("bela", slug="solo", name="Solo"), at(14), "Otto")
    sign_in(live, visitor)
    visitor.open(f"/console/team/{_uuid(live, 'bela')}/removal")


def _last_owner(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open(f"/console/team/{_uuid(live, 'ada')}/removal")


def _hand_over(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open("/console/team/ownership")


def _invitation(live: Live, visitor: Visitor) -> None:
    visitor.open(_invite(live, "kim@example.org"))


def _invitation_known(live: Live, visitor: Visitor) -> None:
    other = build_world(live.world.desk, "hill")
    with live.world.desk.look(other.owner) as uow:
        email = uow.session.get_one(User, other.hosts["ada"]).email
    visitor.open(_invite(live, email or ""))


def _invitation_other(live: Live, visitor: Visitor) -> None:
    link = _invite(live, "kim@example.org")
    sign_in(live, visitor)
    visitor.open(link)


def _invitation_expired(live: Live, visitor: Visitor) -> None:
    link = _invite(live, "kim@example.org")
    live.clock.forward(days=7)
    visitor.open(link)


def _settings(live: Live, visitor: Visitor) -> None:
    sign_in(live, visitor)
    visitor.open("/console/settings")


def _audit(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    sign_in(live, visitor)
    visitor.open("/console/settings/audit")


def _audit_whole(live: Live, visitor: Visitor) -> None:
    _seal(live)
    sign_in(live, visitor)
    visitor.open("/console/settings/audit/check")


def _audit_broken(live: Live, visitor: Visitor) -> None:
    _seal(live)
    with live.world.desk.engine.connect() as raw:
        connection = raw.execution_options(kalends_mode=WRITE)
        with connection.begin():
            connection.exec_driver_sql("DROP TRIGGER audit_entry_refuse_update")
            connection.exec_driver_sql("UPDATE audit_entry SET actor = 'system' WHERE id = 2")
    sign_in(live, visitor)
    visitor.open("/console/settings/audit/check")


def _seal(live: Live) -> None:
    with live.world.desk.begin(Caller(live.world.organization_id, Role.SYSTEM)) as uow:
        audit.seal(uow)


TEAM_STATES: tuple[State, ...] = (
    State("team", _team, 200, "Team", "robin@example.org"),
    State("team-invite-refused", _invite_refused, 409, "Team", "in the team already"),
    State("team-member", _member, 200, "Bela Cruz", "Save role"),
    State("team-removal", _removal, 200, "Remove Bela Cruz", "What happens to them?"),
    State("team-last-owner", _last_owner, 200, "Leave Harbour", "always has an owner"),
    State("team-hand-over", _hand_over, 200, "Hand over Harbour", "You become an admin."),
    State("invitation", _invitation, 200, "Join Harbour", "Make my account and join"),
    State("invitation-known", _invitation_known, 200, "Join Harbour", "Sign in to accept"),
    State("invitation-other", _invitation_other, 200, "Join Harbour", "another address"),
    State("invitation-expired", _invitation_expired, 410, "This invitation", "seven days are over"),
    State("settings", _settings, 200, "Settings", "How long invitees are kept"),
    State("audit", _audit, 200, "Audit log", "made booking #1001"),
    State("audit-whole", _audit_whole, 200, "The log is as it was written", "Whole"),
    State("audit-broken", _audit_broken, 200, "The log was changed", "number 2"),
)
