"""What the addresses outside the console name, one of each: links, drafts, keys, reservations."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tests.browser.stage import manage_path
from tests.routes.furnished import Furnished
from tests.world import World, at
from webapp.blueprints.assets import static_url
from webapp.domain.picture import Picture
from webapp.models import BookingProfile, Invitation, Organization, TicketKind, User
from webapp.services import (
    group_booking,
    invitations,
    keys,
    organizations,
    profile_links,
    program_candidates,
    program_profiles,
)
from webapp.services.group_booking import Order
from webapp.services.holds import Details
from webapp.services.program_candidates import Group
from webapp.services.steps import single_use, tickets
from webapp.services.unit_of_work import UnitOfWork

GRACE = Details("Grace", "grace@example.org")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outward:
    """The value of each argument, and the headers of each key, by role ("client": a program)."""

    world: World
    things: dict[str, str]
    headers: dict[str, dict[str, str]]


def furnish_outward(furnished: Furnished) -> Outward:
    """Everything is Ada's or the organization's; names differ from one organization to another."""
    world = furnished.world
    slug = f"call-{world.slug}"
    profile_id = world.profile(slug=slug, name="Call")
    things = {
        "org": world.slug,
        "slug": slug,
        "draft": world.hold(profile_id, at(9, day=25)),
        "manage": manage_path(world, UUID(world.book(profile_id, at(10, day=25)))).split("/")[-1],
        "sheet": static_url("css/public.css").removeprefix("/static/"),
        "colour": "0f5c6e",
        "tag": "0",
        "surface": "group-booking",
        "nowhere": "nowhere",
    }
    with world.desk.begin(world.owner) as uow:
        profile = uow.session.get_one(BookingProfile, profile_id)
        link = profile_links.make(uow, profile.uuid, count=1)[0]
        things["code"] = single_use.code_of(uow.keys, link)
        organizations.set_logo(uow, Picture("image/png", "png", 1, 1, world.slug.encode()))
        things["logo"] = str(uow.session.get_one(Organization, world.organization_id).logo_tag)
        things |= _by_mail(uow, world)
        things |= _programs(uow, world)
        headers, things["client"] = _keys(uow, furnished)
    return Outward(world, things, headers)


def _by_mail(uow: UnitOfWork, world: World) -> dict[str, str]:
    """The tokens of links that only a mail tells."""
    invited: Invitation = invitations.invite(uow, f"outside@{world.slug}.example.org")
    token = f"invitation-{world.slug}"
    invited.token_hash = tickets.hash_of(token)
    bela, new = world.hosts["bela"], f"bela.new@{world.slug}.example.org"
    return {
        "invitation": token,
        "reset": tickets.hand_out(uow, TicketKind.RESET, HOUR, user_id=bela),
        "verify": tickets.hand_out(uow, TicketKind.ADDRESS, HOUR, user_id=bela, email=new),
    }


def _programs(uow: UnitOfWork, world: World) -> dict[str, str]:
    """A profile of the organization and one of Ada's account, each with a reservation."""
    ada, bela = world.accounts["ada"], world.accounts["bela"]
    made = program_profiles.create(uow, {"slug": f"program-{world.slug}"})
    program_candidates.attach_accounts(uow, made.id, (ada, bela))
    program_candidates.attach_groups(uow, made.id, [Group("pair", (ada, bela), None)])
    own = program_profiles.create(uow, {"slug": f"own-{world.slug}"}, account_id=ada)
    kept = [
        group_booking.book(
            uow, profile, Order(at(start, day=25), at(start, 30, day=25), GRACE), reserve_minutes=60
        ).booking.id
        for profile, start in ((made.id, 12), (own.id, 13))
    ]
    return {
        "program": str(made.id),
        "own": str(own.id),
        "reservation": str(kept[0]),
        "own_reservation": str(kept[1]),
        "account": str(ada),
        "colleague": str(bela),
    }


def _keys(uow: UnitOfWork, furnished: Furnished) -> tuple[dict[str, dict[str, str]], str]:
    headers = {}
    for role, email in furnished.people.items():
        user = uow.session.query(User).filter_by(email=email).one()
        token = keys.make_token(uow, user.id, role.title()).token
        headers[role.value] = {"Authorization": f"Bearer {token}"}
    client = keys.make_client(uow, "Till")
    pair = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    headers["client"] = {"Authorization": f"Basic {pair}"}
    return headers, client.client_id


def nobodys(things: Mapping[str, str]) -> dict[str, str]:
    """The same things as nobody has them: what somebody would guess."""
    return {name: _unlike(value) for name, value in things.items()}


def _unlike(value: str) -> str:
    if value.isdigit():
        return str(int(value) + 10**9)
    return "".join("B" if mark == "A" else "A" if mark.isalnum() else mark for mark in value)
