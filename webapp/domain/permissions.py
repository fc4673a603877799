"""Who may do what: one table, read by one function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """Named once here; every public service function declares exactly one."""

    PROFILE_VIEW = "profile:view"
    """See a public profile and its free times."""
    BOOKING_CREATE = "booking:create"
    """Hold a time and turn the hold into a booking."""
    BOOKING_ATTEND = "booking:attend"
    """See, move and cancel one booking by its manage link."""
    BOOKING_READ = "booking:read"
    """See bookings of the organization in the console."""
    BOOKING_CHANGE = "booking:change"
    """Move, cancel and annotate bookings of the organization."""
    PROFILE_READ = "profile:read"
    """See every profile, paused and secret ones too."""
    PROFILE_CHANGE = "profile:change"
    """Make, change, pause and delete profiles."""
    SCHEDULE_CHANGE = "schedule:change"
    """Change one's own schedules and time away."""
    SCHEDULES_MANAGE = "schedules:manage"
    """Change everybody's schedules and time away, those of rooms too."""
    CALENDAR_READ = "calendar:read"
    """See one's own calendars and what they reported."""
    CALENDAR_LINK = "calendar:link"
    """Link a calendar file or feed to oneself and remove it."""
    PEOPLE_MANAGE = "people:manage"
    """Add and remove members and change their roles."""
    KEYS_MANAGE = "keys:manage"
    """Make and revoke API clients and access tokens."""
    ORGANIZATION_CHANGE = "organization:change"
    """Change the organization's name, address, zone, look and how long invitees are kept."""
    ORGANIZATION_OWN = "organization:own"
    """Hand the organization over to somebody else, or delete it; owners only."""
    DATA_MANAGE = "data:manage"
    """Export everything that the organization keeps, and erase a person from it."""
    AUDIT_READ = "audit:read"
    """See who did what to which thing, and check that nobody changed the log."""
    ACCOUNT = "account"
    """Sign in, sign out and change one's own account."""
    UPKEEP = "upkeep"
    """Background work: sending, syncing, lapsing holds."""


class Role(StrEnum):
    """How somebody stands to an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    API_CLIENT = "api_client"
    GUEST = "guest"
    SYSTEM = "system"


_GUEST = frozenset({Permission.PROFILE_VIEW, Permission.BOOKING_CREATE, Permission.BOOKING_ATTEND})
_MEMBER = _GUEST | {
    Permission.BOOKING_READ,
    Permission.BOOKING_CHANGE,
    Permission.PROFILE_READ,
    Permission.SCHEDULE_CHANGE,
    Permission.CALENDAR_READ,
    Permission.CALENDAR_LINK,
    Permission.ACCOUNT,
}
_ADMIN = _MEMBER | {
    Permission.PROFILE_CHANGE,
    Permission.SCHEDULES_MANAGE,
    Permission.PEOPLE_MANAGE,
    Permission.KEYS_MANAGE,
    Permission.ORGANIZATION_CHANGE,
    Permission.AUDIT_READ,
    Permission.DATA_MANAGE,
}
_OWNER = _ADMIN | {Permission.ORGANIZATION_OWN}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _OWNER,
    Role.ADMIN: _ADMIN,
    Role.MEMBER: _MEMBER,
    Role.API_CLIENT: _ADMIN - {Permission.ACCOUNT},
    Role.GUEST: _GUEST,
    Role.SYSTEM: frozenset(Permission),
}


SCOPE_WORDS: dict[Permission, str] = {
    Permission.PROFILE_READ: "See profiles and who offers them",
    Permission.BOOKING_READ: "See bookings",
    Permission.BOOKING_CREATE: "Make bookings",
    Permission.BOOKING_CHANGE: "Move, cancel and annotate bookings",
    Permission.CALENDAR_READ: "See your calendars",
    Permission.CALENDAR_LINK: "Link and remove your calendars",
    Permission.SCHEDULE_CHANGE: "Change your working hours and time away",
    Permission.SCHEDULES_MANAGE: "Change everybody’s working hours and time away",
    Permission.PROFILE_CHANGE: "Make, change and delete profiles",
    Permission.PEOPLE_MANAGE: "Add and remove people and change their roles",
    Permission.ORGANIZATION_CHANGE: "Change the organization’s settings",
}
"""What a key can be narrowed to, in words, from the harmless to the powerful."""

ALWAYS = frozenset({Permission.PROFILE_VIEW, Permission.BOOKING_ATTEND})
"""What every key may do, because everybody may."""

_EVERYTHING = frozenset(Permission)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, for which organization, through which door.

    ``organization_id`` is None only before an organization is known (sign-in, start-up).
    """

    organization_id: int | None
    role: Role
    user_id: int | None = None
    scopes: frozenset[Permission] = _EVERYTHING

    def may(self, permission: Permission) -> bool:
        """Whether role and scopes both allow it."""
        return permission in GRANTS[self.role] and permission in self.scopes

    @property
    def allowed(self) -> frozenset[Permission]:
        """Everything that role and scopes allow."""
        return GRANTS[self.role] & self.scopes
