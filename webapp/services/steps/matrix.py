"""Answers about profiles with many hosts, out of matrices that each process keeps.

A kept matrix is filed under the profile's revision and the revisions of its hosts, all read before
what it is made of; so any number of processes stay right, and one host's change costs one column.
Held time is never in it: the few live holds are laid over it for each question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from webapp.domain.errors import NotFound
from webapp.domain.gate import Gate
from webapp.domain.grouping import Answer, BySpans, named, readable
from webapp.domain.limits import full_ranges
from webapp.domain.required import Required
from webapp.domain.span import Interval, to_minute_up
from webapp.domain.terms import HostTime, Terms
from webapp.domain.zones import DAY
from webapp.models.direct import connection_of
from webapp.services.steps import asking, masks, offering, stillness
from webapp.services.steps.kept_matrices import Shelves
from webapp.services.steps.matrix_rows import (
    Hold,
    Person,
    State,
    Wanted,
    busy_without,
    counted,
    everybody,
    person,
    revisions,
    state,
    wanted,
)
from webapp.services.steps.offering import Offering
from webapp.services.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from webapp.domain.frame import Frame
    from webapp.domain.matrix import Column, Matrix

Spans = Sequence[tuple[int, int]]
Taken = Sequence[tuple[int, int]]
"""The start and the meeting of each that limits count."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a caller wants beside the profile's own terms.

    ``keys``: the candidates who count, none for all. ``required`` None: as the profile says.
    ``leave_out``: a meeting whose time counts as free. ``unreadable``: hosts never free.
    """

    keys: frozenset[str] = frozenset()
    required: Required | None = None
    leave_out: int | None = None
    unreadable: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Kept:
    """A matrix and what it was made of, to tell what has changed since."""

    wanted: Wanted
    revisions: Mapping[int, int]
    people: Mapping[int, Person]
    taken: Mapping[int, Taken]
    matrix: Matrix
    total: int
    """The sum of the revisions."""

    @property
    def days(self) -> tuple[int, int]:
        """The UTC days its starts cover."""
        return self.matrix.frame.first_day, self.matrix.frame.last_day

    @property
    def nbytes(self) -> int:
        """About how much memory it takes: some 600 bytes a host beside the matrix."""
        return self.matrix.nbytes + 600 * len(self.people)

    def stands(self, now: State) -> bool:
        """Whether nothing it was made of has changed."""
        return self.wanted.revision == now.revision and self.total == now.total


_SHELVES: Shelves[Kept] = Shelves()


def forget() -> None:
    """Drop what this process keeps, as if it had just started."""
    _SHELVES.clear()


def answer(
    uow: UnitOfWork,
    profile_id: int,
    window: Interval,
    duration_minutes: int,
    asked: Asking = Asking(),
) -> Answer:
    """Free starts of a profile in ``window`` and who could take them.

    The same answer either way: from a matrix for many hosts, when only reading; from spans for
    few, for times that are no multiples of five minutes, for seats, and under locks. Raises
    ``NotFound`` for an unknown profile or candidate.
    """
    now = stillness.unless_written(
        uow, ("matrix", uow.organization_id, profile_id), lambda: state(uow, profile_id)
    )
    if now is None:
        raise NotFound("there is no such booking profile")
    if now.hosts > masks.MANY and now.seats == 1 and stillness.only_reads(uow):
        from webapp.domain.frame import Inexact  # numpy is loaded for many hosts alone

        try:
            return _by_matrix(uow, profile_id, window, duration_minutes, asked, now)
        except Inexact:
            pass
    profile = offering.load(uow, profile_id=profile_id)
    if profile is None:
        raise NotFound("there is no such booking profile")
    return by_spans(uow, profile, window, duration_minutes, asked)


def by_spans(
    uow: UnitOfWork,
    profile: Offering,
    window: Interval,
    duration_minutes: int,
    asked: Asking = Asking(),
) -> BySpans:
    """The same of a profile that is loaded, from its hosts' spans: for few hosts, and to judge
    one start while the hosts are locked."""
    full = asking.question(uow, profile, window, duration_minutes, leave_out=asked.leave_out)
    question = replace(
        readable(full, asked.unreadable),
        candidates=named(full.candidates, asked.keys),
        required=asked.required or full.required,
    )
    return BySpans(question, window, uow.now)


# ---------------------------------------------------------------------------------- keeping


def _by_matrix(
    uow: UnitOfWork,
    profile_id: int,
    window: Interval,
    duration_minutes: int,
    asked: Asking,
    now: State,
) -> Answer:
    from webapp.domain.matrix_answer import MatrixAnswer

    first, last = to_minute_up(window.start), to_minute_up(window.end)
    kept = _kept(uow, profile_id, duration_minutes, (first // DAY, -(-last // DAY)), now)
    named(kept.wanted.candidates, asked.keys)
    unheld, matrix = _laid_over(uow, kept, asked, now.holds)
    return MatrixAnswer(
        matrix,
        Gate(kept.wanted.terms, uow.now),
        (first, last),
        asked.required or kept.wanted.required,
        unheld=unheld,
        only=asked.keys or None,
        lasting=matrix is kept.matrix,
    )


def _kept(
    uow: UnitOfWork, profile_id: int, duration: int, days: tuple[int, int], now: State
) -> Kept:
    shelf = _SHELVES.of(connection_of(uow.session).engine)
    key = (uow.organization_id, profile_id, duration)
    found = shelf.find(key, *days)
    if found is not None and found.stands(now):
        return found
    made = found and _refreshed(uow, profile_id, found, now)
    if made is None:
        made = _made(uow, profile_id, duration, days)
    shelf.put(key, made)
    return made


def _made(uow: UnitOfWork, profile_id: int, duration: int, days: tuple[int, int]) -> Kept:
    """A matrix from nothing; revisions are read first, so it is at least as new as they say."""
    from webapp.domain.frame import Frame
    from webapp.domain.matrix import Layout, Matrix

    seen = revisions(uow, profile_id)
    profile = wanted(uow, profile_id, duration)
    if profile is None:
        raise NotFound("there is no such booking profile")
    people = everybody(uow, profile_id)
    frame = Frame(profile.terms, {each.hours for each in people.values()}, *days)
    bits = masks.of_profile(uow, profile_id, people, frame.pieces)
    taken = counted(uow, profile_id, profile.terms, days)
    columns = {i: _column(frame, i, people[i], bits[i], taken.get(i, ())) for i in people}
    matrix = Matrix.build(frame, Layout(profile.candidates), columns)
    return Kept(profile, seen, people, taken, matrix, sum(seen.values()))


def _refreshed(uow: UnitOfWork, profile_id: int, kept: Kept, now: State) -> Kept | None:
    """The same with the columns of hosts whose revision moved; None when it must be made anew."""
    frame, terms = kept.matrix.frame, kept.wanted.terms
    seen = revisions(uow, profile_id)
    if now.revision != kept.wanted.revision or seen.keys() != kept.revisions.keys():
        return None
    moved = [host_id for host_id in seen if seen[host_id] != kept.revisions[host_id]]
    if len(moved) * 4 > len(seen):
        return None
    if any(person(uow, profile_id, host_id) != kept.people.get(host_id) for host_id in moved):
        return None
    here = [host_id for host_id in moved if host_id in kept.people]
    bits = masks.of_hosts(uow, here, frame.pieces)
    taken = kept.taken
    if _limited(terms):
        taken = counted(uow, profile_id, terms, kept.days)
    columns = {i: _column(frame, i, kept.people[i], bits[i], taken.get(i, ())) for i in here}
    return replace(
        kept,
        revisions=seen,
        taken=taken,
        matrix=kept.matrix.replaced(columns),
        total=sum(seen.values()),
    )


def _column(frame: Frame, host_id: int, who: Person, mask: bytes, taken: Taken) -> Column:
    from webapp.domain.matrix import Column

    closed = _full(frame, host_id, who, taken) if _limited(frame.terms) else ()
    return Column(who.hours, mask, closed)


def _limited(terms: Terms) -> bool:
    return terms.limit_per_day is not None or terms.limit_per_week is not None


def _full(frame: Frame, host_id: int, who: Person, taken: Taken) -> Spans:
    """Where limits leave a host no start."""
    host = HostTime(host_id, who.zone, who.hours, (), [start for start, _ in taken])
    return full_ranges(frame.terms, host, frame.first_day * DAY, frame.last_day * DAY)


# ------------------------------------------------------------------------------ laying over


def _laid_over(
    uow: UnitOfWork, kept: Kept, asked: Asking, holds: Sequence[Hold]
) -> tuple[Matrix, Matrix]:
    """The matrix for this question without and with the holds that are live now."""
    live = [h for h in holds if h.expires_at > uow.now and h.meeting_id != asked.leave_out]
    without = kept.matrix
    if asked.leave_out is not None:
        without = without.replaced(_without(uow, kept, asked.leave_out))
    if asked.unreadable:
        without = without.replaced(dict.fromkeys(asked.unreadable))
    if not live:
        return without, without
    counting = _counting(kept, live, asked.leave_out)
    without = without.narrowed(counting)
    terms = kept.wanted.terms
    reach = terms.duration_minutes + terms.buffer_after_minutes - 1
    closed: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for hold in live:
        # Every start whose padded meeting would touch it.
        closed[hold.host_id].append((hold.start - reach, hold.end + terms.buffer_before_minutes))
    return without, without.narrowed(closed)


def _counting(kept: Kept, live: Sequence[Hold], leave_out: int | None) -> dict[int, Spans]:
    """Where limits leave no start once the profile's own held meetings count as well."""
    if not _limited(kept.wanted.terms):
        return {}
    held: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for hold in live:
        if hold.counts is not None and hold.host_id in kept.people:
            held[hold.host_id].append((hold.counts, 0))
    return {
        host_id: _full(
            kept.matrix.frame,
            host_id,
            kept.people[host_id],
            [*(each for each in kept.taken.get(host_id, ()) if each[1] != leave_out), *starts],
        )
        for host_id, starts in held.items()
    }


def _without(uow: UnitOfWork, kept: Kept, meeting_id: int) -> dict[int, Column]:
    """The columns of a meeting's hosts when its time counts as free."""
    frame = kept.matrix.frame
    found = {}
    for host_id, mask in busy_without(uow, meeting_id, frame.pieces).items():
        if host_id in kept.people:
            taken = [each for each in kept.taken.get(host_id, ()) if each[1] != meeting_id]
            found[host_id] = _column(frame, host_id, kept.people[host_id], mask, taken)
    return found
