"""``kill -9`` at every named point of web and worker: what was acknowledged is there, once.

Real processes, a real database, a real mail server. A visitor whose request was cut off presses
the button again with the same form, as one does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.crashes.household import Household, Visitor, household
from tests.crashes.ledger import Ledger
from tests.races.arena import SLUG, Arena, build_arena, engine_of
from tests.races.web import Site
from tests.rig.smtp import MailServer
from webapp.services.failpoints import NAMES

OF_A_UNIT = ("begun", "before-commit", "committed")
AT_EACH_STEP = (1, 2, 2, 4)
"""Of how many writing units each web process in turn gets to begin the last: the story's hold,
confirmation, move and, after another hold and confirmation, cancellation are each cut off once."""
MID_WORK = 12
"""A writing unit of the worker with the story's mails before it and after it."""
OF_A_MAIL = tuple(name for name in NAMES if name not in OF_A_UNIT)
TO_THE_END = 60
"""More writing units than the worker has in the story."""


@contextmanager
def opened(url: str, folder: Path, mails: MailServer) -> Iterator[tuple[Arena, Household]]:
    """An installation whose mails go to ``mails``."""
    sender = {"KALENDS_MAIL_FROM": "Kalends <bookings@example.org>"}
    site = Site(url, folder, {"KALENDS_MAIL_URL": mails.url, **sender})
    arena = build_arena(site)
    with household(site) as home:
        yield arena, home


def the_story(arena: Arena, visitor: Visitor) -> Ledger:
    """One visitor books and moves, another books and cancels; what they were told."""
    ledger = Ledger()
    moved = book(visitor, ledger, "mover@example.org", arena.first)
    later = arena.first + timedelta(hours=2)
    answer = visitor.post(f"{moved}/move", start=wire(later), key="move-0001")
    assert (answer.status, answer.location) == (303, moved)
    ledger.note("mover@example.org", "moved")
    cancelled = book(visitor, ledger, "leaver@example.org", arena.first + timedelta(hours=4))
    answer = visitor.post(f"{cancelled}/cancel", key="cancel-0001")
    assert (answer.status, answer.location) == (303, cancelled)
    ledger.note("leaver@example.org", "cancelled")
    for link in (moved, cancelled):
        assert visitor.get(link).status == 200
    return ledger


def book(visitor: Visitor, ledger: Ledger, email: str, start: datetime) -> str:
    """Hold and confirm with one key each; the address of the manage page."""
    key = f"form-of-{email.partition('@')[0]}"
    held = visitor.post(f"/{SLUG}/ada/hold", start=wire(start), l="30", tz="UTC", key=key)
    assert held.status == 303, held
    made = visitor.post(held.location, name="Grace", email=email, key=key)
    assert made.status == 303, made
    ledger.note(email, "booked")
    return made.location


def wire(start: datetime) -> str:
    """An instant as the forms carry it."""
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


def play(
    url: str,
    folder: Path,
    mails: MailServer,
    *,
    web_dies_at: Sequence[str] = (),
    worker_dies_at: str = "",
) -> tuple[int, list[str]]:
    """The story on an installation that dies; how often it died, and what is wrong after."""
    with opened(url, folder, mails) as (arena, home):
        home.start(web_dies_at=web_dies_at, worker_dies_at=worker_dies_at)
        with Visitor(home.port, home.web_fell) as visitor:
            ledger = the_story(arena, visitor)
        home.drain()
        with engine_of(home.site) as engine:
            return home.kills, ledger.differences(engine, mails, home.kills)


@pytest.mark.parametrize("name", OF_A_UNIT)
def test_web_processes_killed_at_each_step_of_a_visit(
    any_database: str, name: str, tmp_path: Path, mail_peer: MailServer
) -> None:
    fates = [f"{name}:{nth}" for nth in AT_EACH_STEP]
    kills, wrong = play(any_database, tmp_path, mail_peer, web_dies_at=fates)
    assert kills == len(AT_EACH_STEP)
    assert wrong == []


@pytest.mark.parametrize("name", OF_A_MAIL)
def test_a_worker_killed_at_a_mail(
    any_database: str, name: str, tmp_path: Path, mail_peer: MailServer
) -> None:
    kills, wrong = play(any_database, tmp_path, mail_peer, worker_dies_at=f"{name}:3")
    assert kills == 1
    assert wrong == []


@pytest.mark.parametrize("name", OF_A_UNIT)
def test_a_worker_killed_in_a_unit_of_its_work(
    sqlite_url: str, name: str, tmp_path: Path, mail_peer: MailServer
) -> None:
    kills, wrong = play(sqlite_url, tmp_path, mail_peer, worker_dies_at=f"{name}:{MID_WORK}")
    assert kills == 1
    assert wrong == []


def test_every_failpoint_is_tried() -> None:
    assert {*OF_A_UNIT, *OF_A_MAIL} == set(NAMES)


def test_a_worker_killed_at_each_of_its_units_in_turn(
    tmp_path: Path,
    migrated_sqlite: Path,
    mail_peer: MailServer,
    pytestconfig: pytest.Config,
) -> None:
    """One unit in a plain run; with ``--long`` each until the worker comes to the end."""
    units = range(1, TO_THE_END) if pytestconfig.getoption("--long") else range(20, 21)
    for nth in units:
        folder = tmp_path / str(nth)
        folder.mkdir()
        shutil.copy(migrated_sqlite, folder / "kalends.sqlite3")
        url = f"sqlite:///{folder / 'kalends.sqlite3'}"
        mail_peer.deliveries.clear()
        kills, wrong = play(url, folder, mail_peer, worker_dies_at=f"before-commit:{nth}")
        assert wrong == [], nth
        if kills == 0:
            break
