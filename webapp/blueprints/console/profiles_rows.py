"""The parts of the profile editor that come in rows: questions, and groups of hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from webapp.domain.errors import Invalid, NotFound
from webapp.domain.questions import OWN, questions_of, variables
from webapp.domain.required import Required
from webapp.services import host_groups
from webapp.services.host_groups import GroupCard
from webapp.services.steps.candidates import Chosen
from webapp.services.unit_of_work import UnitOfWork

Typed = MultiDict[str, str]

KIND_WORDS = (
    ("text", "One line"),
    ("textarea", "Several lines"),
    ("number", "Number"),
    ("phone", "Phone number"),
    ("select", "Choice from a list"),
    ("checkbox", "Tick box"),
)
MOST_ROWS = 40
_ID = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """One question card. ``own`` ones stand by themselves, others in the description."""

    name: str
    label: str
    kind: str
    required: bool
    help: str = ""
    default: str = ""
    options: str = ""
    own: bool = False

    def declared(self, place: int) -> dict[str, Any]:
        """The card as it is kept with the profile."""
        options = [line.strip() for line in self.options.splitlines() if line.strip()]
        kept: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "type": self.kind,
            "required": self.required,
            "order": place,
        }
        if self.help:
            kept["help"] = self.help
        if self.default:
            kept["default"] = self.default
        if self.kind == "select":
            kept["options"] = options
        return kept


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group: stored (``xid``) or new; ``used`` when it serves this profile."""

    xid: str
    seen: str
    name: str
    required: str
    members: tuple[int, ...]
    used: bool
    used_by: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        """A new group that nobody filled in."""
        return not (self.xid or self.name.strip() or self.members)


@dataclass(slots=True)
class Rows:
    """Every row of the form, in order."""

    questions: list[QuestionRow] = field(default_factory=list)
    groups: list[GroupRow] = field(default_factory=list)


# ---------------------------------------------------------------------------------- questions


def stored_questions(description: str, declared: Sequence[dict[str, Any]]) -> list[QuestionRow]:
    """The cards of a profile as it was saved."""
    named = set(variables(description))
    return [
        QuestionRow(
            name=each.name,
            label=each.label,
            kind=each.type,
            required=each.required,
            help=each.help,
            default=each.default,
            options="\n".join(each.options),
            own=each.name not in named,
        )
        for each in questions_of(description, declared)
    ]


def typed_questions(form: Typed, description: str) -> list[QuestionRow]:
    """The cards that were sent, those of gone variables dropped, those of new ones added."""
    named = [name for name in variables(description) if name.lower() not in OWN]
    sent = [_question(form, f"q-{i}-") for i in range(MOST_ROWS) if f"q-{i}-name" in form]
    rows = [row for row in sent if row.own or row.name in named]
    there = {row.name for row in rows}
    rows += stored_questions("".join(f"{{{{{name}}}}}" for name in named if name not in there), ())
    return _pressed_questions(rows, form.get("do", ""))


def _question(form: Typed, at: str) -> QuestionRow:
    return QuestionRow(
        name=form.get(f"{at}name", ""),
        label=form.get(f"{at}label", ""),
        kind=form.get(f"{at}kind", "text"),
        required=f"{at}required" in form,
        help=form.get(f"{at}help", ""),
        default=form.get(f"{at}default", ""),
        options=form.get(f"{at}options", ""),
        own=form.get(f"{at}own") == "1",
    )


def _pressed_questions(rows: list[QuestionRow], pressed: str) -> list[QuestionRow]:
    """The rows after a button beside them: ``q-add``, ``q-up-2``, ``q-down-2``, ``q-drop-2``."""
    if pressed == "q-add" and len(rows) < MOST_ROWS:
        there = {row.name for row in rows}
        name = next(n for n in (f"extra{i}" for i in range(1, 2 * MOST_ROWS)) if n not in there)
        return [*rows, QuestionRow(name, "", "text", required=False, own=True)]
    found = re.fullmatch(r"q-(up|down|drop)-([0-9]{1,2})", pressed)
    place = int(found[2]) if found else -1
    if found is None or place >= len(rows):
        return rows
    if found[1] == "drop":
        return [row for i, row in enumerate(rows) if i != place or not row.own]
    other = place + (-1 if found[1] == "up" else 1)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    return rows


