"""Rows as this surface writes them."""

from __future__ import annotations

from typing import Any

from webapp.blueprints.api.group_booking import work_hours
from webapp.blueprints.api.group_booking.wire import instant
from webapp.domain.grouping import Page
from webapp.domain.questions import Question
from webapp.services.group_times import Moving, Times
from webapp.services.program_candidates import Group
from webapp.services.program_profiles import Told


def profile(told: Told) -> dict[str, Any]:
    """A profile with every key that the published schema lists."""
    hours = told.hours
    return {
        "id": told.id,
        "name": told.slug,
        "durationMinutes": told.duration_minutes,
        "bufferBetweenMinutes": told.buffer_after_minutes,
        "availabilityStep": told.step_minutes,
        "startAfterMinutes": told.notice_minutes,
        "startTime": instant(told.active_from),
        "endTime": instant(told.active_until),
        "timeAvailableFor": told.covers,
        "subject": told.subject,
        "description": told.description,
        "location": told.location,
        "workHours": None if hours is None else work_hours.week(hours),
        "availabilityIntervals": work_hours.dates(hours) if hours and hours.overrides else None,
        "context": told.context,
        "startConference": told.start_conference,
        "openMeetingUrl": told.open_meeting_url,
        "clientOrgId": told.client_org_id,
    }


def group(told: Group) -> dict[str, Any]:
    """A group that is attached to a profile."""
    return {
        "extId": told.ext_id,
        "accountIds": list(told.accounts),
        "required": told.required.value,
    }


def times(found: Times, page: Page, next_page: str | None) -> dict[str, Any]:
    """Everything of an answer about free times but the times themselves."""
    facts = found.facts
    moving = {"existingMeeting": _moving(found.moving)} if found.moving else {}
    return {
        "startTime": instant(found.start_at),
        "endTime": instant(found.end_at),
        "timeAvailableFor": facts.covers,
        "durationMinutes": found.duration_minutes,
        "availabilityStep": facts.step_minutes,
        "subject": facts.subject,
        "primaryColor": facts.primary_color.lower(),
        "secondaryColor": facts.secondary_color.lower(),
        "additionalFields": [field(each) for each in facts.questions],
        "nextPageToken": next_page,
        "nextFromDate": found.next_from.isoformat() if found.next_from else None,
        "limit": page.limit,
        "offset": page.offset,
        "done": not found.more,
        "totalSize": facts.accounts,
        **moving,
    }


def _moving(booked: Moving) -> dict[str, Any]:
    """The meeting that is being moved."""
    return {
        "startTime": instant(booked.start_at),
        "endTime": instant(booked.end_at),
        "meetingDto": {"id": booked.event, "subject": booked.subject},
        "deleted": booked.is_over,
    }


def field(question: Question) -> dict[str, Any]:
    """A question as something to ask: without a default it has to be answered."""
    default = question.default or (None if question.required else "")
    return {"name": question.name, "type": "text", "default": default}
