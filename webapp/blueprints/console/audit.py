"""The audit log: filtered by what stands in the address, exported, and checked for changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Response, request, url_for

from webapp.blueprints.console import audit_words
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.domain import spreadsheet
from webapp.domain.errors import Invalid
from webapp.services import audit
from webapp.services.audit import Entry, Filters
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import look

_NAMES = ("who", "what", "about", "from", "to")
COLUMNS = ("Number", "Time (UTC)", "Who", "Action", "About", "Details")


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the page writes it."""

    entry: Entry
    at: str
    machine: str
    who: str
    did: str
    subject: str
    details: list[str]


@console.get("/settings/audit")
def audit_log() -> Response:
    """The newest entries that match, 50 at a time."""
    with look(caller()) as uow:
        return _log(uow)


def _log(uow: UnitOfWork) -> Response:
    asked = {name: request.args.get(name, "").strip()[:80] for name in _NAMES}
    clock = Clock(me().user_zone, uow.now)
    error, found = "", audit.Page((), None)
    try:
        found = audit.listed(uow, _filters(uow, asked, clock), after=request.args.get("after"))
    except Invalid as refusal:
        error = refusal.message
    active = {name: text for name, text in asked.items() if text}
    return page(
        "audit",
        "settings",
        part="console/_audit.html",
        status=422 if error else 200,
        error=error,
        asked=asked,
        filtered=bool(active),
        rows=[_row(entry, clock) for entry in found.entries],
        actors=audit.actors(uow),
        families=audit_words.FAMILIES,
        zone=clock.place,
        export=_address("console.export_audit", active),
        more=_address("console.audit_log", {**active, "after": found.after}) if found.after else "",
        first=_address("console.audit_log", active) if request.args.get("after") else "",
    )


def _address(endpoint: str, args: dict[str, str]) -> str:
    given: dict[str, Any] = {name: text for name, text in args.items() if text}
    return url_for(endpoint, **given)


def _filters(uow: UnitOfWork, asked: dict[str, str], clock: Clock) -> Filters:
    """What the address asks for; dates are whole days of the reader. Raises ``Invalid``."""
    first, last = _day(asked["from"], "from"), _day(asked["to"], "to")
    return Filters(
        actor=asked["who"],
        action=asked["what"],
        subject=audit.subject_of(uow, asked["about"]) if asked["about"] else "",
        since=clock.day_around(first).start if first else None,
        until=clock.day_around(last).end if last else None,
    )


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid("A date looks like 2026-11-23.", field=field) from None
    if not 1971 <= found.year <= 2099:
        raise Invalid("Choose a date of this century.", field=field)
    return found


def _row(entry: Entry, clock: Clock) -> Row:
    return Row(
        entry,
        at=clock.moment(entry.at),
        machine=entry.at.isoformat(),
        who=audit_words.who(entry),
        did=audit_words.did(entry),
        subject=audit_words.subject(entry),
        details=audit_words.details(entry, clock.moment),
    )


@console.get("/settings/audit.csv")
def export_audit() -> Response:
    """What matches, as a file for a spreadsheet: no cell of it is a formula."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in _NAMES}
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        entries = audit.exported(uow, _filters(uow, asked, clock))
        text = spreadsheet.BOM + spreadsheet.rows_text([COLUMNS, *_cells(entries)])
        name = f"audit-{me().organization_slug}-{clock.today.isoformat()}.csv"
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cells(entries: list[Entry]) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        yield (
            str(entry.number or ""),
            entry.at.isoformat(timespec="seconds"),
            audit_words.who(entry),
            entry.action,
            audit_words.subject(entry),
            "; ".join(audit_words.details(entry, datetime.isoformat)),
        )


@console.get("/settings/audit/check")
def check_audit() -> Response:
    """Recomputes the chain of the newest entries, and says where it breaks if it does."""
    with look(caller()) as uow:
        verdict = audit.verify(uow)
        broken = verdict.broken
        return page(
            "audit_check",
            "settings",
            part="console/_audit_check.html",
            verdict=verdict,
            broken=broken,
            entry=_broken_row(uow, broken.entry_id) if broken and broken.entry_id else None,
            head=verdict.head.hex(),
        )


def _broken_row(uow: UnitOfWork, entry_id: int) -> Row | None:
    clock = Clock(me().user_zone, uow.now)
    found = audit.one(uow, entry_id)
    return _row(found, clock) if found else None
