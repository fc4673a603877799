"""Who may serve, in two steps: accounts and groups of accounts, each reduced to hosts.

The words are those of the slot engine. A ``Candidate`` is an account (one host) or a group of them
(``one``: any member serves, ``all``: every member is needed), and a question needs ``one`` of its
candidates or ``all``. Here stand the rules between them and people: which candidates a caller
named, who could take a start, and how long lists of accounts are paged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from webapp.domain.availability import Availability
from webapp.domain.errors import NotFound
from webapp.domain.fairness import Need, Option
from webapp.domain.required import Required
from webapp.domain.span import from_minute
from webapp.domain.terms import Candidate, Question

ACCOUNT, GROUP = "account:", "group:"
"""How the key of a candidate begins; the rest is the account's id, or what names the group."""


def is_group(candidate: Candidate) -> bool:
    """Whether the candidate is a group; one of a single member is a group, too."""
    return candidate.key.startswith(GROUP) or len(candidate.host_ids) != 1


@dataclass(frozen=True, slots=True)
class GroupOf:
    """A group under the name its key ends with, and its accounts."""

    name: str
    accounts: tuple[int, ...]
    required: Required = Required.ONE


def reduced(
    accounts: Iterable[int], groups: Iterable[GroupOf], host_of: Mapping[int, int]
) -> tuple[Candidate, ...]:
    """Accounts and groups as candidates, accounts first, each in the order given.

    Two accounts of one host stay two candidates, because both are named in answers, but inside a
    group they are one person. Raises ``NotFound`` for an account that ``host_of`` does not know.
    """

    def host(account: int) -> int:
        if account not in host_of:
            raise NotFound("there is no such account")
        return host_of[account]

    return (
        *(Candidate(f"{ACCOUNT}{account}", (host(account),)) for account in accounts),
        *(
            Candidate(
                f"{GROUP}{group.name}",
                tuple(dict.fromkeys(host(account) for account in group.accounts)),
                group.required,
            )
            for group in groups
        ),
    )


def named(candidates: Sequence[Candidate], keys: Collection[str]) -> tuple[Candidate, ...]:
    """The candidates that a caller named, in the profile's order; all of them for no keys.

    Nobody else is taken instead, so a key that is not attached raises ``NotFound``.
    """
    if not keys:
        return tuple(candidates)
    wanted = set(keys)
    found = tuple(candidate for candidate in candidates if candidate.key in wanted)
    if len({candidate.key for candidate in found}) != len(wanted):
        raise NotFound("there is no such account or group in this profile")
    return found


def readable(question: Question, unreadable: Collection[int]) -> Question:
    """The question without hosts whose calendars cannot be read: they are never free.

    They stay members of their groups, so a group that needs all of them is not free either.
    """
    if not unreadable:
        return question
    hosts = {i: host for i, host in question.hosts.items() if i not in unreadable}
    return replace(question, hosts=hosts)


# ----------------------------------------------------------------------- who takes a start


Found = Sequence[tuple[str, tuple[int, ...]]]
"""What ``candidates_at`` says of a start: keys, and the members who could serve."""


def options(candidates: Sequence[Candidate], found: Found) -> tuple[Option, ...]:
    """Each way in which *one* candidate takes a start, in the candidates' order.

    An account is one way; a group that needs one is a way for each free member, a group that
    needs all is a single way with everybody in it.
    """
    kinds = {candidate.key: candidate.required for candidate in candidates}
    made = []
    for key, hosts in found:
        if kinds[key] is Required.ALL:
            made.append(Option(key, hosts))
        else:
            made += [Option(key, (host_id,)) for host_id in hosts]
    return tuple(made)


def suffices(
    candidates: Sequence[Candidate], required: Required, host_ids: Collection[int]
) -> bool:
    """Whether these hosts, all able, are enough for what is asked."""

    def is_met(candidate: Candidate) -> bool:
        there = [host_id in host_ids for host_id in candidate.host_ids]
        return bool(there) and (any(there) if candidate.required is Required.ONE else all(there))

    met = [is_met(candidate) for candidate in candidates]
    return bool(met) and (any(met) if required is Required.ONE else all(met))


def needs(candidates: Sequence[Candidate], found: Found) -> tuple[Need, ...]:
    """What has to be settled when *all* candidates take a start: everybody, or one of each group.

    Empty when a candidate is missing from ``found``: then nobody can take it.
    """
    able = dict(found)
    if len(able) != len({candidate.key for candidate in candidates}):
        return ()
    return tuple(Need(c.key, able[c.key], everybody=c.required is Required.ALL) for c in candidates)


# ------------------------------------------------------------------------- listing and paging


@dataclass(frozen=True, slots=True)
class Page:
    """Which accounts of each start are told: ``limit`` of those free, after the first ``offset``.

    The starts of an answer are the same on every page; the page only shortens the ids. Groups are
    told whole. ``limit`` None tells everybody.
    """

    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A free start (UTC epoch minute) and the keys of the groups and accounts free for it."""

    start: int
    groups: tuple[str, ...]
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of an answer; ``more`` says that a further page tells further accounts."""

    items: list[Item]
    more: bool


class Answer(Protocol):
    """What both ways of computing answer alike; starts are UTC epoch minutes."""

    @property
    def starts(self) -> list[int]: ...

    @property
    def held(self) -> list[int]: ...

    def is_free(self, start: int) -> bool: ...

    def candidates_at(self, start: int) -> tuple[tuple[str, tuple[int, ...]], ...]: ...

    def listed(self, page: Page) -> Listed: ...

    def text(self, page: Page, names: Mapping[str, str]) -> tuple[bytes, bool]: ...

    def sameness(self, page: Page, names: Mapping[str, str]) -> tuple[object, Hashable] | None:
        """Something that never changes and a key: ``text`` is the same for both the same."""


class BySpans(Availability):
    """The slot engine's answer, told by groups and accounts."""

    def listed(self, page: Page) -> Listed:
        """A page of the answer. Starts that can only be joined name nobody."""
        groups = {c.key for c in self._question.candidates if is_group(c)}
        items, more = [], False
        for start in self.starts:
            able = [key for key, _ in self.candidates_at(start)]
            accounts = [key for key in able if key not in groups]
            told = accounts[page.offset :]
            if page.limit is not None and len(told) > page.limit:
                told, more = told[: page.limit], True
            items.append(Item(start, tuple(key for key in able if key in groups), tuple(told)))
        return Listed(items, more)

    def sameness(self, page: Page, names: Mapping[str, str]) -> None:
        """None: spans are read anew for each answer."""

    def text(self, page: Page, names: Mapping[str, str]) -> tuple[bytes, bool]:
        """The page as JSON, and whether a further page tells further accounts."""
        found = self.listed(page)
        return text(found, self._question.terms.duration_minutes, names), found.more


def text(found: Listed, duration_minutes: int, names: Mapping[str, str]) -> bytes:
    """A JSON array of ``{start, end, groupXids, accountIds}``, instants in UTC.

    Accounts are told by the number their keys end with, groups by what ``names`` calls their keys.
    """

    def instant(minute: int) -> str:
        return from_minute(minute).strftime("%Y-%m-%dT%H:%M:%SZ")

    told = [
        {
            "start": instant(item.start),
            "end": instant(item.start + duration_minutes),
            "groupXids": [names[key] for key in item.groups],
            "accountIds": [int(key.partition(":")[2]) for key in item.accounts],
        }
        for item in found.items
    ]
    return json.dumps(told, separators=(",", ":")).encode()
