"""What requests and answers about free times look like (every key in camelCase)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from webapp.blueprints.api.group_booking.shapes import (
    CAMEL,
    Id,
    Instant,
    Mode,
    PeriodText,
    instant_or_none,
)
from webapp.blueprints.api.group_booking.work_hours import Day
from webapp.domain.required import Required

MOST_PROFILES = 100


class TimesAsked(BaseModel):
    """Which part of a profile's free times, and how many accounts for each."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_alias=True)
    required: Mode | None = Field(None, description="Whether one of the hosts will do, or all")
    from_date: Day | None = Field(None, description="First date, where the profile is")
    interval_length: PeriodText | None = Field(None, description="How much time from there on")
    page_token: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="nextPageToken of an earlier answer: the same times, further accounts"
    )
    reschedule_token: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="Comes with a booking: its own time counts as free"
    )
    limit: int = Field(10, ge=1, le=50, description="How many free accounts are told for a start")
    offset: int = Field(0, ge=0, le=10**6, description="How many of them to leave out")


class MeetingInterval(BaseModel):
    """A free start, and the groups and accounts that could take it."""

    model_config = CAMEL
    start: Instant
    end: Instant
    group_xids: list[str]
    account_ids: list[Id]


class AdditionalField(BaseModel):
    """Something to ask whoever books; needed unless it has a default."""

    model_config = CAMEL
    name: str
    type: Literal["text"]
    default: str | None


class MeetingMoved(BaseModel):
    """The organizer's entry of a meeting."""

    model_config = CAMEL
    id: str | None
    subject: str


class ExistingMeeting(BaseModel):
    """The meeting that is being moved; ``deleted`` when it was called off."""

    model_config = CAMEL
    start_time: Instant
    end_time: Instant
    meeting_dto: MeetingMoved
    deleted: bool


class BookingTimes(BaseModel):
    """Free times, and what a page needs to show them."""

    model_config = CAMEL
    items: list[MeetingInterval]
    start_time: Instant
    end_time: Instant
    time_available_for: PeriodText
    duration_minutes: int
    availability_step: int
    subject: str
    primary_color: str
    secondary_color: str
    additional_fields: list[AdditionalField]
    next_page_token: str | None
    next_from_date: Day | None
    limit: int
    offset: int
    done: bool
    total_size: int = Field(description="How many accounts are attached")
    existing_meeting: ExistingMeeting | None = Field(
        None, description="Only when asked with a rescheduleToken"
    )


class Dynamic(BaseModel):
    """Profiles, by id or name, and a stretch of time."""

    model_config = CAMEL
    time_min: Instant
    time_max: Instant
    profile_names: list[Annotated[str, Field(max_length=60)]] | None = None
    profile_ids: list[Id] | None = None
    required: Mode = Required.ONE

    @classmethod
    def beyond(cls, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What no single field can tell."""
        start, end = instant_or_none(raw.get("timeMin")), instant_or_none(raw.get("timeMax"))
        if start is not None and end is not None and end <= start:
            yield "timeMax", "It must be after timeMin"
        told = [raw.get(name) for name in ("profileIds", "profileNames")]
        count = sum(len(each) for each in told if isinstance(each, list))
        if not count:
            yield "profileIds", "Name at least one profile, here or in profileNames"
        if count > MOST_PROFILES:
            yield "profileIds", f"Name at most {MOST_PROFILES} profiles"


class AvailableProfiles(BaseModel):
    """Those of the profiles that are free."""

    model_config = CAMEL
    profile_ids: list[Id]
