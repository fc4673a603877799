"""The demo organization and ``demo.json``: a clinic by the harbour, the same every time.

Everything is made through the services, with the time passed in, so that a demo booking is a
booking. Only the secrets are random.
"""

from __future__ import annotations

import argparse
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask

from webapp.demo import bookings, file
from webapp.demo import people as staff
from webapp.domain.passwords import check_password
from webapp.domain.permissions import Caller, Role
from webapp.extensions import db
from webapp.models import (
    AccessToken,
    Account,
    ApiClient,
    BookingProfile,
    Membership,
    Organization,
    ProfileHost,
    User,
)
from webapp.services import keys, passwords, people
from webapp.services.unit_of_work import WRITE, UnitOfWork, unit_of_work
from webapp.work import SYSTEM, House, begin, house, look


@dataclass(frozen=True, slots=True)
class Door:
    """An organization of the demo, and who shows it."""

    slug: str
    owner_email: str
    member_email: str | None


CLINIC = Door(staff.CLINIC_SLUG, staff.OWNER.email, staff.MEMBER.email)
OTHER = Door(staff.OTHER_SLUG, staff.OTHER_OWNER.email, None)


def ensure(app: Flask) -> list[str]:
    """Make what is missing, refresh ``demo.json``, and give the lines to show on start."""
    with app.app_context():
        here = house(app)
        with look(SYSTEM) as uow:
            there = _organization(uow, CLINIC.slug)
        if there is None:
            with _unit_at(SYSTEM, here.clock(), here) as uow:
                staff.build(uow)
            bookings.build(here, _unit_at)
        known = file.read(here.settings)
        if known is None:
            known = _new_secrets(here)
        known["base_url"] = here.settings.base_url
        known["profiles"] = _profiles(here)
        file.write(here.settings, known)
        db.session.remove()
        db.engine.dispose()
    return file.lines(here.settings, known)


def create_owner(app: Flask, options: argparse.Namespace, password: str) -> str:
    """``kalends create-owner``: an organization and its owner; gives the public address."""
    check_password(password, known=[options.email, options.name, options.organization])
    hashed = passwords.hash_password(password)
    with app.app_context(), begin(SYSTEM) as uow:
        organization, _ = people.create_owner(
            uow,
            organization_name=options.organization,
            organization_slug=options.slug,
            name=options.name,
            email=options.email,
            password_hash=hashed,
            zone=options.zone,
        )
        return f"{uow.settings.base_url}/{organization.slug}"


def _unit_at(caller: Caller, now: datetime, here: House) -> Any:
    """A writing unit at another time: the demo's past is made as if it had happened."""
    return unit_of_work(db.session(), caller, now, here.settings, here.keys, mode=WRITE)


def _organization(uow: UnitOfWork, slug: str) -> Organization | None:
    query = sa.select(Organization).where(Organization.slug == slug)
    return uow.session.scalars(query).one_or_none()


def _new_secrets(here: House) -> dict[str, Any]:
    """Fresh passwords, tokens and clients for both organizations; the old ones end."""
    clinic = _door(here, CLINIC)
    other = _door(here, OTHER)
    other.pop("member")
    return {"base_url": "", **clinic, "accounts": _accounts(), "profiles": [], "other": other}


def _door(here: House, door: Door) -> dict[str, Any]:
    with look(SYSTEM) as uow:
        organization = _organization(uow, door.slug)
        assert organization is not None
        organization_id = organization.id
        shown = {"uuid": str(organization.uuid), "slug": organization.slug}
    owner_password = secrets.token_urlsafe(12)
    member_password = secrets.token_urlsafe(12)
    hashes = [passwords.hash_password(word) for word in (owner_password, member_password)]
    with _unit_at(Caller(organization_id, Role.OWNER), here.clock(), here) as uow:
        for kind in (AccessToken, ApiClient):
            uow.session.execute(
                sa.update(kind).values(revoked_at=uow.now).where(kind.revoked_at.is_(None))
            )
        made = keys.make_client(uow, "Demo client")
        found: dict[str, Any] = {
            "organization": shown,
            "owner": _sign_in(uow, door.owner_email, owner_password, hashes[0]),
            "member": None,
            "client": {"id": made.client_id, "secret": made.secret},
        }
        if door.member_email:
            found["member"] = _sign_in(uow, door.member_email, member_password, hashes[1])
    return found


def _sign_in(uow: UnitOfWork, email: str, password: str, password_hash: str) -> dict[str, str]:
    user = uow.session.scalars(sa.select(User).where(User.email == email)).one()
    user.password_hash = password_hash
    token = keys.make_token(uow, user.id, "Demo token")
    return {
        "email": email,
        "password": password,
        "uuid": str(user.uuid),
        "access_token": token.token,
    }


def _clinic() -> Caller:
    with look(SYSTEM) as uow:
        organization = _organization(uow, CLINIC.slug)
        assert organization is not None
        return Caller(organization.id, Role.SYSTEM)


def _accounts() -> list[dict[str, Any]]:
    """Writable accounts: each host's first in order of host, then the others."""
    with look(_clinic()) as uow:
        rows = uow.session.execute(
            sa.select(Account.id, Account.host_id, User.email, User.uuid)
            .join(User, User.id == Account.host_id)
            .join(Membership, Membership.user_id == User.id)
            .where(Account.writable, User.is_room.is_(False))
            .order_by(Account.host_id, Account.id)
        ).all()
    first: dict[int, dict[str, Any]] = {}
    more = []
    for account_id, host_id, email, user_uuid in rows:
        shown = {"id": account_id, "email": email, "user_uuid": str(user_uuid)}
        if host_id in first:
            more.append(shown)
        else:
            first[host_id] = shown
    return [*first.values(), *more]


def _profiles(here: House) -> list[dict[str, Any]]:
    with look(_clinic()) as uow:
        found = uow.session.scalars(
            sa.select(BookingProfile)
            .where(BookingProfile.deleted_at.is_(None), BookingProfile.paused.is_(False))
            .order_by(BookingProfile.position, BookingProfile.id)
        ).all()
        counts = dict(
            uow.session.execute(
                sa.select(ProfileHost.profile_id, sa.func.count()).group_by(ProfileHost.profile_id)
            ).all()
        )
        return [
            {
                "id": profile.id,
                "uuid": str(profile.uuid),
                "slug": profile.slug,
                "url": f"{here.settings.base_url}/{CLINIC.slug}/{profile.slug}",
                "duration_minutes": profile.durations[0],
                "hosts": counts.get(profile.id, 0),
            }
            for profile in found
        ]
