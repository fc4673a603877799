"""Never twice, over HTTP: many visitors, several web processes, one database of each kind.

Two layers keep a time from being taken twice: the check under the hosts' locks, and the database's
own guard. Each is shown to be enough alone, and the race to be one that is lost without them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.races.arena import aftermath, build_arena, drop_the_guard
from tests.races.load import Figures, days_for, plan, race
from tests.races.together import build_pool, race_together, wishes
from tests.races.web import Site, web_processes

SEED = 2026
CLIENTS = 12
ATTEMPTS = 1000
FEW = 150
ROUNDS = 12
LEAST_BOOKED = 0.1


def run(
    url: str, folder: Path, count: int, *, guard: bool = True, hooks: str = ""
) -> tuple[Figures, int, list[str]]:
    """One race: its figures, how many pairs of spans overlap, and what else is broken."""
    site = Site(url, folder, {"KALENDS_RACE_HOOKS": hooks} if hooks else {})
    arena = build_arena(site, days_for(count))
    if not guard:
        drop_the_guard(site)
    with web_processes(site, 3) as ports:
        figures = race(plan(arena, count, SEED), ports, CLIENTS)
    return figures, *aftermath(site)


@pytest.mark.timeout(600)
def test_of_a_thousand_racing_visitors_no_two_get_the_same_time(
    any_database: str, tmp_path: Path
) -> None:
    figures, overlaps, broken = run(any_database, tmp_path, ATTEMPTS)

    assert overlaps == 0
    assert figures.others == [], "every answer is 303 or 409"
    assert figures.broken == [], "who holds a time gets it, however often the button is pressed"
    assert broken == []
    assert figures.attempts == ATTEMPTS
    assert figures.booked >= LEAST_BOOKED * ATTEMPTS, figures.report()


def test_without_lock_and_check_the_database_alone_refuses_every_overlap(
    any_database: str, tmp_path: Path
) -> None:
    figures, overlaps, _ = run(any_database, tmp_path, FEW, hooks="no-lock,no-check")

    assert overlaps == 0
    assert figures.others == []
    assert figures.conflicts > 0, "nobody raced"
    assert figures.booked >= LEAST_BOOKED * FEW, figures.report()


def test_without_the_databases_guard_lock_and_check_alone_prevent_every_overlap(
    any_database: str, tmp_path: Path
) -> None:
    figures, overlaps, broken = run(any_database, tmp_path, FEW, guard=False)

    assert overlaps == 0
    assert figures.others == []
    assert broken == []
    assert figures.booked >= LEAST_BOOKED * FEW, figures.report()


def test_without_both_layers_the_race_finds_overlaps(any_database: str, tmp_path: Path) -> None:
    _, overlaps, broken = run(any_database, tmp_path, FEW, guard=False, hooks="no-lock,no-check")

    assert overlaps > 0, "the race has no teeth"
    assert any("overlap" in sentence for sentence in broken)


@pytest.mark.timeout(600)
def test_of_eight_programs_racing_for_overlapping_groups_no_host_is_taken_twice(
    any_database: str, tmp_path: Path
) -> None:
    site = Site(any_database, tmp_path)
    pool = build_pool(site)
    with web_processes(site, 2) as ports:
        outcome = race_together(pool, ports, wishes(SEED, ROUNDS))
    assert aftermath(site) == (0, [])
    assert outcome.others == [], "every answer is 200 or 409"
    assert outcome.empty_rounds == 0, "somebody always gets the time"
    assert outcome.refused_one == [], "who needs one is refused only when all of them are taken"
    assert outcome.statuses["409"] > 0, "nobody raced"
