"""What ends when a host leaves an organization: holds, profiles, calendars, keys, sessions."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from webapp.models import (
    AccessToken,
    Account,
    AccountKind,
    Booking,
    BookingProfile,
    BookingStatus,
    BrowserSession,
    BusySpan,
    Calendar,
    CalendarFeed,
    HostGroupMember,
    Job,
    Membership,
    ProfileHost,
    TimeAway,
    User,
)
from webapp.services.steps import candidates, imported, lapsing
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

_WHY = "where somebody belongs is asked across organizations; the statement names the person"


def profiles_of(uow: UnitOfWork, host_id: int) -> list[tuple[str, bool]]:
    """Names of the profiles that the host serves, and whether each stops without them."""
    others = (
        sa.select(sa.func.count(ProfileHost.id))
        .join(User, User.id == ProfileHost.host_id)
        .where(
            ProfileHost.profile_id == BookingProfile.id,
            ProfileHost.host_id != host_id,
            User.deactivated_at.is_(None),
        )
        .correlate(BookingProfile)
        .scalar_subquery()
    )
    rows = uow.session.execute(
        sa.select(BookingProfile.name, others)
        .join(ProfileHost, ProfileHost.profile_id == BookingProfile.id)
        .where(ProfileHost.host_id == host_id, BookingProfile.deleted_at.is_(None))
        .order_by(BookingProfile.position, BookingProfile.id)
    )
    return [(name, count == 0) for name, count in rows]


def end_holds(uow: UnitOfWork, host_id: int) -> None:
    """Let the times lapse that visitors keep with the host at this moment; hosts are locked."""
    theirs = sa.select(BusySpan.meeting_id).where(
        BusySpan.host_id == host_id, BusySpan.expires_at.is_not(None)
    )
    held = list(
        uow.session.scalars(
            sa.select(Booking.meeting_id).where(
                Booking.meeting_id.in_(theirs), Booking.status == BookingStatus.HELD
            )
        )
    )
    if not held:
        return
    uow.session.execute(
        sa.update(Booking)
        .where(Booking.meeting_id.in_(held), Booking.status == BookingStatus.HELD)
        .values(expires_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    lapsing.lapse_meetings(uow, sorted({each for each in held if each is not None}))


def leave_profiles(uow: UnitOfWork, host_id: int) -> None:
    """Take the host's accounts off every profile and group; a profile with nobody left pauses."""
    own = set(uow.session.scalars(sa.select(Account.id).where(Account.host_id == host_id)))
    served = sa.select(ProfileHost.profile_id).where(ProfileHost.host_id == host_id)
    profiles = candidates.locked(uow, uow.session.scalars(served))
    uow.session.execute(
        sa.delete(HostGroupMember)
        .where(HostGroupMember.account_id.in_(own))
        .execution_options(synchronize_session=False)
    )
    for profile in profiles:
        accounts, groups = candidates.accounts_and_groups(uow, profile.id)
        left = [each for each in accounts if each not in own]
        full = [each for each in groups if candidates.members_of(uow, each)]
        candidates.write(uow, profile, left, full)
        profile.revision = BookingProfile.revision + 1
        profile.version += 1
        profile.updated_at = uow.now
        uow.record("profile.host_left", f"profile:{profile.id}", host=f"user:{host_id}")
        if not left and not full and not profile.paused:
            profile.paused = True
            uow.record("profile.paused", f"profile:{profile.id}")


def end_calendars(uow: UnitOfWork, host_id: int) -> None:
    """Forget linked calendars and time away, so that neither blocks them anywhere from now on."""
    linked: Sequence[tuple[Calendar, CalendarFeed]] = [
        (calendar, feed)
        for calendar, feed in uow.session.execute(
            sa.select(Calendar, CalendarFeed)
            .join(CalendarFeed, CalendarFeed.calendar_id == Calendar.id)
            .join(Account, Account.id == Calendar.account_id)
            .where(Account.host_id == host_id)
        )
    ]
    jobs = [f"refresh-feed:{feed.id}" for _, feed in linked]
    uow.session.execute(
        sa.delete(Job).where(Job.dedupe.in_(jobs)).execution_options(synchronize_session=False)
    )
    for calendar, feed in linked:
        imported.clear(uow, calendar.id)
        uow.session.delete(feed)
        uow.session.flush()
        uow.session.delete(calendar)
    uow.session.flush()
    elsewhere = (Account.host_id == host_id) & (Account.kind != AccountKind.LOCAL)
    for statement in (
        sa.delete(Account).where(elsewhere),
        sa.delete(TimeAway).where(TimeAway.host_id == host_id),
    ):
        uow.session.execute(statement.execution_options(synchronize_session=False))


def end_keys(uow: UnitOfWork, user_id: int) -> None:
    """Revoke their access tokens of this organization."""
    uow.session.execute(
        sa.update(AccessToken)
        .where(AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def end_sessions(uow: UnitOfWork, user_id: int) -> None:
    """Sessions here go on where the person still belongs, else they end."""
    elsewhere = uow.session.execute(
        below_the_guard(
            sa.select(Membership.organization_id)
            .where(Membership.user_id == user_id)
            .order_by(Membership.id)
            .limit(1),
            _WHY,
        )
    ).scalar()
    change = {"revoked_at": uow.now} if elsewhere is None else {"organization_id": elsewhere}
    uow.session.execute(
        sa.update(BrowserSession)
        .where(
            BrowserSession.user_id == user_id,
            BrowserSession.organization_id == uow.organization_id,
            BrowserSession.revoked_at.is_(None),
        )
        .values(**change)
        .execution_options(synchronize_session=False)
    )
