"""Single-use links: made for a profile, listed with what became of them, opened by visitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Gone, Invalid, LinkClosed, NotFound
from webapp.domain.permissions import Permission
from webapp.models import Booking, BookingProfile, Organization, ProfileLink, ProfileLinkDraft
from webapp.services import profiles
from webapp.services.steps import single_use
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

MOST_AT_ONCE = 50
LONGEST_DAYS = 365
PER_PAGE = 50

LinkState = Literal["unused", "used", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class LinkCard:
    """A link in the list. ``code`` is the address's secret part; ``booking`` who used it."""

    uuid: UUID
    code: str
    note: str
    state: LinkState
    created_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    booking_uuid: UUID | None
    booking_name: str
    reference: int | None


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Links, newest first. ``after`` leads to the next page, None where there is none."""

    links: tuple[LinkCard, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to: the organization's slug and the profile."""

    organization_slug: str
    organization_id: int
    profile_slug: str
    link_id: int


@use_case(Permission.PROFILE_CHANGE)
def make(
    uow: UnitOfWork, profile_uuid: UUID, *, count: int, days: int | None = None, note: str = ""
) -> list[ProfileLink]:
    """Make ``count`` links (1 to 50) that work for ``days`` from now, or until they are used.

    Raises ``NotFound``, and ``Invalid`` naming the field.
    """
    profile = profiles.by_uuid(uow, profile_uuid)
    if not 1 <= count <= MOST_AT_ONCE:
        raise Invalid(f"Make 1 to {MOST_AT_ONCE} links at a time", field="count")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"A link works for 1 to {LONGEST_DAYS} days", field="days")
    said = clean_line(note, field="note", what="a note", most=120, required=False)
    made = [
        ProfileLink(
            uuid=uuid4(),
            public_id=single_use.new_public_id(),
            profile_id=profile.id,
            note=said,
            created_at=uow.now,
            expires_at=uow.now + timedelta(days=days) if days else None,
        )
        for _ in range(count)
    ]
    uow.session.add_all(made)
    uow.session.flush()
    uow.record("links.made", f"profile:{profile.id}", count=count, days=days)
    return made


@use_case(Permission.PROFILE_CHANGE)
def listed(
    uow: UnitOfWork, profile_id: int, *, after: int | None = None, most: int = PER_PAGE
) -> LinkPage:
    """The profile's links, newest first, ``most`` at a time; ``after`` is from an earlier page."""
    query = (
        sa.select(ProfileLink, Booking)
        .outerjoin(Booking, Booking.id == ProfileLink.booking_id)
        .where(ProfileLink.profile_id == profile_id)
    )
    if after is not None:
        query = query.where(ProfileLink.id < after)
    rows = uow.session.execute(query.order_by(ProfileLink.id.desc()).limit(most + 1)).all()
    cards = tuple(_card(uow, link, booking) for link, booking in rows[:most])
    return LinkPage(cards, rows[most - 1][0].id if len(rows) > most else None)


def _card(uow: UnitOfWork, link: ProfileLink, booking: Booking | None) -> LinkCard:
    state: LinkState = single_use.closed_by(uow, link) or "unused"
    ended = {"used": link.used_at, "revoked": link.revoked_at, "expired": link.expires_at}
    return LinkCard(
        uuid=link.uuid,
        code=single_use.code_of(uow.keys, link),
        note=link.note,
        state=state,
        created_at=link.created_at,
        expires_at=link.expires_at,
        ended_at=ended.get(state),
        booking_uuid=booking.uuid if booking else None,
        booking_name=(booking.name or "") if booking else "",
        reference=booking.reference if booking else None,
    )


@use_case(Permission.PROFILE_CHANGE)
def revoke(uow: UnitOfWork, profile_uuid: UUID, link_uuids: Sequence[UUID]) -> int:
    """Take links back; drafts begun with them cannot be confirmed. Gives how many.

    Raises ``NotFound`` when one is not a link of that profile, ``Conflict`` when one was used.
    """
    profile = profiles.by_uuid(uow, profile_uuid)
    wanted = set(link_uuids)
    links = uow.session.scalars(
        sa.select(ProfileLink)
        .where(ProfileLink.profile_id == profile.id, ProfileLink.uuid.in_(wanted))
        .order_by(ProfileLink.id)
        .with_for_update()
    ).all()
    if len(links) != len(wanted):
        raise NotFound("there is no such link")
    for link in links:
        if link.used_at is not None:
            raise Conflict("That link was used meanwhile, so it cannot be taken back")
        link.revoked_at = link.revoked_at or uow.now
    uow.session.flush()
    if links:
        uow.record("links.revoked", f"profile:{profile.id}", count=len(links))
    return len(links)


@use_case(Permission.PROFILE_VIEW)
def opened(uow: UnitOfWork, code: str) -> Opened:
    """Where the link behind ``code`` leads, whatever organization made it.

    Raises ``NotFound`` for what was never a link, ``LinkClosed`` for one that is used, expired or
    revoked, and ``Gone`` when its profile was deleted.
    """
    public_id = single_use.proven(uow.keys, code)
    if public_id is None:
        raise NotFound("there is no such page")
    row = uow.session.execute(
        below_the_guard(
            sa.select(ProfileLink, BookingProfile.slug, BookingProfile.deleted_at, Organization)
            .join(BookingProfile, BookingProfile.id == ProfileLink.profile_id)
            .join(Organization, Organization.id == ProfileLink.organization_id)
            .where(ProfileLink.public_id == public_id),
            "the code names one link, and the link its organization",
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such page")
    link, slug, deleted_at, organization = row
    closed = single_use.closed_by(uow, link)
    if closed:
        raise LinkClosed(single_use.SAYINGS[closed])
    if deleted_at is not None:
        raise Gone("this page was taken down")
    return Opened(organization.slug, organization.id, slug, link.id)


@use_case(Permission.BOOKING_CREATE)
def attach(
    uow: UnitOfWork, booking_id: int, *, link_id: int | None, instead_of: str | None = None
) -> None:
    """Note that a draft was begun with the link: confirming it uses the link up.

    In the unit that takes the hold. ``instead_of`` is the public id of the draft that the visitor
    turned away from: its link counts for the new one. Raises ``LinkClosed``, ``NotFound``.
    """
    if link_id is None:
        link_id = uow.session.scalar(
            sa.select(ProfileLinkDraft.link_id)
            .join(Booking, Booking.id == ProfileLinkDraft.booking_id)
            .where(Booking.public_id == instead_of)
        )
    if link_id is None:
        return
    link = uow.session.get(ProfileLink, link_id)
    if link is None:
        raise NotFound("there is no such page")
    closed = single_use.closed_by(uow, link)
    if closed:
        raise LinkClosed(single_use.SAYINGS[closed])
    there = uow.session.scalar(
        sa.select(ProfileLinkDraft.id).where(ProfileLinkDraft.booking_id == booking_id)
    )
    if there is None:
        uow.session.add(ProfileLinkDraft(link_id=link_id, booking_id=booking_id))
        uow.session.flush()
