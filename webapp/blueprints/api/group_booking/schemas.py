"""What requests and answers of the group booking surface look like (every key in camelCase)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field

from webapp.blueprints.api.group_booking.shapes import (
    CAMEL,
    Id,
    Instant,
    Line,
    Link,
    Mode,
    Name,
    PeriodText,
    Slug,
    instant_or_none,
)
from webapp.blueprints.api.group_booking.work_hours import (
    AvailabilityIntervals,
    WeekWorkSchedule,
    dates_faults,
    week_faults,
)
from webapp.blueprints.api.kit import Paged
from webapp.domain.required import Required
from webapp.services.program_candidates import MOST_ACCOUNTS, MOST_GROUPS
from webapp.services.program_profiles import Said

MOST_MEMBERS = 100

Step = Literal[5, 10, 15, 20, 30, 60]


class Problem(BaseModel):
    """Why a request was refused."""

    model_config = CAMEL
    code: str = Field(description="A word for programs, like badRequest")
    message: str
    request_id: str
    details: list[Detail]


class Detail(BaseModel):
    """One fault: where, as a JSON path of the body or the name of a parameter, and what."""

    model_config = CAMEL
    field: str
    message: str


class Ok(BaseModel):
    """It is done."""

    model_config = CAMEL
    status: Literal["Ok"]


OK = {"status": "Ok"}


# -------------------------------------------------------------------------------------- profiles


class Profile(BaseModel):
    """What a program may say of a profile. Null takes back what was said before."""

    model_config = CAMEL
    duration_minutes: int | None = Field(None, ge=1, le=1440)
    buffer_between_minutes: int | None = Field(
        None, ge=0, le=720, description="Minutes that stay free after a meeting"
    )
    availability_step: Step | None = Field(None, description="Minutes from start to start")
    start_after_minutes: int | None = Field(None, ge=0, le=525600, description="Notice; 60 if null")
    start_time: Instant | None = None
    end_time: Instant | None = None
    time_available_for: PeriodText | None = None
    subject: Annotated[Line, Field(max_length=200)] | None = None
    description: str | None = Field(None, max_length=5000)
    location: Annotated[Line, Field(max_length=500)] | None = None
    work_hours: WeekWorkSchedule | None = None
    availability_intervals: AvailabilityIntervals | None = None
    context: str | None = Field(None, max_length=10000)
    start_conference: bool | None = None
    open_meeting_url: Link | None = None
    client_org_id: Annotated[Line, Field(max_length=200)] | None = None

    @classmethod
    def beyond(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What no single field can tell."""
        yield from week_faults(raw.get("workHours"), "workHours")
        yield from dates_faults(raw.get("availabilityIntervals"), "availabilityIntervals")
        start, end = instant_or_none(raw.get("startTime")), instant_or_none(raw.get("endTime"))
        if start is not None and end is not None and end <= start:
            yield "endTime", "It must end after it begins"

    def said(self) -> Said:
        """The same in the words of the house; what was left out is left out."""
        said = {
            _HOUSE[name]: getattr(self, name) for name in self.model_fields_set if name in _HOUSE
        }
        if "work_hours" in self.model_fields_set:
            said["weekly"] = self.work_hours and self.work_hours.weekly()
        if "availability_intervals" in self.model_fields_set:
            told = self.availability_intervals
            said["overrides"] = told and told.overrides()
        return cast(Said, said)


_HOUSE = {
    "name": "slug",
    "duration_minutes": "duration_minutes",
    "buffer_between_minutes": "buffer_after_minutes",
    "availability_step": "step_minutes",
    "start_after_minutes": "notice_minutes",
    "start_time": "active_from",
    "end_time": "active_until",
    "time_available_for": "covers",
    **{
        name: name
        for name in (
            *("subject", "description", "location", "context"),
            *("start_conference", "open_meeting_url", "client_org_id"),
        )
    },
}
"""What this surface calls a thing, and what the house does."""


class NewProfile(Profile):
    """A profile to be made. An id in it means nothing."""

    name: Slug

    @classmethod
    def beyond(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What no single field can tell, and dates without the hours that they differ from."""
        yield from super().beyond(raw)
        told = raw.get("availabilityIntervals")
        if raw.get("workHours") is None and isinstance(told, Mapping) and told.get("intervals"):
            yield "availabilityIntervals", "These need workHours, which name their time zone"


class ChangedProfile(Profile):
    """What is to be different about a profile; what is left out stays."""

    name: Slug = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be different."""
        return not self.model_fields_set


class ToldProfile(BaseModel):
    """A profile with everything that is known of it."""

    model_config = CAMEL
    id: Id
    name: str
    duration_minutes: int
    buffer_between_minutes: int
    availability_step: int
    start_after_minutes: int
    start_time: Instant | None
    end_time: Instant | None
    time_available_for: PeriodText
    subject: str
    description: str
    location: str
    work_hours: WeekWorkSchedule | None
    availability_intervals: AvailabilityIntervals | None
    context: str | None
    start_conference: bool
    open_meeting_url: str
    client_org_id: str | None


class Page(BaseModel):
    """Part of a list; done on its last page."""

    model_config = CAMEL
    offset: int
    total_size: int
    done: bool


class ProfilePage(Page):
    """Profiles, in the order they were made."""

    records: list[ToldProfile]


# ------------------------------------------------------------------------------------- attaching


class Accounts(BaseModel):
    """Accounts, by id."""

    model_config = CAMEL
    account_ids: list[Id] = Field(max_length=MOST_ACCOUNTS)


class AccountPage(Page):
    """The accounts attached: one record with those of this page, or none; the numbers count
    accounts."""

    records: list[Accounts]


class AccountsPaged(Paged):
    """Which of the accounts are asked for."""

    limit: int = Field(50, ge=1, le=MOST_ACCOUNTS, description="How many accounts at most")


class AttachedGroup(BaseModel):
    """Accounts that stand for each other (one) or are all needed (all), under the caller's name."""

    model_config = CAMEL
    ext_id: Name
    account_ids: list[Id] = Field(min_length=1, max_length=MOST_MEMBERS)
    required: Mode = Required.ONE


class Groups(BaseModel):
    """Groups to be attached; one of a name that is attached is replaced."""

    model_config = CAMEL
    groups: list[AttachedGroup] = Field(max_length=MOST_GROUPS)

    @classmethod
    def beyond(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Groups that are told twice."""
        yield from _twice(raw)


class DetachedGroup(BaseModel):
    """A group to be taken off: whole, or only some of its accounts."""

    model_config = CAMEL
    ext_id: Name
    account_ids: list[Id] | None = Field(None, max_length=MOST_MEMBERS)


class DetachedGroups(BaseModel):
    """Groups to be taken off."""

    model_config = CAMEL
    groups: list[DetachedGroup] = Field(max_length=MOST_GROUPS)

    @classmethod
    def beyond(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Groups that are told twice."""
        yield from _twice(raw)


def _twice(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told = raw.get("groups")
    seen: set[object] = set()
    for n, each in enumerate(told if isinstance(told, list) else ()):
        name = each.get("extId") if isinstance(each, Mapping) else None
        if isinstance(name, str):
            if name in seen:
                yield f"groups[{n}].extId", "This group is told twice"
            seen.add(name)


class ToldGroup(BaseModel):
    """A group that is attached. Of those chosen in the console the name is a uuid."""

    model_config = CAMEL
    ext_id: str
    account_ids: list[Id]
    required: Mode


class GroupPage(Page):
    """The groups attached, in order."""

    records: list[ToldGroup]
