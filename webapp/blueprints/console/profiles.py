"""Profiles: the list, and what is done to a profile as a whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.booking.manner import length
from webapp.blueprints.booking.wording import listed
from webapp.blueprints.console.profiles_templates import TEMPLATES
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict
from webapp.domain.permissions import Permission
from webapp.services import host_groups, profile_listing, profiles
from webapp.services.profile_listing import Listed
from webapp.work import begin, house, look

STATES = {
    "active": ("Active", "ok"),
    "paused": ("Paused", "warn"),
    "not_started": ("Not open yet", "info"),
    "ended": ("Ended", "bad"),
}
DONE = {
    "created": "The profile is made. Its page is open for bookings.",
    "saved": "Saved. The page shows it already.",
    "paused": "Paused: no new bookings. What is booked stays.",
    "resumed": "Open again for bookings.",
    "copied": "The copy is here, paused until you resume it.",
    "deleted": "The profile is deleted. Its bookings stay.",
    "group-deleted": "The group is deleted.",
    "address": "The address is a new one. The old link leads nowhere now.",
    "made": "The links are made. Copy one and send it.",
    "revoked": "The links are taken back.",
    "shared": "Saved. It counts from the next booking on.",
    "levelled": "Nobody is ahead any more.",
}


@console.get("/profiles")
def profile_list() -> Response:
    """The organization's profiles in the order of its page, 20 at a time."""
    with look(caller()) as uow:
        found = profile_listing.listed(uow, after=request.args.get("after"))
        clock = Clock(me().user_zone, uow.now)
        return page(
            "profiles",
            "profiles",
            part="console/_profiles.html",
            done_words=DONE,
            profiles=[_shown(each, clock) for each in found.profiles],
            more=url_for("console.profile_list", after=found.after) if found.after else "",
            first=url_for("console.profile_list") if request.args.get("after") else "",
            zone=clock.place,
            may_change=uow.caller.may(Permission.PROFILE_CHANGE),
            templates=TEMPLATES,
            public_url=public_url(),
        )


def public_url(slug: str = "") -> str:
    """The whole address of the organization's page, or of a profile's."""
    home = f"{house().settings.base_url}/{me().organization_slug}"
    return f"{home}/{slug}" if slug else home


def _shown(each: Listed, clock: Clock) -> dict[str, Any]:
    words, tone = STATES[each.state]
    names = each.host_names
    any_of = each.required == "one" and len(names) > 1
    who = f"any of {len(names)} people" if any_of else listed(names)
    lengths = tuple(length(minutes) for minutes in each.durations)
    return {
        "profile": each,
        "url": public_url(each.slug),
        "state": words,
        "tone": tone,
        "hosts": who[:1].upper() + who[1:] if who else "Nobody",
        "lengths": listed(lengths, "or"),
        "next": clock.moment(each.next_free) if each.next_free else "",
    }


@console.post("/profiles/<uuid:uuid>/pause")
def pause_profile(uuid: UUID) -> Response:
    """Stop taking bookings."""
    return _paused(uuid, True)


@console.post("/profiles/<uuid:uuid>/resumption")
def resume_profile(uuid: UUID) -> Response:
    """Take bookings again."""
    return _paused(uuid, False)


def _paused(uuid: UUID, paused: bool) -> Response:
    with begin(caller()) as uow:
        profiles.pause(uow, profiles.for_change(uow, uuid).id, paused)
    return _back("paused" if paused else "resumed")


@console.post("/profiles/<uuid:uuid>/copies")
def duplicate_profile(uuid: UUID) -> Response:
    """Make a paused copy, and go there."""
    with begin(caller()) as uow:
        copy = profiles.duplicate(uow, uuid).uuid
    return see_other(url_for("console.profile_editor", uuid=copy, done="copied"))


@console.post("/profiles/<uuid:uuid>/position")
def move_profile(uuid: UUID) -> Response:
    """One place up or down, here and on the public page."""
    with begin(caller()) as uow:
        profiles.shift(uow, uuid, -1 if request.form.get("to") == "up" else 1)
    return see_other(f"{url_for('console.profile_list')}#p-{uuid}")


@console.get("/profiles/<uuid:uuid>/deletion")
def delete_profile_page(uuid: UUID) -> Response:
    """What deleting does."""
    with look(caller()) as uow:
        profile = profiles.for_change(uow, uuid)
        return page(
            "profile_delete",
            "profiles",
            part="console/_profile_delete.html",
            profile=profile,
            url=public_url(profile.slug),
            upcoming=profile_listing.upcoming(uow, profile.id),
        )


@console.post("/profiles/<uuid:uuid>/deletion")
def delete_profile(uuid: UUID) -> Response:
    """Take the page down; its bookings stay."""
    with begin(caller()) as uow:
        profiles.delete(uow, profiles.for_change(uow, uuid).id)
    return _back("deleted")


@console.post("/profiles/<uuid:uuid>/address")
def renew_profile_address(uuid: UUID) -> Response:
    """A new address that nobody can guess."""
    with begin(caller()) as uow:
        profiles.renew_address(uow, uuid)
    return see_other(url_for("console.profile_editor", uuid=uuid, done="address"))


@console.get("/profiles/groups/<uuid:xid>/deletion")
def delete_group_page(xid: UUID) -> Response:
    """What deleting a group does, or why it cannot be deleted."""
    with look(caller()) as uow:
        group = host_groups.group_for_change(uow, xid)
        return page(
            "group_delete", "profiles", part="console/_profile_group_delete.html", group=group
        )


@console.post("/profiles/groups/<uuid:xid>/deletion")
def delete_group(xid: UUID) -> Response:
    """Delete a group that serves no profile."""
    try:
        with begin(caller()) as uow:
            host_groups.delete_group(uow, xid)
    except Conflict as refusal:
        with look(caller()) as uow:
            return page(
                "group_delete",
                "profiles",
                part="console/_profile_group_delete.html",
                status=409,
                group=host_groups.group_for_change(uow, xid),
                refusal=refusal.message,
            )
    return _back("group-deleted")


def _back(word: str) -> Response:
    return see_other(url_for("console.profile_list", done=word))
