"""The invariants have teeth: each kind of damage to a healthy database is named."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests import invariants
from tests.world import World, at

DAMAGE = [
    ("UPDATE busy_span SET start_at = :nine, end_at = :noon WHERE host_id = 1", "overlap"),
    ("DELETE FROM busy_span WHERE meeting_id = 1", "its spans []"),
    ("UPDATE meeting SET taken = 0 WHERE id = 1", "empty and still has 1 spans"),
    ("UPDATE busy_span SET exclusive = 0 WHERE meeting_id = 1", "not exclusive"),
    ("UPDATE busy_span SET start_at = :half WHERE meeting_id = 1", "does not cover"),
    ("UPDATE busy_span SET meeting_id = NULL WHERE meeting_id = 1", "belongs to no meeting"),
    ("UPDATE busy_span SET expires_at = :noon WHERE meeting_id = 1", "although a booking"),
    ("UPDATE busy_span SET expires_at = NULL WHERE meeting_id = 3", "nothing but holds"),
    ("UPDATE busy_span SET expires_at = :past WHERE meeting_id = 3", "before the last hold"),
    ("UPDATE meeting SET taken = 3 WHERE id = 2", "2 bookings are live"),
    ("UPDATE booking SET meeting_id = NULL WHERE id = 1", "without a meeting"),
    ("UPDATE booking SET start_at = :half WHERE id = 1", "its meeting 1 says"),
    ("UPDATE booking SET expires_at = :noon WHERE id = 1", "expires at"),
    ("UPDATE booking SET reference = NULL WHERE id = 1", "without a reference"),
    ("UPDATE booking SET decide_by = :noon WHERE id = 1", "to decide by"),
    ("DELETE FROM placement WHERE booking_id = 1", "with 0 open placements"),
    ("UPDATE placement SET start_at = :half WHERE booking_id = 1", "is elsewhere"),
    ("UPDATE event SET status = 'cancelled' WHERE meeting_id = 1", "has 0 entries"),
    ("UPDATE event SET start_at = :half WHERE meeting_id = 1", "is not where its meeting"),
    ("UPDATE message SET booking_id = 2, address = 'a' WHERE id IN (1, 3)", "say the same"),
    ("UPDATE message SET audience = 'host' WHERE booking_id = 1", "nobody told the invitee"),
    ("UPDATE message SET booking_id = 4 WHERE id = 1", "which is held"),
    ("UPDATE message SET template = 'cancelled' WHERE id = 2", "believe so"),
    ("DELETE FROM job WHERE kind = 'send-message'", "has not 1 jobs"),
    ("UPDATE message SET state = 'sent' WHERE id = 1", "an attempt was sent: False"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGE)
def test_damage_is_named(world: World, damage: str, said: str) -> None:
    world.book(world.profile(), at(8))
    seats = world.profile("bela", slug="class", seats=3)
    for name in ("One", "Two"):
        world.book(seats, at(8), name=name)
    world.hold(world.profile("chris", slug="held"), at(8))
    world.book(world.profile("ada", slug="later"), at(10), name="Later")
    assert invariants.check(world.desk.engine) == []

    times = {"nine": at(8), "half": at(8, 10), "noon": at(11), "past": at(5, day=23)}
    with sa.create_engine(world.desk.settings.database_url).begin() as connection:
        connection.execute(sa.text("DROP TRIGGER busy_span_refuse_update"))
        used = {name: f"{at:%Y-%m-%d %H:%M:%S}.000000" for name, at in times.items()}
        given = {name: text for name, text in used.items() if f":{name}" in damage}
        connection.execute(sa.text(damage), given)
    assert any(said in sentence for sentence in invariants.check(world.desk.engine)), (
        invariants.check(world.desk.engine)
    )
