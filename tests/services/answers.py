"""Prints what the services answer, for comparing servers whose own zones differ.

``TZ=Asia/Tokyo python -m tests.services.answers FOLDER``
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.services.furnished import Room, furnish
from tests.world import Clock, open_desk
from webapp import migrations
from webapp.domain.span import from_minute, to_minute
from webapp.services import bookings, offers, receipts
from webapp.settings import Settings

ROOMS = 8


def answers(room: Room) -> dict[str, object]:
    """What is listed, why some minutes are not, and how the booking and its mails read."""
    with room.world.desk.look(room.world.owner) as uow:
        listed = room.listed(uow)
        card = room.card(uow)
        first = to_minute(room.window.start)
        asked = range(first, first + 720, 37)
        why = [
            [
                reason.code.value
                for reason in offers.why_not(uow, card, from_minute(m), room.minutes)
            ]
            for m in asked
        ]
        shown = []
        if room.booking is not None:
            shown = [str(receipts.card(uow, bookings.by_uuid(uow, room.booking)).start_at)]
    mails = room.world.desk.sql(
        'SELECT m.template, m."values" FROM message m WHERE m.organization_id = :here '
        "ORDER BY m.id",
        here=room.world.organization_id,
    )
    times = [[row[0], json.loads(str(row[1]))["start"]] for row in mails]
    return {"listed": listed, "why": why, "shown": shown, "mails": times}


def main(folder: Path) -> None:
    """Furnish some rooms in a new database in ``folder`` and print the answers as JSON."""
    url = f"sqlite:///{folder / 'kalends.sqlite3'}"
    migrations.migrate(url)
    settings = Settings(data_dir=folder, database_url=url)
    with open_desk(settings, Clock()) as desk:
        rooms = [answers(furnish(desk, number)) for number in range(ROOMS)]
    here = datetime(2027, 1, 15, tzinfo=UTC).astimezone().utcoffset() or timedelta()
    said = {"server_offset_minutes": here // timedelta(minutes=1), "rooms": rooms}
    print(json.dumps(said))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
