"""Whose turn it is: shares in the long run, and the reasons one at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from webapp.domain.fairness import (
    CATCH_UP,
    MOST_WEIGHT,
    TURN,
    Board,
    Choice,
    Need,
    Option,
    Standing,
    given_back,
    joining,
)


def ways(*hosts: int) -> list[Option]:
    return [Option(f"account:{host}", (host,)) for host in hosts]


class Office:
    """Hosts who take meetings one after another."""

    def __init__(self, *standings: Standing) -> None:
        self.standings = {each.host_id: each for each in standings}
        self.taken: Counter[int] = Counter()
        self.booked = 0

    def book(self, *free: int) -> Choice:
        self.booked += 1
        choice = Board(self.standings.values()).choose(ways(*(free or self.standings)))
        for host_id, turns in choice.turns.items():
            standing = replace(self.standings[host_id], turns=turns, last=self.booked)
            self.standings[host_id] = standing
            self.taken[host_id] += 1
        return choice

    def spread(self) -> float:
        shares = [self.taken[i] / each.weight for i, each in self.standings.items()]
        return max(shares) - min(shares)


@pytest.mark.parametrize("weights", [(1,) * 7, (1, 2, 3), (1, 20, 7, 7)])
def test_with_everybody_free_shares_per_weight_differ_by_one_meeting_at_most(
    weights: tuple[int, ...],
) -> None:
    office = Office(*(Standing(n, weight) for n, weight in enumerate(weights)))
    for number in range(10_000):
        office.book()
        if number % 100 == 0:
            assert office.spread() <= 1
    assert office.spread() <= 1
    assert sum(office.taken.values()) == 10_000


def test_who_is_free_as_often_gets_as_much() -> None:
    rnd, office = Random(4), Office(*(Standing(n) for n in range(6)))
    for _ in range(6000):
        free = [n for n in range(6) if rnd.random() < 0.6]
        if free:
            office.book(*free)
    assert max(office.taken.values()) < min(office.taken.values()) * 1.05


def test_nothing_is_random_and_order_of_reading_means_nothing() -> None:
    standings = [Standing(n, 1 + n % 3, n % 2, n * 7 % 5 * TURN, n) for n in range(9)]
    every = ways(*range(9))
    first = Board(standings).choose(every)
    for seed in range(5):
        rnd = Random(seed)
        rnd.shuffle(standings)
        again = Board(standings).choose(every)
        assert again == first


def test_a_higher_priority_is_asked_first_however_much_it_had() -> None:
    office = Office(Standing(1), Standing(2, priority=5, turns=90 * TURN))
    assert [office.book().host_ids for _ in range(3)] == [(2,)] * 3
    assert office.book(1).reason == "only"
    assert office.book().reason == "priority"


def test_back_from_leave_somebody_makes_good_a_few_turns_and_no_more() -> None:
    office = Office(Standing(1), Standing(2), Standing(3))
    for _ in range(60):
        office.book(1, 2)
    row = [office.book().host_ids[0] for _ in range(12)]
    assert row[: CATCH_UP - 1] == [3] * (CATCH_UP - 1)
    assert row.count(3) <= 4 + CATCH_UP
    assert Counter(row[6:]) == {1: 2, 2: 2, 3: 2}


def test_somebody_new_begins_level_with_whoever_has_had_least() -> None:
    old = [Standing(1, turns=40 * TURN, last=9), Standing(2, turns=41 * TURN, last=8)]
    assert joining(old) == 40 * TURN
    assert joining([]) == 0
    office = Office(*old, Standing(3, turns=joining(old)))
    assert office.book(1, 3).host_ids == (3,), "equal, and waited longest"


def test_a_turn_that_is_given_back_is_the_next_one() -> None:
    office = Office(Standing(1, 2), Standing(2, 2))
    assert office.book().host_ids == (1,)
    office.standings[1] = replace(office.standings[1], turns=given_back(office.standings[1]))
    assert office.standings[1].turns == 0


def test_reasons() -> None:
    a, b = Standing(1, turns=TURN, last=5), Standing(2, turns=TURN, last=4)
    assert Board([a, b]).choose(ways(1, 2)).reason == "waited"
    assert Board([a, replace(b, turns=2 * TURN)]).choose(ways(1, 2)).reason == "turn"
    assert Board([]).choose(ways(2, 1)).reason == "first"
    kept = Board([a, b], prefer=[1]).choose(ways(1, 2))
    assert (kept.host_ids, kept.reason) == ((1,), "kept")
    both = [Option("account:1", (1,)), Option("group:g", (1,))]
    assert Board([a]).choose(both).reason == "only"
    with pytest.raises(ValueError, match="nobody"):
        Board([a]).choose([])


def test_the_scoreboard_shows_who_came_next_and_how_far_ahead() -> None:
    standings = [Standing(1, turns=3 * TURN), Standing(2, 2, turns=TURN), Standing(3, turns=TURN)]
    choice = Board(standings).choose(ways(1, 2, 3))
    assert [(line.host_id, line.ahead, line.chosen) for line in choice.lines] == [
        (2, 0, True),
        (3, 0, False),
        (1, 2, False),
    ]
    assert choice.turns == {2: TURN + TURN // 2}
    assert choice.to_document(most=1) == {
        "reason": "first",
        "keys": ["account:2"],
        "of": 3,
        "hosts": [{"host": 2, "weight": 2, "priority": 0, "ahead": 0, "chosen": True}],
    }


def test_several_who_serve_together_count_as_the_one_who_has_had_most() -> None:
    standings = [Standing(1, turns=TURN), Standing(2), Standing(3, turns=2 * TURN)]
    pair, third = Option("group:pair", (1, 2)), Option("account:3", (3,))
    choice = Board(standings).choose([third, pair])
    assert choice.host_ids == (1, 2)
    assert choice.turns == {1: 2 * TURN, 2: TURN}


def test_when_all_are_needed_nobody_is_bound_who_need_not_be() -> None:
    needed = [Need("account:1", (1,)), Need("group:a", (1, 2)), Need("group:b", (2, 3))]
    choice = Board([Standing(2, turns=TURN)]).choose_all(needed)
    assert choice.host_ids == (1, 3), "1 serves for both; of 2 and 3, 3 has had less"
    assert choice.keys == ("account:1", "group:a", "group:b")
    everybody = Board([]).choose_all([*needed, Need("group:c", (2, 4), everybody=True)])
    assert everybody.host_ids == (1, 2, 4)
    with pytest.raises(ValueError, match="nobody"):
        Board([]).choose_all([Need("group:a", ())])


def test_weights_divide_a_turn() -> None:
    assert all(TURN % weight == 0 for weight in range(1, MOST_WEIGHT + 1))
    for weight in (0, MOST_WEIGHT + 1):
        with pytest.raises(ValueError, match="weight"):
            Standing(1, weight)
