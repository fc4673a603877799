"""Long work: exports and erasing a person, with a progress that survives closing the page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from flask import Response, request, send_file, url_for
from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length

from webapp.blueprints.console.bookings_bulk import WORKS
from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Forbidden, Gone, Invalid, Refusal
from webapp.domain.permissions import Permission
from webapp.models import WorkKind, WorkState
from webapp.services import agenda, erasing, export_files, long_work
from webapp.services.erasing import Found
from webapp.services.long_work import WorkCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

WORK = "/work"
KINDS = {
    WorkKind.EXPORT: "Everything in one file",
    WorkKind.ERASE: "Erasing a person",
    WorkKind.BOOKINGS: "Changing many bookings",
}
UNITS = {
    WorkKind.EXPORT: "rows written",
    WorkKind.ERASE: "bookings looked through",
    WorkKind.BOOKINGS: "bookings changed or refused",
}
STATES = {
    WorkState.WAITING: ("Begins in a moment", "info"),
    WorkState.RUNNING: ("Under way", "info"),
    WorkState.DONE: ("Done", "ok"),
    WorkState.FAILED: ("Given up", "bad"),
    WorkState.CANCELLED: ("Cancelled", "warn"),
}
_COUNTED = {
    WorkKind.EXPORT: (
        ("bookings", "Bookings"),
        ("rows", "Rows in all"),
        ("files", "Files in the archive"),
    ),
    WorkKind.ERASE: (
        ("bookings", "Bookings without a name now"),
        ("messages", "Mails erased"),
        ("notes", "Notes deleted"),
        ("guests", "Bookings of others, taken out as a guest"),
        ("exports", "Earlier exports removed"),
        ("ahead", "Bookings that still lie ahead and were left as they are"),
    ),
    WorkKind.BOOKINGS: (("done", "Changed"), ("refused", "Left as they are")),
}
_DONE = {
    "cancelled": "It is being stopped. What was done stays done.",
    "retried": "It begins again in a moment.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A booking that stayed as it was: its address, whose it is, and why."""

    url: str
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece of work as the pages write it."""

    card: WorkCard
    title: str
    state: str
    tone: str
    url: str
    percent: int
    begun: str
    ended: str
    took: str
    size: str
    until: str
    counts: list[tuple[str, int]]
    unit: str
    refusals: tuple[Refused, ...] = ()


class WhomForm(Form):
    """Whose traces are to go."""

    email = StringField(
        "E-mail address", [InputRequired("Enter the person’s e-mail address."), Length(max=254)]
    )


class AgainForm(WhomForm):
    """The same, confirmed by typing it again."""

    again = StringField(
        "Type the address again", [InputRequired("Type the same address to confirm.")]
    )


@console.get(WORK)
def work_list() -> Response:
    """What can be asked for, and everything that was, newest first."""
    with look(caller()) as uow:
        return _list(uow)


def _list(uow: UnitOfWork, refusal: Refusal | None = None) -> Response:
    number = request.args.get("before", "")
    before = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    cards, further = long_work.listed(uow, before=before)
    clock = Clock(me().user_zone, uow.now)
    return page(
        "work_list",
        "connect",
        part="console/_work_list.html",
        status=409 if refusal else 200,
        refusal=refusal.message if refusal else "",
        works=[_shown(card, clock) for card in cards],
        key=secrets.token_urlsafe(16),
        more=url_for("console.work_list", before=further) if further else "",
        first=url_for("console.work_list") if before else "",
    )


@console.get(f"{WORK}/<uuid:uuid>")
def work_page(uuid: UUID) -> Response:
    """How far a piece of work has come, and what it came to."""
    with look(caller()) as uow:
        return _work(uow, uuid)


def _work(uow: UnitOfWork, uuid: UUID, refusal: Refusal | None = None) -> Response:
    clock = Clock(me().user_zone, uow.now)
    card = long_work.card(uow, uuid)
    shown = replace(_shown(card, clock), refusals=_refused(uow, card, clock))
    return page(
        "work",
        "connect",
        part="console/_work.html",
        status=409 if refusal else 200,
        done_words=_DONE if shown.card.is_active else {},
        refusal=refusal.message if refusal else "",
        work=shown,
    )


def _shown(card: WorkCard, clock: Clock) -> Shown:
    state, tone = STATES[card.state]
    if card.is_stopping:
        state, tone = "Being stopped", "warn"
    counts = [(words, int(card.result.get(name, 0))) for name, words in _COUNTED[card.kind]]
    over = card.state is WorkState.DONE or card.kind is not WorkKind.EXPORT
    return Shown(
        card,
        title=_title(card),
        state=state,
        tone=tone,
        url=url_for("console.work_page", uuid=card.uuid),
        percent=card.done_count * 100 // card.total if card.total else 0,
        begun=f"{clock.moment(card.created_at)}, by {card.started_by}",
        ended=clock.moment(card.ended_at) if card.ended_at else "",
        took=_took(card),
        size=_size(card.file_bytes),
        until=clock.moment(card.file_until) if card.file_until else "",
        counts=[(words, count) for words, count in counts if count or words == counts[0][0]]
        if card.result and over
        else [],
        unit=UNITS[card.kind],
    )


def _title(card: WorkCard) -> str:
    """What is done, as far as it is known by now."""
    work = WORKS.get(str(card.result.get("do")))
    return f"{work.title}, {card.total:,} of them" if work else KINDS[card.kind]


def _refused(uow: UnitOfWork, card: WorkCard, clock: Clock) -> tuple[Refused, ...]:
    """The first bookings that stayed as they were."""
    why = {UUID(uuid): sentence for uuid, sentence in card.result.get("refusals", ())}
    if not why:
        return ()
    return tuple(
        Refused(
            url_for("console.booking_page", uuid=each.uuid),
            f"{each.invitee or 'No name'}, {clock.moment(each.start_at)}",
            why[each.uuid],
        )
        for each in agenda.chosen(uow, why)
    )


def _took(card: WorkCard) -> str:
    if card.ended_at is None:
        return ""
    seconds = int((card.ended_at - card.created_at).total_seconds())
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


@console.get(f"{WORK}/<uuid:uuid>/file")
def work_file(uuid: UUID) -> Response:
    """The archive, for whoever may export: no link outside a session leads to it."""
    with look(caller()) as uow:
        name = long_work.file_of(uow, uuid)
        asked_at = long_work.card(uow, uuid).created_at
        day = Clock(me().user_zone, uow.now).local(asked_at).date()
    path = export_files.folder(house().settings) / name
    if not path.is_file():
        raise Gone("The file is gone. Make another export.")
    shown = f"kalends-{me().organization_slug}-{day}.zip"
    answer = send_file(path, "application/zip", as_attachment=True, download_name=shown, max_age=0)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@console.post(f"{WORK}/export")
def work_export() -> Response:
    """Begin an export, and look at it."""
    try:
        with begin(caller()) as uow:
            form_key = request.form.get("key", "")[:255]
            uuid = long_work.start(uow, WorkKind.EXPORT, form_key=form_key)
    except Conflict as refusal:
        with look(caller()) as uow:
            return _list(uow, refusal)
    return see_other(url_for("console.work_page", uuid=uuid))


@console.post(f"{WORK}/<uuid:uuid>/cancellation")
def work_cancel(uuid: UUID) -> Response:
    """Stop a piece of work."""
    return _changed(uuid, long_work.cancel, "cancelled")


@console.post(f"{WORK}/<uuid:uuid>/retry")
def work_retry(uuid: UUID) -> Response:
    """Begin a piece of work again."""
    return _changed(uuid, long_work.retry, "retried")


def _changed(uuid: UUID, change: object, word: str) -> Response:
    assert callable(change)
    try:
        with begin(caller()) as uow:
            change(uow, uuid)
    except Conflict as refusal:
        with look(caller()) as uow:
            return _work(uow, uuid, refusal)
    return see_other(url_for("console.work_page", uuid=uuid, done=word))


# ------------------------------------------------------------------------------ erasing a person


@console.get(f"{WORK}/erasing")
def work_erasing() -> Response:
    """Whose traces are to go."""
    with look(caller()) as uow:
        long_work.listed(uow)  # those who may not see it learn so here
        return _whom(WhomForm())


def _whom(form: Form, found: Found | None = None, *, status: int = 200) -> Response:
    return page(
        "work_erasing",
        "connect",
        part="console/_work_erasing.html",
        status=status,
        form=form,
        found=found,
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )


@console.post(f"{WORK}/erasing")
def work_look_for() -> Response:
    """What there is of a person, before anything is done: the address stays out of addresses."""
    if not caller().may(Permission.DATA_MANAGE):
        raise Forbidden("Only owners and admins erase people.")
    form = typed(WhomForm)
    if not form.validate():
        return _whom(form, status=422)
    with look(caller()) as uow:
        try:
            found = erasing.find(uow, form.email.data or "")
        except (Invalid, Conflict) as refusal:
            refusal.field = "email"
            refused(form, refusal)
            return _whom(form, status=422)
        return _whom(AgainForm(data={"email": found.email}), found)


@console.post(f"{WORK}/erasing/confirmed")
def work_erase() -> Response:
    """Begin to erase a person whose address was typed twice."""
    form = typed(AgainForm)
    checked = form.validate()
    try:
        if checked:
            with begin(caller()) as uow:
                form_key = request.form.get("key", "")[:255]
                email, again = form.email.data or "", form.again.data or ""
                uuid = erasing.start(uow, email, again, form_key=form_key)
            return see_other(url_for("console.work_page", uuid=uuid))
    except (Invalid, Conflict) as refusal:
        refused(form, refusal)
    with look(caller()) as uow:
        try:
            found = erasing.find(uow, form.email.data or "")
        except (Invalid, Conflict):
            return _whom(form, status=422)
        return _whom(form, found, status=422)
