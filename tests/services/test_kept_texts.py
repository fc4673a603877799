"""Pages of free times that are kept are those that would be written now."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import Any

import pytest

from tests.services.teams import NAMES, asked, busy, every_team, nothing_kept, team
from tests.world import World, at
from webapp.domain.grouping import ACCOUNT, Page
from webapp.domain.matrix_answer import MatrixAnswer
from webapp.domain.required import Required
from webapp.services import group_times
from webapp.services.group_times import Asked
from webapp.services.steps.kept_texts import ENTRY_BYTES, LONGEST_BYTES, TEXTS, Texts
from webapp.services.steps.matrix import Asking

__all__ = ["every_team", "nothing_kept", "team"]
DAY, WHOLE = at(0).date(), Page()


class Said:
    """An answer of one text, that counts how often it is written."""

    def __init__(self, matrix: object, key: Hashable, text: bytes) -> None:
        self.matrix, self.key, self.made, self.count = matrix, key, text, 0

    def sameness(self, page: Page, names: Mapping[str, str]) -> tuple[object, Hashable] | None:
        return None if self.key is None else (self.matrix, (self.key, page))

    def text(self, page: Page, names: Mapping[str, str]) -> tuple[bytes, bool]:
        self.count += 1
        return self.made, False


class Matrix:
    """Something that can be gone."""


def ask(texts: Texts, said: Any, page: Page = WHOLE) -> bytes:
    return texts.of(said, page, {})[0]


def test_the_same_question_is_written_once_and_another_for_itself() -> None:
    texts, matrix = Texts(), Matrix()
    said = Said(matrix, "monday", b"[1]")
    assert [ask(texts, said), ask(texts, said), ask(texts, said)] == [b"[1]"] * 3
    assert said.count == 1
    ask(texts, said, Page(1))
    assert said.count == 2


def test_what_depends_on_more_than_its_key_is_written_each_time() -> None:
    texts, said = Texts(), Said(Matrix(), None, b"[1]")
    ask(texts, said)
    ask(texts, said)
    assert (said.count, texts.nbytes) == (2, 0)


def test_those_asked_for_least_recently_go_first_within_the_bound() -> None:
    texts, matrix = Texts(most_bytes=3 * (ENTRY_BYTES + 10)), Matrix()
    one, two, three = (Said(matrix, key, key.encode() * 10) for key in "abc")
    for each in (one, two, three, one, Said(matrix, "d", b"d" * 10), one, two):
        ask(texts, each)
    assert texts.nbytes == 3 * (ENTRY_BYTES + 10)
    assert (one.count, two.count, three.count) == (1, 2, 1)


def test_many_short_texts_have_a_bound_as_well() -> None:
    texts, matrix = Texts(most_bytes=10 * ENTRY_BYTES), Matrix()
    for number in range(100):
        ask(texts, Said(matrix, number, b"[]"))
    assert texts.nbytes <= 10 * ENTRY_BYTES


def test_what_was_made_for_one_question_is_not_kept(team: World) -> None:
    profile = team.profile(*NAMES, required=Required.ONE)
    team.hold(profile, at(9))
    before = TEXTS.nbytes
    assert day_of(team, profile) == day_of(team, profile)
    assert TEXTS.nbytes == before


def test_long_texts_leave_the_room_to_others() -> None:
    texts, said = Texts(), Said(Matrix(), "all", b"x" * (LONGEST_BYTES + 1))
    ask(texts, said)
    assert texts.nbytes == 0


def test_what_a_matrix_that_is_gone_said_is_not_told_for_one_in_its_place() -> None:
    texts, gone, here = Texts(), Matrix(), Matrix()
    said = Said(here, "monday", b"here")
    texts._keep((id(here), ("monday", Page())), gone, (b"gone", False))
    assert ask(texts, said) == b"here"
    assert ask(texts, said) == b"here"
    assert (said.count, texts.nbytes) == (1, ENTRY_BYTES + 4)


def day_of(world: World, profile_id: int) -> list[dict[str, Any]]:
    with world.desk.look(world.owner) as uow:
        found = group_times.times(uow, profile_id, Asked(from_day=DAY, days=1))
    return list(json.loads(found.items))


def test_a_day_that_is_asked_for_again_is_not_written_again(
    team: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = team.profile(*NAMES, required=Required.ONE)
    calls, real = [], MatrixAnswer.text
    monkeypatch.setattr(
        MatrixAnswer, "text", lambda self, *rest: calls.append(rest) or real(self, *rest)
    )
    assert day_of(team, profile) == day_of(team, profile)
    assert len(calls) == 1


def test_bookings_holds_and_time_are_told_at_once(every_team: World) -> None:
    world = every_team
    profile = world.profile(*NAMES, required=Required.ONE, notice_minutes=60)
    before = day_of(world, profile)
    world.book(profile, at(9))
    booked = day_of(world, profile)
    world.hold(profile, at(10))
    held = day_of(world, profile)
    world.desk.clock.now = at(9)
    late = day_of(world, profile)
    first, second = ({i["start"]: i["accountIds"] for i in said} for said in (before, booked))
    assert first.keys() == second.keys()
    assert first != second != {i["start"]: i["accountIds"] for i in held}
    assert late[0]["start"] == "2026-11-24T10:00:00Z"
    world.desk.clock.now = at(9, 20)
    assert day_of(world, profile)[0]["start"] > late[0]["start"]


@pytest.mark.parametrize("window", [(0, 1), (0, 10), (0, 11), (0, 12), (2, 10), (3, 5), (11, 1)])
def test_a_page_of_many_free_accounts_is_cut_where_it_says(
    team: World, window: tuple[int, int]
) -> None:
    profile = team.profile(*NAMES, required=Required.ONE)
    kept, spans = asked(team, profile)
    assert isinstance(kept, MatrixAnswer)
    page = Page(*window)
    text, more = kept.text(page, {})
    assert (json.loads(text), more) == (json.loads(spans.text(page, {})[0]), sum(window) < 12)


def test_another_page_need_or_choice_of_accounts_is_another_text(team: World) -> None:
    profile, texts = team.profile(*NAMES, required=Required.ONE), Texts()
    busy(team, NAMES[0], 9)
    only = frozenset({f"{ACCOUNT}{team.accounts[name]}" for name in NAMES[:3]})
    for how in (Asking(), Asking(required=Required.ALL), Asking(only), Asking(only, Required.ALL)):
        kept, spans = asked(team, profile, how)
        for page in (WHOLE, Page(0, 2), Page(1, 2), Page(1, 3)):
            said, right = texts.of(kept, page, {}), spans.text(page, {})
            assert (json.loads(said[0]), said[1]) == (json.loads(right[0]), right[1])
