"""The schedule editor: weekly hours, dates with hours of their own, and two weeks of preview."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, render_template, request, url_for

from webapp.blueprints import forgery
from webapp.blueprints.console.availability import (
    DONE,
    SHORT,
    near_date,
    own_or,
    shown_orphans,
)
from webapp.blueprints.console.availability_draft import (
    Draft,
    act,
    settle,
    stored_draft,
    typed_draft,
)
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain import zones
from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.hours_text import clock as clock_time
from webapp.domain.hours_words import joined, said
from webapp.domain.zones import DAY
from webapp.services import fortnight, orphans, schedules
from webapp.services.fortnight import PreviewDay
from webapp.services.orphans import WouldOrphan
from webapp.services.schedules import ScheduleCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_DONE = DONE | {
    "saved": "The schedule is saved.",
    "settled": (
        "The schedule is saved. Hours that overlapped were joined, and hours past midnight go on"
        " the day after."
    ),
}


@console.get("/availability/<uuid:uuid>")
def schedule_page(uuid: UUID) -> Response:
    """The editor, as the schedule is kept."""
    with look(caller()) as uow:
        card = schedules.card(uow, uuid)
        return _editor(uow, card, stored_draft(card))


def _editor(
    uow: UnitOfWork,
    card: ScheduleCard,
    draft: Draft,
    *,
    status: int = 200,
    changed: str = "",
    **more: Any,
) -> Response:
    today = _today(uow, draft, card)
    return page(
        "schedule",
        "availability",
        part="console/_schedule.html",
        status=status,
        done_words=_DONE,
        card=card,
        draft=draft,
        host_key=own_or(card.host),
        is_mine=card.host.id == me().user_id,
        version=card.version,
        words=said(draft.hours, today) if draft.hours else "",
        offset=_offset(uow, draft),
        coming=[(at, each) for at, each in enumerate(draft.dates) if each.day >= today],
        gone=[(at, each) for at, each in enumerate(draft.dates) if each.day < today],
        said_date=lambda day: near_date(day, today),
        short=SHORT,
        changed=changed,
        **({"orphaned": None} | more),
        **_preview(uow, card, draft),
    )


def _today(uow: UnitOfWork, draft: Draft, card: ScheduleCard) -> Any:
    name = draft.zone if draft.zone in zones.names() else card.hours.zone
    return Clock(name, uow.now).today


def _offset(uow: UnitOfWork, draft: Draft) -> str:
    if draft.zone not in zones.names():
        return ""
    return zones.offset_text(zones.zone(draft.zone), uow.now)


@console.post("/availability/<uuid:uuid>")
def save_schedule(uuid: UUID) -> Response:
    """Save the draft, or do what one of the small buttons says and show the form again."""
    action = request.form.get("action", "save")
    draft = typed_draft(request.form)
    if action != "save":
        return _acted(uuid, draft, action)
    with look(caller()) as uow:
        card = schedules.card(uow, uuid)
        settle(draft, card, _today(uow, draft, card))
        if draft.hours is None:
            return _editor(uow, card, draft, status=422)
    try:
        with begin(caller()) as uow:
            schedules.revise(
                uow,
                uuid,
                draft.service_draft,
                version=request.form.get("version", 0, int),
                accepted=request.form.get("accepted", ""),
            )
    except WouldOrphan as refusal:
        return _would_orphan(uuid, draft, refusal)
    except Conflict:
        return _overtaken(uuid, draft)
    except Invalid as refusal:
        draft.errors[refusal.field or "form"] = refusal.message
        with look(caller()) as uow:
            return _editor(uow, schedules.card(uow, uuid), draft, status=422)
    done = "settled" if draft.notes else "saved"
    return see_other(url_for("console.schedule_page", uuid=uuid, done=done))


def _acted(uuid: UUID, draft: Draft, action: str) -> Response:
    act(draft, action, request.form)
    with look(caller()) as uow:
        card = schedules.card(uow, uuid)
        typed_dates = draft.new_dates.strip()
        settle(draft, card, _today(uow, draft, card))
        if action == "add-dates" and not typed_dates:
            draft.errors["new-dates"] = "Type one date or several, like 24 Dec, 31 Dec."
        if action != "add-dates":
            # Somebody who is still typing is not told off yet.
            draft.errors = {key: said for key, said in draft.errors.items() if key == "zone"}
        wrong = action == "add-dates" and "new-dates" in draft.errors
        return _editor(uow, card, draft, status=422 if wrong else 200)


def _would_orphan(uuid: UUID, draft: Draft, refusal: WouldOrphan) -> Response:
    with look(caller()) as uow:
        found = shown_orphans(refusal.orphans, Clock(me().user_zone, uow.now))
        return _editor(uow, schedules.card(uow, uuid), draft, status=409, orphaned=found)


def _overtaken(uuid: UUID, draft: Draft) -> Response:
    """Somebody saved in between: theirs in words, what was typed here still in the form."""
    with look(caller()) as uow:
        card = schedules.card(uow, uuid)
        theirs = said(card.hours, Clock(card.hours.zone, uow.now).today)
        return _editor(uow, card, draft, status=409, changed=theirs)


# ----------------------------------------------------------------------------------- preview


@console.post("/availability/<uuid:uuid>/preview")
def preview_schedule(uuid: UUID) -> Response:
    """Two weeks of the unsaved draft. Writes nothing; a POST, because the draft is long."""
    draft = typed_draft(request.form)
    with look(caller()) as uow:
        card = schedules.card(uow, uuid)
        settle(draft, card, _today(uow, draft, card))
        part = render_template(
            "console/_schedule_preview.html",
            card=card,
            draft=draft,
            csrf=forgery.token_of(me().csrf_key),
            words=said(draft.hours, _today(uow, draft, card)) if draft.hours else "",
            **_preview(uow, card, draft),
        )
        return Response(part)


def _preview(uow: UnitOfWork, card: ScheduleCard, draft: Draft) -> dict[str, Any]:
    """What ``_schedule_preview.html`` needs; no days when the draft cannot be read."""
    choices = [("", "The hours alone")] + [
        (str(each.uuid), each.name) for each in card.profiles if not each.own_hours
    ]
    if draft.shown_for not in {key for key, _ in choices}:
        draft.shown_for = ""
    context: dict[str, Any] = {"choices": choices, "fortnight": [], "axis": (), "outside": None}
    if draft.hours is None:
        return context
    chosen = UUID(draft.shown_for) if draft.shown_for else None
    try:
        days = fortnight.preview(uow, card, draft.hours, profile=chosen)
    except NotFound:
        return context
    low, high = _range(days)
    found = orphans.of_hours(uow, schedules.by_uuid(uow, card.uuid), draft.hours)
    return context | {
        "fortnight": [_row(each, chosen is not None) for each in days],
        "axis": tuple(clock_time(m) for m in (low, (low + high) // 2, high)),
        "box": f"{low} 0 {high - low} 10",
        "ticks": range(low + 60 * 3, high, 60 * 3),
        "total": sum(len(each.starts) for each in days) if chosen else None,
        "outside": shown_orphans(found, Clock(me().user_zone, uow.now)) if found.bookings else None,
    }


def _range(days: list[PreviewDay]) -> tuple[int, int]:
    """The hours of the clock to draw: whole hours around all that is open, six at least."""
    edges = [edge for day in days for pair in (*day.open, *day.free) for edge in pair]
    if not edges:
        return 480, 1080
    low, high = min(edges) // 60 * 60, -(-max(edges) // 60) * 60
    low = max(0, low - 60)
    high = min(DAY, max(high + 60, low + 360))
    return min(low, high - 360), high


def _row(day: PreviewDay, for_profile: bool) -> dict[str, Any]:
    return {
        "date": near_date(day.day, day.day),
        "machine": day.day.isoformat(),
        "open": day.open,
        "free": day.free,
        "words": _words(day, for_profile),
        "is_none": not day.free,
    }


def _words(day: PreviewDay, for_profile: bool) -> str:
    if day.starts:
        first, last = clock_time(day.starts[0]), clock_time(day.starts[-1])
        if len(day.starts) == 1:
            return f"1 time, {first}"
        return f"{len(day.starts)} times, {first} to {last}"
    if day.why and day.open:
        return day.why
    if not day.open:
        return "Closed"
    if for_profile:
        return "No times"
    return joined([f"{clock_time(a)}–{clock_time(b)}" for a, b in day.free]) if day.free else "Over"


@console.get("/availability/zones")
def zone_list() -> Response:
    """Zones that match ``?zone=``, for the list under the field."""
    with look(caller()) as uow:
        found = zones.search(request.args.get("zone", "")[:64], uow.now)
    return Response(render_template("console/_schedule_zones.html", zones=found))
