"""Insights: what became of the bookings of some weeks, each plot with its table and its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from webapp.blueprints.console.insights_tables import figure, figures, interval, percent
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.domain import spreadsheet
from webapp.domain.errors import Invalid, NotFound
from webapp.services import insights
from webapp.services.insights import Asked, Insights
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import house, look

WEEKS = 12
_PRESETS = ((4, "4 weeks"), (12, "12 weeks"), (52, "A year"))
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Address:
    """What the address asks for: judged, and as it was typed."""

    asked: Asked
    typed: dict[str, str]
    errors: dict[str, str]
    profiles: list[tuple[int, str]]
    hosts: list[tuple[int, str]]

    def query(self, **changes: str) -> str:
        """The same with changes, as a query string."""
        kept = self.typed | {"from": str(self.asked.first), "to": str(self.asked.last)} | changes
        return urlencode({name: text for name, text in kept.items() if text})


@console.get("/insights", endpoint="insights")
def insights_page() -> Response:
    """Everything counted for the days, profile and host in the address."""
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        address, found = _read(uow, clock)
        monday = clock.today - timedelta(days=clock.today.weekday())
        base = url_for("console.insights")
        return page(
            "insights",
            "insights",
            part="console/_insights.html",
            status=422 if address.errors else 200,
            address=address,
            found=found,
            figures=figures(found),
            rate=found.no_shows,
            percent=percent,
            interval=interval,
            cancelled_share=percent(found.cancelled / ((found.booked + found.cancelled) or 1)),
            csv=lambda name: f"{url_for('console.insights_csv', name=name)}?{address.query()}",
            presets=[
                (
                    words,
                    f"{base}?{_preset(address, monday, count)}",
                    _is_preset(address, monday, count),
                )
                for count, words in _PRESETS
            ],
            days=f"{clock_day(address.asked.first)} to {clock_day(address.asked.last)}",
            zone=clock.place,
            public_url=f"{house().settings.base_url}/{me().organization_slug}",
        )


@console.get("/insights/<name>.csv")
def insights_csv(name: str) -> Response:
    """One table as a file for spreadsheet programs, with what was asked for in its first line."""
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        address, found = _read(uow, clock)
    if address.errors:
        raise Invalid(next(iter(address.errors.values())))
    chosen = figure(found, name)
    if chosen is None:
        raise NotFound("There is no such table.")
    asked = address.asked
    said = f"{chosen.title}, {asked.first} to {asked.last}, {me().user_zone}{_narrowed(address)}"
    text = spreadsheet.BOM + spreadsheet.rows_text([[said], chosen.head, *chosen.rows])
    answer = Response(text, mimetype="text/csv")
    file_name = f"insights-{name}-{asked.first}-{asked.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


def _narrowed(address: Address) -> str:
    names = [
        dict(choices).get(number)
        for choices, number in (
            (address.profiles, address.asked.profile_id),
            (address.hosts, address.asked.host_id),
        )
        if number is not None
    ]
    return "".join(f", {name}" for name in names)


def clock_day(day: date) -> str:
    """ "3 Nov 2026"."""
    return f"{day:%-d %b %Y}"


def _read(uow: UnitOfWork, clock: Clock) -> tuple[Address, Insights]:
    """The address judged and counted; what is no period gives the usual one and a sentence."""
    profiles, hosts = insights.choices(uow)
    typed = {
        name: request.args.get(name, "")[:40].strip() for name in ("from", "to", "profile", "host")
    }
    errors: dict[str, str] = {}
    monday = clock.today - timedelta(days=clock.today.weekday())
    usual = (monday - timedelta(weeks=WEEKS - 1), monday + timedelta(days=6))
    first = _day(typed, "from", usual[0], errors)
    last = _day(typed, "to", usual[1], errors)
    narrowed: dict[str, Any] = {
        "profile_id": _one_of(typed["profile"], profiles),
        "host_id": _one_of(typed["host"], hosts),
    }
    asked = Asked(clock.zone, first, last, **narrowed)
    try:
        found = insights.count(uow, asked)
    except Invalid as refusal:
        errors["to" if refusal.field == "until" else "from"] = refusal.message
        asked = Asked(clock.zone, *usual, **narrowed)
        found = insights.count(uow, asked)
    return Address(asked, typed, errors, profiles, hosts), found


def _day(typed: Mapping[str, str], name: str, usual: date, errors: dict[str, str]) -> date:
    text = typed[name]
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not _FIRST <= day < _LAST:
        errors[name] = "Enter a day, like 2026-11-24."
        return usual
    return day


def _one_of(text: str, choices: list[tuple[int, str]]) -> int | None:
    """The number that was chosen; what is nobody's here is not found."""
    if not text:
        return None
    found = next((number for number, _ in choices if str(number) == text), None)
    if found is None:
        raise NotFound("There is no such profile or host here.")
    return found


def _preset(address: Address, monday: date, count: int) -> str:
    return address.query(**_ends(monday, count))


def _ends(monday: date, count: int) -> dict[str, str]:
    first = monday - timedelta(weeks=count - 1)
    return {"from": str(first), "to": str(monday + timedelta(days=6))}


def _is_preset(address: Address, monday: date, count: int) -> bool:
    ends = {"from": str(address.asked.first), "to": str(address.asked.last)}
    return ends == _ends(monday, count)
