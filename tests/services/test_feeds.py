"""Linked calendars: their events block, failed readings change nothing, everything goes whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from tests.world import World, at, build_world
from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Caller, Role
from webapp.domain.span import Interval, to_minute
from webapp.models import Base, Booking, CalendarFeed, Event, FeedState, Meeting
from webapp.services import accounts, feeds, offers
from webapp.services.feeds import LaidOut, Reading

DENTIST = """BEGIN:VEVENT
UID:dentist@example.org
DTSTAMP:20261101T000000Z
DTSTART;TZID=Europe/Berlin:20261124T090000
DTEND;TZID=Europe/Berlin:20261124T100000
SUMMARY:Dentist
END:VEVENT
"""
WEEKLY = """BEGIN:VEVENT
UID:weekly@example.org
DTSTAMP:20261101T000000Z
DTSTART;TZID=Europe/Berlin:20260106T130000
DTEND;TZID=Europe/Berlin:20260106T140000
RRULE:FREQ=WEEKLY
SUMMARY:Lunch
END:VEVENT
BEGIN:VEVENT
UID:weekly@example.org
DTSTAMP:20261101T000000Z
RECURRENCE-ID;TZID=Europe/Berlin:20261201T130000
DTSTART;TZID=Europe/Berlin:20261201T150000
DTEND;TZID=Europe/Berlin:20261201T160000
SUMMARY:Late lunch
END:VEVENT
"""


def calendar(*events: str) -> bytes:
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n" + "".join(events) + "END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def laid(world: World, content: bytes) -> LaidOut:
    window = feeds.window_of(world.desk.clock())
    return feeds.lay_out(content, zone="Europe/Berlin", window=window)


def link(world: World, content: bytes, who: str = "ada") -> UUID:
    caller = Caller(world.organization_id, Role.MEMBER, world.hosts[who])
    with world.desk.begin(caller) as uow:
        return feeds.link_file(
            uow, world.hosts[who], name="", file_name="mine.ics", laid_out=laid(world, content)
        )


def starts(world: World, day: int = 24) -> set[int]:
    with world.desk.look(world.guest) as uow:
        profile = offers.profile_page(uow, "intro")
        return set(offers.offered(uow, profile, Interval(at(0, day=day), at(23, day=day))).starts)


def spans(world: World) -> list[sa.Row[tuple[object, ...]]]:
    return world.desk.sql(
        "SELECT start_at, end_at FROM busy_span WHERE calendar_id IS NOT NULL ORDER BY start_at"
    )


def prepare(world: World) -> Reading:
    with world.desk.look(Caller(world.organization_id, Role.SYSTEM)) as uow:
        feed = uow.session.scalars(sa.select(CalendarFeed)).one()
        reading = feeds.prepare(uow, feed.id)
    assert reading is not None
    return reading


def state(world: World) -> tuple[FeedState, str | None, int]:
    with world.desk.look(world.owner) as uow:
        feed = uow.session.scalars(sa.select(CalendarFeed)).one()
        return feed.state, feed.error, feed.events_read


def test_an_event_of_a_linked_file_takes_its_time(every_world: World) -> None:
    every_world.profile()
    before = starts(every_world)
    link(every_world, calendar(DENTIST))

    assert before - starts(every_world) == {to_minute(at(8)), to_minute(at(8, 30))}


def test_a_moved_occurrence_blocks_where_it_went_and_not_where_it_was(every_world: World) -> None:
    link(every_world, calendar(WEEKLY))
    taken = {str(row[0])[:16].replace("T", " ") for row in spans(every_world)}
    assert "2026-12-01 14:00" in taken
    assert "2026-12-01 12:00" not in taken
    assert {"2026-11-24 12:00", "2026-12-08 12:00"} <= taken
    with every_world.desk.look(every_world.owner) as uow:
        head, changed = uow.session.scalars(sa.select(Event).order_by(Event.id)).all()
        assert changed.parent_id == head.id
        assert changed.recurrence_at == datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_removing_a_calendar_gives_all_its_time_back(every_world: World) -> None:
    every_world.profile()
    before = starts(every_world)
    uuid = link(every_world, calendar(DENTIST, WEEKLY))
    with every_world.desk.begin(every_world.owner) as uow:
        feeds.remove(uow, uuid, every_world.hosts["ada"])

    assert starts(every_world) == before
    assert spans(every_world) == []
    assert every_world.desk.sql("SELECT count(*) FROM event")[0][0] == 0
    assert every_world.desk.sql("SELECT count(*) FROM calendar_feed")[0][0] == 0


def test_a_newer_file_takes_the_place_of_the_older_one(every_world: World) -> None:
    uuid = link(every_world, calendar(WEEKLY))
    with every_world.desk.begin(every_world.owner) as uow:
        feeds.replace_file(
            uow,
            uuid,
            every_world.hosts["ada"],
            file_name="new.ics",
            laid_out=laid(every_world, calendar(DENTIST)),
        )
    assert len(spans(every_world)) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"not a calendar", b"\x00\xff" * 500, b"<html></html>", b"x" * (feeds.LARGEST + 1)],
)
def test_what_is_no_calendar_is_refused_with_a_sentence(world: World, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        laid(world, content)
    assert refused.value.message.endswith(".")


def test_a_failed_reading_says_so_and_keeps_what_was_taken(every_world: World) -> None:
    link(every_world, calendar(DENTIST))
    before, reading = spans(every_world), prepare(every_world)
    with every_world.desk.begin(Caller(every_world.organization_id, Role.SYSTEM)) as uow:
        feeds.record_failure(uow, reading, "The server did not answer.")

    assert spans(every_world) == before
    assert state(every_world) == (FeedState.FAILING, "The server did not answer.", 1)

    with every_world.desk.begin(Caller(every_world.organization_id, Role.SYSTEM)) as uow:
        feeds.record(uow, reading, laid(every_world, calendar(DENTIST, WEEKLY)))
    assert state(every_world) == (FeedState.FRESH, None, 3)


def test_the_third_failure_in_a_row_is_told_by_mail_and_no_other(every_world: World) -> None:
    link(every_world, calendar(DENTIST))
    reading, mails = prepare(every_world), []
    system = Caller(every_world.organization_id, Role.SYSTEM)
    for _ in range(5):
        with every_world.desk.begin(system) as uow:
            feeds.record_failure(uow, reading, "The server did not answer.")
        mails.append(len(every_world.desk.sql("SELECT id FROM message")))
    assert mails == [0, 0, 1, 1, 1]
    with every_world.desk.begin(system) as uow:
        feeds.record_unchanged(uow, reading)
    for _ in range(3):
        with every_world.desk.begin(system) as uow:
            feeds.record_failure(uow, reading, "The server did not answer.")
    told = every_world.desk.sql("SELECT template, address FROM message ORDER BY id")
    assert [tuple(row) for row in told] == [("feed-failing", "ada@harbour.example.org")] * 2
    assert every_world.desk.sql("SELECT count(*) FROM job WHERE kind = 'send-message'")[0][0] == 2


def test_one_bad_event_is_reported_and_loses_no_other(every_world: World) -> None:
    broken = DENTIST.replace("20261124T090000", "someday").replace("dentist@", "bad@")
    link(every_world, calendar(broken, DENTIST))
    assert len(spans(every_world)) == 1
    with every_world.desk.look(every_world.owner) as uow:
        card = accounts.calendars_of(uow, every_world.hosts["ada"])[1]
    assert card.problems
    assert card.problems[0]["sentence"]


def test_an_old_copy_of_our_own_booking_never_blocks(every_world: World) -> None:
    profile = every_world.profile()
    uuid = every_world.book(profile, at(8))
    with every_world.desk.look(every_world.owner) as uow:
        meeting = uow.session.scalars(sa.select(Meeting)).one().id
        host = uow.settings.mail_domain
    copy = DENTIST.replace("dentist@example.org", f"{uuid.upper()}@{host}")
    copy = copy.replace("T090000", "T150000").replace("T100000", "T160000")
    strange = DENTIST.replace("dentist@example.org", f"{uuid4()}@{host}")
    before = starts(every_world)
    link(every_world, calendar(copy, strange.replace("20261124", "20261125")))

    assert starts(every_world) == before
    assert len(spans(every_world)) == 1  # nobody's booking of that number: it blocks as any event
    with every_world.desk.look(every_world.owner) as uow:
        joined = uow.session.scalars(sa.select(Event).where(Event.uid.ilike(f"{uuid}@%"))).all()
        assert {event.meeting_id for event in joined} == {meeting}


def test_a_copy_of_another_organizations_booking_neither_blocks_nor_tells(world: World) -> None:
    other = build_world(world.desk, slug="elsewhere")
    uuid = other.book(other.profile(), at(8))
    copy = DENTIST.replace("dentist@example.org", f"{uuid}@{world.desk.settings.mail_domain}")
    link(world, calendar(copy))
    assert spans(world) == []
    with world.desk.look(world.owner) as uow:
        assert [event.meeting_id for event in uow.session.scalars(sa.select(Event))] == [None]
        assert uow.session.scalars(sa.select(Booking)).all() == []


def test_transparent_events_are_kept_and_block_nothing(world: World) -> None:
    link(world, calendar(DENTIST.replace("SUMMARY", "TRANSP:TRANSPARENT\nSUMMARY")))
    assert spans(world) == []
    assert state(world) == (FeedState.FRESH, None, 1)


def test_private_events_leave_their_words_outside(world: World) -> None:
    link(world, calendar(DENTIST.replace("SUMMARY:Dentist", "CLASS:PRIVATE\nSUMMARY:Dentist")))
    assert world.desk.sql("SELECT summary FROM event")[0][0] == ""


def test_the_window_moves_on_by_a_day(every_world: World) -> None:
    link(every_world, calendar(WEEKLY))
    last = str(spans(every_world)[-1][0])
    assert not prepare(every_world).is_stale
    every_world.desk.clock.forward(days=8)
    reading = prepare(every_world)
    assert reading.is_stale
    assert reading.content == calendar(WEEKLY)
    with every_world.desk.begin(Caller(every_world.organization_id, Role.SYSTEM)) as uow:
        feeds.record(uow, reading, laid(every_world, reading.content or b""))
    assert str(spans(every_world)[-1][0]) > last


def test_an_address_is_linked_at_once_and_read_by_a_job(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow:
        uuid = feeds.link_url(
            uow, every_world.hosts["ada"], name="", url="webcal://calendar.example.org/a.ics?key=1"
        )
    with every_world.desk.look(every_world.owner) as uow:
        card = accounts.calendar_card(uow, uuid, every_world.hosts["ada"])
    assert (card.name, card.state, card.source) == (
        "calendar.example.org",
        FeedState.WAITING,
        "address",
    )
    assert "key" not in card.where
    reading = prepare(every_world)
    assert reading.url == "https://calendar.example.org/a.ics?key=1"
    jobs = every_world.desk.sql("SELECT kind, dedupe FROM job WHERE kind = 'refresh-feed'")
    assert len(jobs) == 1


def test_asking_again_moves_the_job_and_never_doubles_it(every_world: World) -> None:
    with every_world.desk.begin(every_world.owner) as uow:
        uuid = feeds.link_url(
            uow, every_world.hosts["ada"], name="A", url="https://calendar.example.org/"
        )
    for _ in range(3):
        with every_world.desk.begin(every_world.owner) as uow:
            feeds.ask_again(uow, uuid, every_world.hosts["ada"])
    assert every_world.desk.sql("SELECT count(*) FROM job WHERE kind='refresh-feed'")[0][0] == 1


@pytest.mark.parametrize(
    "url",
    [
        *("", "calendar.ics", "ftp://example.org/a.ics", "file:///etc/passwd", "https://"),
        *("http://example.org/a.ics", "https://10.0.0.1/a.ics", "https://127.0.0.1:8000/"),
        *("https://[::1]/a.ics", "https://2130706433/", "https://u:p@example.org/a.ics"),
        *("https://example.org/a b", "https://example.org/\r\nHost: x", "javascript:alert(1)"),
        *("https://example.org/" + "a" * 3000, "https://example.org:8443/", "https://0x7f.1/"),
    ],
)
def test_an_address_that_is_never_asked_is_refused_by_its_field(world: World, url: str) -> None:
    with world.desk.begin(world.owner) as uow, pytest.raises(Invalid) as refused:
        feeds.link_url(uow, world.hosts["ada"], name="", url=url)
    assert refused.value.field == "url"


def test_nobody_touches_the_calendars_of_somebody_else(world: World) -> None:
    uuid = link(world, calendar(DENTIST))
    with world.desk.begin(world.owner) as uow:
        for act in (feeds.remove, feeds.ask_again):
            with pytest.raises(NotFound):
                act(uow, uuid, world.hosts["bela"])
    other = build_world(world.desk, slug="elsewhere")
    with world.desk.begin(other.owner) as uow, pytest.raises(NotFound):
        feeds.remove(uow, uuid, other.hosts["ada"])
    assert len(spans(world)) == 1


def test_a_host_links_at_most_twenty_calendars(world: World) -> None:
    for _ in range(feeds.MOST_LINKED):
        link(world, calendar())
    with pytest.raises(Conflict):
        link(world, calendar())
    assert link(world, calendar(), who="bela")


def test_reading_a_calendar_tells_every_kept_page_of_the_host(world: World) -> None:
    uuid, host = link(world, calendar(DENTIST)), world.hosts["ada"]
    asked = "SELECT revision FROM \"user\" WHERE name = 'Ada Berg'"
    before = world.desk.sql(asked)[0][0]
    with world.desk.begin(world.owner) as uow:
        feeds.replace_file(
            uow, uuid, host, file_name="a.ics", laid_out=laid(world, calendar(WEEKLY))
        )
    assert world.desk.sql(asked)[0][0] > before


def test_many_events_go_in_and_out_with_few_statements(every_world: World) -> None:
    first, events = datetime(2026, 11, 24, tzinfo=UTC), []
    for place in range(1500):
        start = first + timedelta(minutes=25 * place)
        events.append(
            f"BEGIN:VEVENT\nUID:{place}@example.org\nDTSTAMP:20261101T000000Z\n"
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT20M\nSUMMARY:Event {place}\nEND:VEVENT\n"
        )
    read = laid(every_world, calendar(*events))
    shifted = laid(every_world, calendar(*events[1:]))
    host, said = every_world.hosts["ada"], []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    sa.event.listen(every_world.desk.engine, "before_cursor_execute", note)
    with every_world.desk.begin(every_world.owner) as uow:
        uuid = feeds.link_file(uow, host, name="", file_name="a.ics", laid_out=read)
    with every_world.desk.begin(every_world.owner) as uow:
        feeds.replace_file(uow, uuid, host, file_name="b.ics", laid_out=shifted)
    sa.event.remove(every_world.desk.engine, "before_cursor_execute", note)

    assert every_world.desk.sql("SELECT count(*) FROM busy_span")[0][0] == 1499
    assert len(said) < 50


@pytest.mark.parametrize("name", ["event", "busy_span", "calendar_feed", "calendar", "account"])
def test_what_goes_with_a_calendar_is_found_by_an_index(name: str) -> None:
    table = Base.metadata.tables[name]
    led = {next(iter(index.columns)).name for index in table.indexes}
    led |= {column.name for column in table.columns if column.unique or column.primary_key}
    cascading = {
        column.name
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name not in ("user", "organization")
    }
    assert cascading <= led


def test_a_file_that_only_carries_new_stamps_writes_no_row(every_world: World) -> None:
    uuid = link(every_world, calendar(WEEKLY))
    before = every_world.desk.sql("SELECT uuid FROM event ORDER BY id")
    stamped = calendar(WEEKLY.replace("20261101T000000Z", "20261123T060000Z"))
    with every_world.desk.begin(every_world.owner) as uow:
        feeds.replace_file(
            uow,
            uuid,
            every_world.hosts["ada"],
            file_name="a.ics",
            laid_out=laid(every_world, stamped),
        )
    assert every_world.desk.sql("SELECT uuid FROM event ORDER BY id") == before
