"""Public holidays: choosing a country, and on which of its holidays one works all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from webapp.blueprints.console.availability import (
    asked_host,
    back_to,
    near_date,
    own_or,
    shown_orphans,
)
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain import public_holidays
from webapp.domain.errors import Conflict, Invalid
from webapp.domain.public_holidays import Holiday
from webapp.services import holidays_of, schedules
from webapp.services.orphans import WouldOrphan
from webapp.services.schedules import HostLine
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

_DONE = {"chosen": "Saved. It holds every year, until you change it."}


@console.get("/availability/holidays")
def holidays_new() -> Response:
    """Choose a country, then a region of it, seeing the holidays of the next twelve months."""
    with look(caller()) as uow:
        country, region = request.args.get("country", "")[:2], request.args.get("region", "")[:40]
        return _new(uow, country, region)


def _new(
    uow: UnitOfWork,
    country: str,
    region: str,
    *,
    status: int = 200,
    error: str = "",
    orphaned: dict[str, Any] | None = None,
) -> Response:
    host = asked_host(uow)
    regions: tuple[tuple[str, str], ...] = ()
    found: list[Holiday] = []
    today = Clock(host.zone, uow.now).today
    if country:
        try:
            regions = public_holidays.regions(country)
            region = region if region in {code for code, _ in regions} else ""
            found = public_holidays.coming(country, region, today, today + timedelta(days=365))
        except Invalid as refusal:
            country, error, status = "", refusal.message, 422
    return page(
        "holidays_new",
        "availability",
        part="console/_holidays_new.html",
        status=status,
        host=host,
        host_key=own_or(host),
        is_mine=host.id == me().user_id,
        countries=public_holidays.countries(),
        country=country,
        regions=regions,
        region=region,
        holidays=found,
        said_date=lambda day: near_date(day, today),
        error=error,
        orphaned=orphaned,
    )


@console.post("/availability/holidays")
def keep_holidays() -> Response:
    """Keep the holidays of a country; bookings on them are shown before."""
    country, region = request.form.get("country", "")[:40], request.form.get("region", "")[:40]
    try:
        with begin(caller()) as uow:
            host = asked_host(uow)
            accepted = request.form.get("accepted", "")
            holidays_of.keep(uow, host.id, country, region, accepted=accepted)
    except WouldOrphan as refusal:
        with look(caller()) as uow:
            found = shown_orphans(refusal.orphans, Clock(me().user_zone, uow.now))
            return _new(uow, country, region, status=409, orphaned=found)
    except (Conflict, Invalid) as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        with look(caller()) as uow:
            return _new(uow, country, region, status=status, error=refusal.message)
    return back_to(host, "holidays", "holidays")


@console.get("/availability/holidays/<uuid:uuid>")
def holidays_page(uuid: UUID) -> Response:
    """The holidays of the next twelve months, each with its switch."""
    with look(caller()) as uow:
        return _holidays(uow, uuid)


def _holidays(
    uow: UnitOfWork,
    uuid: UUID,
    *,
    status: int = 200,
    off: set[str] | None = None,
    orphaned: dict[str, Any] | None = None,
) -> Response:
    card = holidays_of.card(uow, uuid)
    host = _host(uow, card.host_id)
    names: dict[str, list[Any]] = {}
    for each in card.holidays:
        names.setdefault(each.name, []).append(each)
    return page(
        "holidays",
        "availability",
        part="console/_holidays.html",
        status=status,
        done_words=_DONE,
        card=card,
        host_key=own_or(host),
        is_mine=host.id == me().user_id,
        lines=[
            {
                "name": name,
                "days": [each.day for each in several],
                "is_off": several[0].is_off if off is None else name in off,
            }
            for name, several in names.items()
        ],
        said_date=lambda day: near_date(day, Clock(host.zone, uow.now).today),
        orphaned=orphaned,
    )


def _host(uow: UnitOfWork, host_id: int) -> HostLine:
    return next(each for each in schedules.hosts_of(uow) if each.id == host_id)


@console.post("/availability/holidays/<uuid:uuid>")
def choose_holidays(uuid: UUID) -> Response:
    """Be off on the holidays that are ticked."""
    off = set(request.form.getlist("off"))
    try:
        with begin(caller()) as uow:
            holidays_of.choose(uow, uuid, off, accepted=request.form.get("accepted", ""))
    except WouldOrphan as refusal:
        with look(caller()) as uow:
            found = shown_orphans(refusal.orphans, Clock(me().user_zone, uow.now))
            return _holidays(uow, uuid, status=409, off=off, orphaned=found)
    return see_other(url_for("console.holidays_page", uuid=uuid, done="chosen"))


@console.get("/availability/holidays/<uuid:uuid>/removal")
def holidays_removal_page(uuid: UUID) -> Response:
    """What keeping them no longer does."""
    with look(caller()) as uow:
        card = holidays_of.card(uow, uuid)
        host = _host(uow, card.host_id)
        return page(
            "holidays_removal",
            "availability",
            part="console/_holidays_removal.html",
            card=card,
            host_key=own_or(host),
        )


@console.post("/availability/holidays/<uuid:uuid>/removal")
def drop_holidays(uuid: UUID) -> Response:
    """Keep them no longer."""
    with begin(caller()) as uow:
        host = _host(uow, holidays_of.card(uow, uuid).host_id)
        holidays_of.drop(uow, uuid)
    return back_to(host, "holidays-dropped", "holidays")
