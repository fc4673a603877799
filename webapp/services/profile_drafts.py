"""A profile before it is saved: who can be chosen, how its page would look, how many times fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from webapp.domain.permissions import Permission
from webapp.domain.span import Interval
from webapp.models import Account, BookingProfile, User
from webapp.services import offers
from webapp.services.offers import ProfileCard
from webapp.services.steps import candidates, unsaved
from webapp.services.steps.candidates import Chosen
from webapp.services.steps.profile_draft import ProfileDraft, checked
from webapp.services.unit_of_work import UnitOfWork, use_case

COUNTED_DAYS = 7


@dataclass(frozen=True, slots=True)
class HostChoice:
    """An account that can take bookings; ``name`` is its host's, ``account`` its own."""

    account_id: int
    host_id: int
    name: str
    account: str
    is_room: bool


@use_case(Permission.PROFILE_CHANGE)
def choices(uow: UnitOfWork) -> list[HostChoice]:
    """Every account of the organization's people and rooms that bookings can be written to."""
    rows = uow.session.execute(
        sa.select(Account.id, User.id, User.name, Account.name, User.is_room)
        .join(User, User.id == Account.host_id)
        .where(Account.writable, candidates.is_here())
        .order_by(User.is_room, User.name, User.id, Account.id)
    )
    return [HostChoice(*row) for row in rows]


@use_case(Permission.PROFILE_CHANGE)
def shown(
    uow: UnitOfWork,
    draft: ProfileDraft,
    groups: Sequence[Chosen],
    *,
    saved: BookingProfile | None = None,
) -> ProfileCard:
    """The card of the page that the draft would make. Nothing is written.

    ``groups`` are candidates beside the draft's accounts, saved or not; the draft's own are not
    read. Raises what saving would: ``FormInvalid``, ``Invalid``, ``NotFound``.
    """
    clean = checked(draft)
    chosen = [*(candidates.account_choice(each) for each in clean.accounts), *groups]
    staying = candidates.attached(uow, saved.id) if saved else frozenset()
    resolved = candidates.resolve(uow, chosen, staying=staying)
    return offers.card_of(uow, unsaved.offering_of(uow, clean, resolved, saved))


@use_case(Permission.PROFILE_READ)
def common_times(uow: UnitOfWork, card: ProfileCard) -> int:
    """How many times of the first length can be booked in the next seven days."""
    window = Interval(uow.now, uow.now + timedelta(days=COUNTED_DAYS))
    return len(offers.offered(uow, card, window).starts)
