"""Limits by source: sliding windows, pauses at a password, page looks, last-seen notes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from random import Random

import pytest

from tests.world import Desk
from webapp.domain.errors import TooMany
from webapp.services import limits
from webapp.services.limits import LIMITS, PAGES_AT_ONCE, PageMeter, SeenNotes, source_of

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def allowed(desk: Desk, name: str, source: str | None, now: datetime) -> bool:
    try:
        limits.count(desk.engine, name, source, now)
    except TooMany:
        return False
    return True


def test_a_limit_counts_each_source_alone(every_desk: Desk) -> None:
    most = LIMITS["booking"].most
    assert [allowed(every_desk, "booking", "a", NOW) for _ in range(most + 2)] == [
        *[True] * most,
        False,
        False,
    ]
    assert allowed(every_desk, "booking", "b", NOW)
    assert allowed(every_desk, "hold", "a", NOW)


def test_whoever_has_no_source_is_never_limited(desk: Desk) -> None:
    assert all(allowed(desk, "booking", None, NOW) for _ in range(50))
    assert desk.sql("SELECT count(*) FROM activity_rate")[0][0] == 0


def test_no_window_of_the_limits_length_ever_holds_many_more(desk: Desk) -> None:
    chance, limit = Random(7), LIMITS["hold"]
    at, passed = NOW, []
    for _ in range(600):
        at += timedelta(seconds=chance.randrange(0, 400))
        if allowed(desk, "hold", "a", at):
            passed.append(at)
    worst = max(
        sum(1 for other in passed if when <= other < when + timedelta(seconds=limit.seconds))
        for when in passed
    )
    # A window that slides over two counts knows the older one only on average.
    assert limit.most <= worst <= limit.most * 1.5


def test_retry_after_is_long_enough_and_not_a_second_longer(desk: Desk) -> None:
    chance = Random(11)
    for place in range(40):
        source, at = f"s{place}", NOW + timedelta(seconds=chance.randrange(3600))
        while True:
            at += timedelta(seconds=chance.randrange(0, 200))
            try:
                limits.count(desk.engine, "hold", source, at)
            except TooMany as refused:
                wait = timedelta(seconds=refused.retry_after_seconds)
                break
        assert not allowed(desk, "hold", source, at + wait - timedelta(seconds=1))
        assert allowed(desk, "hold", source, at + wait)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_has_no_source(address: str) -> None:
    assert source_of(ip_address(address), KEY) is None
    assert source_of(None, KEY) is None


def test_a_household_of_ipv6_is_one_source_and_addresses_are_hidden() -> None:
    one = source_of(ip_address("2001:db8:1:2::1"), KEY)
    assert one == source_of(ip_address("2001:db8:1:2:ffff::9"), KEY)
    assert one != source_of(ip_address("2001:db8:1:3::1"), KEY)
    assert source_of(ip_address("192.0.2.7"), KEY) == source_of(ip_address("::ffff:192.0.2.7"), KEY)
    assert "192" not in str(source_of(ip_address("192.0.2.7"), KEY))
    assert source_of(ip_address("192.0.2.7"), KEY) != source_of(ip_address("192.0.2.7"), b"other")


def test_wrong_passwords_wait_ever_longer_but_never_more_than_a_minute(every_desk: Desk) -> None:
    at, waits = NOW, []
    for _ in range(16):
        try:
            limits.before_password(every_desk.engine, "ada", "mallory", at)
        except TooMany as refused:
            waits.append(refused.retry_after_seconds)
            at += timedelta(seconds=refused.retry_after_seconds)
            limits.before_password(every_desk.engine, "ada", "mallory", at)
    assert waits == sorted(waits)
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 60


def test_nobody_locks_somebody_else_out(every_desk: Desk) -> None:
    at = NOW
    for place in range(400):
        at += timedelta(seconds=1)
        try:
            limits.before_password(every_desk.engine, "ada", f"attacker{place % 7}", at)
        except TooMany:
            continue
    limits.before_password(every_desk.engine, "ada", "home", at)
    limits.after_password(every_desk.engine, "ada")
    limits.before_password(every_desk.engine, "ada", "home", at)


def test_tries_at_the_same_moment_do_not_slip_through_together(every_desk: Desk) -> None:
    passed = 0
    for _ in range(30):
        try:
            limits.before_password(every_desk.engine, "ada", None, NOW)
            passed += 1
        except TooMany:
            pass
    assert passed == limits.FREE_TRIES


def test_pages_come_forty_at_once_and_two_a_second() -> None:
    meter = PageMeter()
    for _ in range(PAGES_AT_ONCE):
        meter.look("a", NOW)
    with pytest.raises(TooMany) as refused:
        meter.look("a", NOW)
    assert refused.value.retry_after_seconds == 1
    meter.look("b", NOW)
    meter.look(None, NOW)
    for _ in range(2):
        meter.look("a", NOW + timedelta(seconds=1))
    with pytest.raises(TooMany):
        meter.look("a", NOW + timedelta(seconds=1))


def test_a_last_seen_time_is_written_once_a_minute(every_desk: Desk) -> None:
    notes = SeenNotes()
    written = [
        notes.note(every_desk.engine, "session:7", NOW + timedelta(seconds=10 * step))
        for step in range(13)
    ]
    assert written == [step % 6 == 0 for step in range(13)]
    assert every_desk.sql("SELECT count(*) FROM activity_seen")[0][0] == 1


def test_old_counts_and_notes_are_forgotten(every_desk: Desk) -> None:
    limits.count(every_desk.engine, "hold", "a", NOW)
    limits.before_password(every_desk.engine, "ada", "a", NOW)
    SeenNotes().note(every_desk.engine, "session:7", NOW)
    limits.forget_old(every_desk.engine, NOW + timedelta(days=1))
    assert every_desk.sql("SELECT count(*) FROM activity_rate")[0][0] == 0
    assert [row[0] for row in every_desk.sql("SELECT subject FROM activity_seen")] == ["session:7"]
    limits.forget_old(every_desk.engine, NOW + timedelta(days=31))
    assert every_desk.sql("SELECT count(*) FROM activity_seen")[0][0] == 0
