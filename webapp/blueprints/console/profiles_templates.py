"""What a new profile can start from: five kinds, each ready to be saved as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from webapp.blueprints.console.profiles_rows import GroupRow
from webapp.domain.required import Required
from webapp.models import LocationKind
from webapp.services.profile_drafts import HostChoice
from webapp.services.profiles import ProfileDraft


@dataclass(frozen=True, slots=True)
class Template:
    """One start: its key in the address, its name, what it is for, how many people it needs."""

    key: str
    name: str
    line: str
    people: int = 1


TEMPLATES = (
    Template("one", "One to one", "You and one other person."),
    Template("any", "Any of a team", "Whoever of several people is free takes the booking.", 2),
    Template("everyone", "Everyone together", "Only times at which all of you are free.", 2),
    Template("groups", "Groups", "One of these together with all of those.", 2),
    Template("seats", "Seats", "A class or an open hour: several people book one time."),
)
_NAMES = {
    "one": ("Meeting", "meeting"),
    "any": ("Meeting with our team", "team"),
    "everyone": ("Meeting with all of us", "everyone"),
    "groups": ("Consultation", "consultation"),
    "seats": ("Class", "class"),
}


def started(
    key: str, own_user_id: int, people: Sequence[HostChoice], zone: str
) -> tuple[ProfileDraft, list[GroupRow]] | None:
    """The draft and the groups of a template for somebody; None for a key that is none.

    The address is still to be made free, the place in the list to be set.
    """
    if key not in _NAMES:
        return None
    name, slug = _NAMES[key]
    everybody = _one_each(people)
    mine = [each for each in everybody if each.host_id == own_user_id] or everybody[:1]
    team = [*mine, *(each for each in everybody if each not in mine and not each.is_room)]
    base = ProfileDraft(
        slug=slug,
        name=name,
        durations=(30,),
        step_minutes=30,
        zone=zone,
        notice_minutes=120,
        location_kind=LocationKind.TEXT,
        accounts=tuple(each.account_id for each in mine),
    )
    if key == "any":
        return replace(base, accounts=_accounts(team)), []
    if key == "everyone":
        return replace(base, accounts=_accounts(team), required=Required.ALL), []
    if key == "seats":
        return replace(base, durations=(60,), step_minutes=60, seats=8), []
    if key == "groups":
        return replace(base, accounts=(), required=Required.ALL), _two_groups(mine, team, everybody)
    return base, []


def _one_each(people: Sequence[HostChoice]) -> list[HostChoice]:
    """The first account of each host."""
    return list({each.host_id: each for each in reversed(people)}.values())[::-1]


def _accounts(people: Sequence[HostChoice]) -> tuple[int, ...]:
    return tuple(each.account_id for each in people)


def _two_groups(
    mine: Sequence[HostChoice], team: Sequence[HostChoice], everybody: Sequence[HostChoice]
) -> list[GroupRow]:
    """One of the team, together with a room where there is one, else with oneself."""
    rooms = [each for each in everybody if each.is_room]
    others = [each for each in team if each not in mine] or list(team)
    always = rooms[:1] or list(mine)
    return [
        GroupRow("", "", "One of these", "one", _accounts(others), used=True),
        GroupRow("", "", "All of these", "all", _accounts(always), used=True),
    ]
