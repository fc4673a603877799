"""How many people a booking needs, and of whom, in a sentence: people and groups together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.blueprints.console.profiles_rows import GroupRow
from webapp.services.profile_drafts import HostChoice

NOBODY = "Choose who takes the bookings."


@dataclass(frozen=True, slots=True)
class Heads:
    """Some of those who serve: in words, who they are (hosts), and whether all are needed."""

    words: str
    hosts: frozenset[int]
    is_all: bool


def head_count(
    people: Sequence[HostChoice], ticked: Sequence[int], groups: Sequence[GroupRow], required: str
) -> str:
    """What the ticked accounts and groups come to; ``required`` is "one" or "all" of them.

    "" when nobody and nothing is ticked. Somebody with several accounts is one head.
    """
    hosts = {each.account_id: each.host_id for each in people}
    names = {each.host_id: each.name for each in people}
    is_all = required == "all"
    parts = [_people(_hosts(ticked, hosts), names, is_all=is_all)]
    parts += [_group(row, hosts) for row in groups if row.used and not row.is_blank]
    parts = [part for part in parts if part.words]
    if not parts:
        return ""
    listed = _listed([part.words for part in parts], "and" if is_all else "or")
    return f"Each booking needs {listed}{_at_once(parts) if is_all else ''}."


def size(row: GroupRow, people: Sequence[HostChoice]) -> str:
    """ "4 people", "1 person", "nobody yet"."""
    found = len(_hosts(row.members, {each.account_id: each.host_id for each in people}))
    return f"{found} {'person' if found == 1 else 'people'}" if found else "nobody yet"


def _hosts(accounts: Sequence[int], hosts: Mapping[int, int]) -> frozenset[int]:
    return frozenset(hosts[each] for each in accounts if each in hosts)


def _people(chosen: frozenset[int], names: Mapping[int, str], *, is_all: bool) -> Heads:
    number = len(chosen)
    if number < 2:
        words = "".join(names[each] for each in chosen)
    elif is_all:
        words = "both people" if number == 2 else f"all {number} people"
    else:
        words = f"any one of {number} people"
    return Heads(words, chosen, is_all=True)


def _group(row: GroupRow, hosts: Mapping[int, int]) -> Heads:
    members, is_all = _hosts(row.members, hosts), row.required == "all"
    name = row.name.strip() or "a new group"
    number = len(members) or "nobody yet"
    return Heads(f"{'all' if is_all else 'one'} of {name} ({number})", members, is_all)


def _at_once(parts: Sequence[Heads]) -> str:
    """How many that are together; "" where somebody may be counted twice."""
    together = frozenset().union(*(part.hosts for part in parts))
    overlapping = len(together) < sum(len(part.hosts) for part in parts)
    if len(parts) == 1 or overlapping or not all(part.hosts for part in parts):
        return ""
    return f": {sum(len(part.hosts) if part.is_all else 1 for part in parts)} people at once"


def _listed(words: Sequence[str], between: str) -> str:
    """ "a", "a, or b", "a, b, or c"; "a and b", "a, b and c"."""
    if len(words) == 1:
        return words[0]
    comma = "," if between == "or" else ""
    return f"{', '.join(words[:-1])}{comma} {between} {words[-1]}"