# ------------------------------------------------------------------------------------- groups


def stored_groups(groups: Iterable[GroupCard], used: Sequence[int]) -> list[GroupRow]:
    """Every group that the profile may have, those it has ticked and first.

    Groups that programs made for other profiles are not among them.
    """
    rows = [
        (
            used.index(group.id) if group.id in used else len(used),
            GroupRow(
                xid=str(group.xid),
                seen=group.stamp,
                name=group.name,
                required=group.required.value,
                members=group.accounts,
                used=group.id in used,
                used_by=group.used_by,
            ),
        )
        for group in groups
        if group.shared or group.id in used
    ]
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def typed_groups(form: Typed, groups: Iterable[GroupCard]) -> list[GroupRow]:
    """The groups that were sent; stored ones that the form does not know yet are unticked."""
    known = {str(group.xid): group for group in groups}
    rows = [_group(form, f"g-{i}-", known) for i in range(MOST_ROWS) if f"g-{i}-xid" in form]
    sent = {row.xid for row in rows}
    rows += stored_groups([group for xid, group in known.items() if xid not in sent], ())
    if form.get("do") == "g-add" and len(rows) < MOST_ROWS:
        rows.append(new_group())
    return rows


def new_group(required: Required = Required.ONE) -> GroupRow:
    """A blank group, ticked."""
    return GroupRow("", "", "", required.value, (), used=True)


def _group(form: Typed, at: str, known: dict[str, GroupCard]) -> GroupRow:
    xid = form.get(f"{at}xid", "")
    members = form.getlist(f"{at}members")
    return GroupRow(
        xid=xid,
        seen=form.get(f"{at}seen", ""),
        name=form.get(f"{at}name", ""),
        required="all" if form.get(f"{at}required") == "all" else "one",
        members=tuple(int(each) for each in members if _ID.fullmatch(each)),
        used=f"{at}used" in form,
        used_by=known[xid].used_by if xid in known else (),
    )


def chosen(rows: Sequence[GroupRow]) -> list[Chosen]:
    """The ticked groups as candidates, saved or not."""
    return [
        Chosen(f"group:{row.xid or f'new{i}'}", row.members, Required(row.required))
        for i, row in enumerate(rows)
        if row.used and row.members
    ]


def save_groups(
    uow: UnitOfWork, rows: Sequence[GroupRow], profile_id: int | None = None
) -> tuple[int, ...]:
    """Write the groups; the ids of the ticked ones. ``profile_id`` is the profile that is written
    next. Raises ``Invalid(field="groups")``, ``NotFound`` and ``Conflict``."""
    ids: list[int] = []
    host_groups.lock_served(uow, [_xid(row.xid) for row in rows if row.xid], profile_id)
    for row in rows:
        if row.is_blank:
            continue
        try:
            group = _save(uow, row)
        except Invalid as refusal:
            raise Invalid(refusal.message, field="groups") from refusal
        if row.used:
            ids.append(group)
    return tuple(ids)


def _save(uow: UnitOfWork, row: GroupRow) -> int:
    required = Required(row.required)
    if not row.xid:
        return host_groups.create_group(uow, row.name, row.members, required=required).id
    return host_groups.change_group(
        uow, _xid(row.xid), row.name, row.members, required=required, seen=row.seen
    ).id


def _xid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is no such group") from None


def pressed(form: Typed) -> bool:
    """Whether a button was pressed that changes the form and saves nothing."""
    return form.get("do", "").startswith(("q-", "g-", "update"))
