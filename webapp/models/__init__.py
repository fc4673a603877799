"""The first floor's tables: plain SQLAlchemy models, no behaviour."""

from webapp.models.activity import ActivityRate, ActivitySeen, ActivityWorker
from webapp.models.base import (
    Base,
    OrganizationScoped,
    ScopeMissing,
    UtcDateTime,
    table_of,
)
from webapp.models.bookings import (
    LIVE,
    Actor,
    AuditEntry,
    Booking,
    BookingStatus,
    Counter,
    IdempotencyKey,
    Placement,
)
from webapp.models.calendars import (
    Account,
    AccountKind,
    Calendar,
    CalendarFeed,
    Event,
    EventStatus,
    FeedState,
    Meeting,
)
from webapp.models.console import BookingNote, OnboardingStep
from webapp.models.holidays import HostHolidays
from webapp.models.long_work import LongWork, WorkKind, WorkState
from webapp.models.masks import BusyMask
from webapp.models.organizations import AuditChain, OrganizationAddress, OrganizationLogo
from webapp.models.outbox import Attempt, Channel, Job, Message, MessageState, Outcome
from webapp.models.people import (
    AccessToken,
    ApiClient,
    BrowserSession,
    Membership,
    Organization,
    User,
)
from webapp.models.profile_links import ProfileLink, ProfileLinkDraft
from webapp.models.profiles import (
    BookingProfile,
    HostGroup,
    HostGroupMember,
    LocationKind,
    ProfileCandidate,
    ProfileHost,
    ProgramProfile,
)
from webapp.models.sign_in import (
    OneTimeCode,
    OpenIdIdentity,
    Passkey,
    RecoveryCode,
    SignInTicket,
    TicketKind,
)
from webapp.models.team import Invitation
from webapp.models.time import BusySpan, Schedule, SpanKind, TimeAway

__all__ = [
    "LIVE",
    "AccessToken",
    "Account",
    "AccountKind",
    "ActivityRate",
    "ActivitySeen",
    "ActivityWorker",
    "Actor",
    "ApiClient",
    "Attempt",
    "AuditChain",
    "AuditEntry",
    "Base",
    "Booking",
    "BookingNote",
    "BookingProfile",
    "BookingStatus",
    "BrowserSession",
    "BusyMask",
    "BusySpan",
    "Calendar",
    "CalendarFeed",
    "Channel",
    "Counter",
    "Event",
    "EventStatus",
    "FeedState",
    "HostGroup",
    "HostGroupMember",
    "HostHolidays",
    "IdempotencyKey",
    "Invitation",
    "Job",
    "LocationKind",
    "LongWork",
    "Meeting",
    "Membership",
    "Message",
    "MessageState",
    "OnboardingStep",
    "OneTimeCode",
    "OpenIdIdentity",
    "Organization",
    "OrganizationAddress",
    "OrganizationLogo",
    "OrganizationScoped",
    "Outcome",
    "Passkey",
    "Placement",
    "ProfileCandidate",
    "ProfileHost",
    "ProfileLink",
    "ProfileLinkDraft",
    "ProgramProfile",
    "RecoveryCode",
    "Schedule",
    "ScopeMissing",
    "SignInTicket",
    "SpanKind",
    "TicketKind",
    "TimeAway",
    "User",
    "UtcDateTime",
    "WorkKind",
    "WorkState",
    "table_of",
]
