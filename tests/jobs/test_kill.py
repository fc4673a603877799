"""``kill -9`` at every failpoint: bookings stay once, mails go at least once, doubles at most once
a kill.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.world import Desk, World, at
from webapp.services.failpoints import NAMES

ROOT = Path(__file__).parents[2]


def run_workers(desk: Desk, *failpoints: str) -> list[int]:
    """One worker process after the other; their exit codes, negative when a signal ended them."""
    environment = os.environ | {
        "KALENDS_DATA_DIR": str(desk.settings.data_dir),
        "KALENDS_DATABASE_URL": desk.settings.database_url,
        "KALENDS_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "tests.jobs.work_through", desk.clock().isoformat()]
    done = subprocess.run(
        [*command, *failpoints], cwd=ROOT, env=environment, timeout=250, stdout=subprocess.PIPE
    )
    return [int(line) for line in done.stdout.split()]


def walk(world: World, name: str) -> None:
    """Kill the worker at the first, the second and the third passing of a point, then let it be."""
    profile = world.profile()
    for hour in (9, 10):
        world.book(profile, at(hour))
    *killed, last = run_workers(world.desk, f"{name}:1", f"{name}:2", f"{name}:3", "-")
    assert killed[:2] == [-signal.SIGKILL] * 2
    assert last == 0
    check(world.desk, messages=4, kills=killed.count(-signal.SIGKILL))


def check(desk: Desk, *, messages: int, kills: int) -> None:
    assert desk.sql("SELECT count(*), count(distinct uuid) FROM booking") == [(2, 2)]
    assert desk.sql("SELECT state, count(*) FROM message GROUP BY state") == [("sent", messages)]
    assert desk.sql("SELECT count(*) FROM job WHERE kind = 'send-message'") == [(0,)]
    assert desk.sql("SELECT count(*) FROM attempt WHERE outcome IS NULL") == [(0,)]
    files = sorted(desk.settings.outbox_dir.iterdir())
    assert all(path.suffix == ".eml" for path in files)
    arrived = Counter(message_from_bytes(path.read_bytes())["Message-ID"] for path in files)
    assert len(arrived) == messages
    assert len(files) - messages <= kills


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_killed_anywhere_loses_no_mail_and_doubles_at_most_one_a_kill(
    world: World, name: str
) -> None:
    walk(world, name)


def test_the_same_holds_on_every_database(every_world: World) -> None:
    walk(every_world, "message-sent")


def test_a_kill_after_the_mail_went_out_is_seen_as_a_second_try(world: World) -> None:
    world.book(world.profile(), at(9))
    assert run_workers(world.desk, "message-sent", "-") == [-signal.SIGKILL, 0]
    tries = world.desk.sql("SELECT message_id, number, outcome FROM attempt ORDER BY 1, 2")
    assert tries == [(1, 1, "unknown"), (1, 2, "sent"), (2, 1, "sent")]
    names = sorted(path.name for path in world.desk.settings.outbox_dir.iterdir())
    assert [name.rpartition("-")[2] for name in names].count("2.eml") == 1
