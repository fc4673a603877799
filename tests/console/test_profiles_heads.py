"""How many people a booking needs is told in words, with the groups in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webapp.blueprints.console.profiles_heads import head_count, size
from webapp.blueprints.console.profiles_rows import GroupRow
from webapp.services.profile_drafts import HostChoice

NAMES = ("Ada", "Bela", "Chris", "Dora", "Emil", "Fay")
PEOPLE = [
    HostChoice(account_id=n, host_id=n, name=name, account="", is_room=False)
    for n, name in enumerate(NAMES, 1)
] + [HostChoice(account_id=11, host_id=1, name="Ada", account="other", is_room=False)]
SALES = GroupRow("a", "", "Sales", "one", (4, 5), used=True)
PARTNERS = GroupRow("b", "", "Partners", "all", (5, 6), used=True)


@pytest.mark.parametrize(
    ("ticked", "groups", "required", "said"),
    [
        ((1,), (), "one", "Ada"),
        ((1, 11), (), "one", "Ada"),
        ((1, 2, 3), (), "one", "any one of 3 people"),
        ((1, 2), (), "all", "both people"),
        ((1, 2, 3), (), "all", "all 3 people"),
        ((1, 2, 3), (SALES,), "one", "any one of 3 people, or one of Sales (2)"),
        ((1,), (SALES, PARTNERS), "one", "Ada, one of Sales (2), or all of Partners (2)"),
        ((), (PARTNERS,), "all", "all of Partners (2)"),
        ((1, 2, 3), (SALES,), "all", "all 3 people and one of Sales (2): 4 people at once"),
        ((1,), (PARTNERS,), "all", "Ada and all of Partners (2): 3 people at once"),
        ((1,), (SALES, PARTNERS), "all", "Ada, one of Sales (2) and all of Partners (2)"),
        ((4,), (replace(SALES, members=()),), "one", "Dora, or one of Sales (nobody yet)"),
        ((4,), (replace(SALES, used=False),), "one", "Dora"),
        ((4,), (GroupRow("", "", "", "one", (), used=True),), "one", "Dora"),
        ((4,), (replace(SALES, name=" "),), "one", "Dora, or one of a new group (2)"),
        ((99,), (), "one", ""),
    ],
)  # fmt: skip
def test_what_a_booking_needs_is_said_in_heads(
    ticked: tuple[int, ...], groups: tuple[GroupRow, ...], required: str, said: str
) -> None:
    expected = f"Each booking needs {said}." if said else ""
    assert head_count(PEOPLE, ticked, groups, required) == expected


def test_a_groups_size_counts_heads_and_not_accounts() -> None:
    sizes = [size(replace(SALES, members=who), PEOPLE) for who in ((), (1, 11), (1, 2, 99))]
    assert sizes == ["nobody yet", "1 person", "2 people"]
