"""Whose turn it is when one of several could take a meeting, and why.

Every host of a pool has a counter of turns, in units of ``TURN`` divided by the host's weight, so
that somebody of weight 2 may take two meetings for one of weight 1. Among those who can serve, and
of these among those of the highest priority, the one with the lowest counter is next; of equals
the one who has waited longer, then the lower id. Nothing is random.

With everybody free the counters of two hosts never differ by more than one meeting per unit of
weight. Who could not serve for a while keeps a claim, but of at most ``CATCH_UP`` turns, and who is
new begins level with whoever has had least: so nobody is flooded after leave or on the first day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

TURN = 232_792_560
"""One meeting of a host of weight 1: the smallest number that every weight divides."""

MOST_WEIGHT = 20
CATCH_UP = 2
"""Turns that somebody may be behind their equals and still make good."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a host stands in a pool.

    ``weight`` 1 to 20; of a higher ``priority`` somebody is asked first. ``turns`` is the counter:
    ``joining`` says where it begins. ``last`` is any number that rises from booking to booking,
    such as the id of the one that the host took last; 0 for none.
    """

    host_id: int
    weight: int = 1
    priority: int = 0
    turns: int = 0
    last: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.weight <= MOST_WEIGHT:
            raise ValueError(f"a weight is a whole number from 1 to {MOST_WEIGHT}")

    @property
    def cost(self) -> int:
        """What one meeting adds to the counter."""
        return TURN // self.weight


@dataclass(frozen=True, slots=True)
class Option:
    """One way to take a start: the candidate's key and the hosts who would all serve."""

    key: str
    host_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """One of several that are all needed: everybody of ``host_ids``, or any one of them."""

    key: str
    host_ids: tuple[int, ...]
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A host on the scoreboard. ``ahead``: how many meetings per unit of weight more than whoever
    on it has had least, in hundredths rounded down."""

    host_id: int
    weight: int
    priority: int
    ahead: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Who serves, what is to be stored for it, and the scoreboard that says why.

    ``keys`` are the candidates this settles. ``turns``: the new counter of each host who serves,
    to be written in the booking's own transaction, with the booking's number as their ``last``.
    """

    keys: tuple[str, ...]
    host_ids: tuple[int, ...]
    turns: dict[int, int]
    reason: str
    lines: tuple[Line, ...]

    def to_document(self, most: int = 50) -> dict[str, Any]:
        """The scoreboard as it is kept on the booking: the chosen, then who came next."""
        return {
            "reason": self.reason,
            "keys": list(self.keys),
            "of": len(self.lines),
            "hosts": [
                {
                    "host": line.host_id,
                    "weight": line.weight,
                    "priority": line.priority,
                    "ahead": line.ahead,
                    "chosen": line.chosen,
                }
                for line in self.lines[:most]
            ],
        }


KEPT, ONLY, PRIORITY, TURN_OF, WAITED, FIRST, ALL = (
    *("kept", "only", "priority", "turn", "waited", "first", "all"),
)
"""Why somebody was chosen: had it already; nobody else could; highest priority; furthest behind;
waited longest of equals; equal in everything and first in order; everybody is needed."""

Rank = tuple[bool, int, int, int, int]
_WHY = (KEPT, PRIORITY, TURN_OF, WAITED, FIRST)


class Board:
    """The standings of a pool, read once for one choice."""

    def __init__(self, standings: Iterable[Standing], prefer: Collection[int] = ()) -> None:
        self._known = {each.host_id: each for each in standings}
        self._prefer = frozenset(prefer)
        self._most: dict[int, int] = {}
        for each in self._known.values():
            most = self._most.get(each.priority, 0)
            self._most[each.priority] = max(most, each.turns)

    def choose(self, ways: Sequence[Option]) -> Choice:
        """Whose turn it is among ``ways``; raises ``ValueError`` when there is none.

        Several who would serve together count as the one of them who has had most.
        """
        if not ways:
            raise ValueError("nobody can take it")
        ranked = sorted(ways, key=self._rank)
        best = ranked[0]
        others = [way for way in ranked[1:] if set(way.host_ids) != set(best.host_ids)]
        reason = self._reason(best, others[0]) if others else ONLY
        return self._made((best.key,), best.host_ids, reason, ranked)

    def choose_all(self, needed: Sequence[Need]) -> Choice:
        """Who serves when every one of ``needed`` must be met; ``ValueError`` when one cannot.

        Where one of a group is enough, somebody who serves anyway is taken, so that no more
        people are bound than must be.
        """
        if not needed or not all(need.host_ids for need in needed):
            raise ValueError("nobody can take it")
        serving = dict.fromkeys(h for n in needed if _settled(n) for h in n.host_ids)
        for need in needed:
            if serving.keys().isdisjoint(need.host_ids):
                ways = [Option(need.key, (host_id,)) for host_id in need.host_ids]
                serving[min(ways, key=self._rank).host_ids[0]] = None
        keys = tuple(need.key for need in needed)
        ways = sorted(
            {Option("", (host_id,)) for need in needed for host_id in need.host_ids},
            key=self._rank,
        )
        return self._made(keys, tuple(sorted(serving)), ALL, ways)

    # ----------------------------------------------------------------------------------- ranks

    def _standing(self, host_id: int) -> Standing:
        return self._known.get(host_id) or Standing(host_id)

    def _turns(self, host_id: int) -> int:
        """The counter as it counts now, among those of the same priority."""
        standing = self._standing(host_id)
        floor = self._most.get(standing.priority, 0) - CATCH_UP * TURN
        return max(standing.turns, floor)

    def _rank(self, way: Option) -> Rank:
        """Lower is better; ties between ways of the same hosts stay in the order given."""
        each = [self._standing(host_id) for host_id in way.host_ids]
        return (
            bool(self._prefer) and not self._prefer.issuperset(way.host_ids),
            -min(standing.priority for standing in each),
            max(self._turns(host_id) for host_id in way.host_ids),
            max(standing.last for standing in each),
            min(way.host_ids),
        )

    def _reason(self, best: Option, second: Option) -> str:
        pairs = zip(self._rank(best), self._rank(second), strict=True)
        differing = (why for why, (a, b) in zip(_WHY, pairs, strict=True) if a != b)
        return next(differing, FIRST)

    def _made(
        self, keys: tuple[str, ...], hosts: tuple[int, ...], reason: str, ways: Sequence[Option]
    ) -> Choice:
        turns = {h: self._turns(h) + self._standing(h).cost for h in hosts}
        order = dict.fromkeys((*hosts, *(host_id for way in ways for host_id in way.host_ids)))
        least = min(self._turns(host_id) for host_id in order)
        lines = tuple(self._line(host_id, least, host_id in turns) for host_id in order)
        return Choice(keys, hosts, turns, reason, lines)

    def _line(self, host_id: int, least: int, chosen: bool) -> Line:
        standing = self._standing(host_id)
        ahead = (self._turns(host_id) - least) * 100 // TURN / 100
        return Line(host_id, standing.weight, standing.priority, ahead, chosen)


def joining(others: Iterable[Standing]) -> int:
    """The counter of somebody who joins ``others`` of the same priority: level with the least."""
    return min((each.turns for each in others), default=0)


def given_back(standing: Standing) -> int:
    """The counter after a meeting was cancelled early enough for the turn to return."""
    return max(0, standing.turns - standing.cost)


def _settled(need: Need) -> bool:
    return need.everybody or len(need.host_ids) == 1
