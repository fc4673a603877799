"""The pages of profiles that tests look at, and how somebody gets there."""

from __future__ import annotations

from uuid import UUID

from tests.browser.live import Live
from tests.browser.private import busy_week, sign_in
from tests.browser.stage import State, intro
from tests.browser.visitor import Visitor
from tests.world import at
from webapp.domain.required import Required
from webapp.models import BookingProfile
from webapp.services import holds, profile_links, profiles
from webapp.services.steps import single_use

OPEN_ALL = (
    "() => document.querySelectorAll('.pf-part, .pf-group').forEach((d) => { d.open = true })"
)


def _uuid(live: Live, profile_id: int) -> UUID:
    with live.world.desk.look(live.world.owner) as uow:
        return uow.session.get_one(BookingProfile, profile_id).uuid


def _at(live: Live, visitor: Visitor, path: str) -> None:
    sign_in(live, visitor)
    visitor.open(f"/console/profiles{path}")


def shown(visitor: Visitor) -> None:
    """Wait until the preview stands beside the form."""
    visitor.page.wait_for_selector("#look-frame[srcdoc]")
    visitor.page.wait_for_function("() => document.getElementById('look-state').textContent === ''")


def _list(live: Live, visitor: Visitor) -> None:
    busy_week(live)
    live.world.profile("ada", "bela", slug="hidden", name="For friends", secret=True, position=2)
    live.world.profile(slug="old", name="Summer check", paused=True, position=3)
    _at(live, visitor, "")
    visitor.page.locator(".pf-more > summary").nth(1).click()


def _empty(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, "")


def _new(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, "/new")


def _new_groups(live: Live, visitor: Visitor) -> None:
    live.world.group("ada", "bela", required=Required.ALL)
    _at(live, visitor, "/new?from=groups")
    shown(visitor)
    visitor.page.evaluate(OPEN_ALL)


def _editor(live: Live, visitor: Visitor) -> None:
    colors = {"primary_color": "#FFEB3B", "secondary_color": "#30A9EE"}
    profile = intro(live, description="About {{company}}: {{notes}}", secret=True, **colors)
    _at(live, visitor, f"/{_uuid(live, profile)}")
    shown(visitor)
    visitor.page.evaluate(OPEN_ALL)


def _refused(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, f"/{_uuid(live, intro(live))}")
    shown(visitor)
    visitor.fill("durations", "an hour or so")
    visitor.fill("name", "")
    visitor.press("#editor .primary", lands=".summary")
    visitor.page.wait_for_selector("#look-state:not(:empty)")


def _overtaken(live: Live, visitor: Visitor) -> None:
    profile = intro(live)
    _at(live, visitor, f"/{_uuid(live, profile)}")
    shown(visitor)
    with live.world.desk.begin(live.world.owner) as uow:
        stored = uow.session.get_one(BookingProfile, profile)
        profiles.renew_address(uow, stored.uuid)
    visitor.fill("name", "A first call")
    shown(visitor)
    visitor.press("#editor .primary", lands=".pf-conflict")
    shown(visitor)


def _delete(live: Live, visitor: Visitor) -> None:
    profile = intro(live)
    live.world.book(profile, at(9))
    _at(live, visitor, f"/{_uuid(live, profile)}/deletion")


def _group(live: Live, visitor: Visitor) -> None:
    group = live.world.group("ada", "bela")
    live.world.profile(groups=(group,))
    (row,) = live.world.desk.sql("SELECT xid FROM host_group")
    _at(live, visitor, f"/groups/{UUID(str(row[0]))}/deletion")


def _some_links(live: Live) -> tuple[int, str]:
    """A profile with links in every state, and the code of the used one."""
    world, profile = live.world, intro(live)
    uuid = _uuid(live, profile)
    with world.desk.begin(world.owner) as uow:
        profile_links.make(uow, uuid, count=1, days=2, note="Waiting list")
    live.clock.forward(hours=50)
    with world.desk.begin(world.owner) as uow:
        used, taken, _ = profile_links.make(uow, uuid, count=3, days=14, note="For Otto")
        profile_links.revoke(uow, uuid, [taken.uuid])
    public_id = world.hold(profile, at(9, day=27))
    with world.desk.begin(world.guest) as uow:
        draft = holds.draft(uow, public_id)
        profile_links.attach(uow, draft.id, link_id=used.id)
        draft.name = "Otto"
        single_use.consume(uow, draft.id)
        return profile, single_use.code_of(world.desk.keys, used)


def _links(live: Live, visitor: Visitor) -> None:
    profile, _ = _some_links(live)
    _at(live, visitor, f"/{_uuid(live, profile)}/links")


def _no_links(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, f"/{_uuid(live, intro(live))}/links")


def _turns(live: Live, visitor: Visitor) -> None:
    pool = live.world.profile("ada", "bela", "chris", slug="pool", name="Any of us")
    live.world.book(pool, at(9))
    _at(live, visitor, f"/{_uuid(live, pool)}/turns")


def _turns_refused(live: Live, visitor: Visitor) -> None:
    _turns(live, visitor)
    field = visitor.page.get_by_label("Weight of Bela Cruz")
    field.fill("99")
    visitor.press("#profile-turns .btn.primary", lands="#profile-turns .error")


def _turns_of_one(live: Live, visitor: Visitor) -> None:
    _at(live, visitor, f"/{_uuid(live, intro(live))}/turns")


def _used_link(live: Live, visitor: Visitor) -> None:
    _, code = _some_links(live)
    visitor.open(f"/d/{code}/intro")


PROFILE_STATES: tuple[State, ...] = (
    State("profiles", _list, 200, "Profiles", "Any of 2 people"),
    State("profiles-empty", _empty, 200, "What can people book", "Choose a start"),
    State("profile-new", _new, 200, "New profile", "Everyone together"),
    State("profile-new-groups", _new_groups, 200, "New profile", "common times in the next 7"),
    State("profile-editor", _editor, 200, "Intro call", "darkened by"),
    State("profile-refused", _refused, 422, "Please check the form", "Enter lengths in minutes"),
    State("profile-overtaken", _overtaken, 409, "Nothing is lost", "Leave mine"),
    State("profile-delete", _delete, 200, "Delete profile", "1 upcoming booking stays"),
    State("profile-group-kept", _group, 200, "Delete group", "Take it out there first"),
    State("profile-links", _links, 200, "Single-use links", "Waiting list"),
    State("profile-links-none", _no_links, 200, "Single-use links", "No links yet"),
    State("profile-turns", _turns, 200, "Whose turn", "1 ahead"),
    State("profile-turns-refused", _turns_refused, 422, "Whose turn", "from 1 to 20"),
    State("profile-turns-one", _turns_of_one, 200, "Whose turn", "takes every meeting"),
    State("link-used", _used_link, 410, "This link has been used", "Ask the person"),
)
