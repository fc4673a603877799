"""Choosing a time: what the page shows, and that nonsense in its address is answered in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.pages.reading import day_starts, heading, starts, title, words
from tests.world import World, at
from webapp.blueprints.booking.kept import kept
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute
from webapp.domain.workhours import WorkHours
from webapp.models import LocationKind
from webapp.services import offers, profiles

PART = {"HX-Request": "true"}
HOME = "/harbour/intro"


def offered(world: World, days: int = 42) -> list[str]:
    """What the engine itself offers, as the page posts it."""
    with world.desk.look(world.guest) as uow:
        card = offers.profile_page(uow, "intro")
        window = Interval(uow.now, uow.now + timedelta(days=days))
        found = offers.offered(uow, card, window).starts
    return [from_minute(start).strftime("%Y-%m-%dT%H:%MZ") for start in found]


def test_the_soonest_are_the_first_three_that_the_engine_offers(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    world.book(1, at(8, day=23))
    page = client.get(f"{HOME}?d=2026-11-26")
    assert starts(page)[:3] == offered(world)[:3]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_a_day_holds_exactly_the_starts_of_that_date_in_the_visitors_zone(
    world: World, client: FlaskClient, zone: str
) -> None:
    from zoneinfo import ZoneInfo

    world.profile()
    page = client.get(f"{HOME}?tz={zone}&v=list")
    shown = set(day_starts(page))
    for day in ("2026-11-25", "2026-11-26"):
        of_day = re.findall(
            r'value="([^"]+)"',
            client.get(f"{HOME}?tz={zone}&d={day}", headers=PART)
            .text.partition(f'aria-labelledby="t{day}"')[2]
            .partition("</section>")[0],
        )
        wanted = [
            each
            for each in offered(world)
            if datetime.fromisoformat(each).astimezone(ZoneInfo(zone)).date().isoformat() == day
        ]
        assert of_day == wanted
        assert set(wanted) <= shown


def test_the_first_view_shows_the_first_day_with_times_even_months_ahead(
    world: World, client: FlaskClient
) -> None:
    far = {"zone": "Europe/Berlin", "weekly": {}, "overrides": {"2027-04-15": [["09:00", "10:00"]]}}
    world.profile(hours=WorkHours.from_document(far), horizon_days=365)
    page = client.get(HOME)
    assert "No times left in November. Showing April 2027." in words(page)
    assert "Thursday 15 April 2027, 2 times" in page.text
    assert len(day_starts(page)) == 2


def test_a_date_without_times_says_so_and_shows_the_next_ones(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    page = client.get(f"{HOME}?d=2026-11-28")
    assert "No times on Saturday 28 November." in words(page)
    assert day_starts(page)[0].startswith("2026-11-30")


def test_a_month_without_times_links_to_the_next_that_has_some(
    world: World, client: FlaskClient
) -> None:
    january = {
        "zone": "Europe/Berlin",
        "weekly": {},
        "overrides": {"2027-01-05": [["09:00", "10:00"]]},
    }
    world.profile(hours=WorkHours.from_document(january))
    page = client.get(f"{HOME}?m=2026-12")
    assert "No times in December 2026." in words(page)
    assert "The next is Tue 5 Jan" in words(page)
    assert f'href="{HOME}?d=2027-01-05"' in page.text


def test_a_profile_without_any_times_shows_what_its_owner_says_then(
    world: World, client: FlaskClient
) -> None:
    none = {"zone": "Europe/Berlin", "weekly": {}, "overrides": {}}
    world.profile(hours=WorkHours.from_document(none), empty_text="New times open on Mondays.")
    page = client.get(HOME)
    assert "New times open on Mondays." in words(page)
    assert starts(page) == []


def test_a_date_inside_the_notice_says_from_when_on_it_can_be_booked(
    world: World, client: FlaskClient
) -> None:
    world.profile(notice_minutes=24 * 60)
    page = client.get(f"{HOME}?d=2026-11-23")
    assert "Monday 23 November is too soon: bookings are open from Tue 24 Nov, 07:00" in words(page)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"paused": True}, "This page is paused"),
        ({"active_from": datetime(2027, 1, 4, 8, tzinfo=UTC)}, "They open on Monday 4 January"),
        ({"active_until": datetime(2026, 11, 1, tzinfo=UTC)}, "Bookings are closed"),
    ],
)
def test_a_profile_that_takes_no_bookings_says_why_and_offers_nothing(
    world: World, client: FlaskClient, choices: dict[str, object], sentence: str
) -> None:
    world.profile(**choices)
    page = client.get(HOME)
    assert page.status_code == 200
    assert sentence in words(page)
    assert starts(page) == []


def test_a_deleted_profile_is_gone_and_an_unknown_one_was_never_there(
    world: World, client: FlaskClient
) -> None:
    profile = world.profile()
    with world.desk.begin(world.owner) as uow:
        profiles.delete(uow, profile)
    assert client.get(HOME).status_code == 410
    assert "taken down" in words(client.get(HOME))
    unknown, nobody = client.get("/harbour/nothing"), client.get("/nobody/intro")
    assert (unknown.status_code, nobody.status_code) == (404, 404)
    assert heading(unknown) == heading(nobody) == "There is no such page"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("d=2026-02-31", "That date cannot be shown"),
        ("d=%00", "That date cannot be shown"),
        ("d=9999-12-31", "That date cannot be shown"),
        ("m=2019-01", "That month cannot be shown"),
        ("tz=Americas/New_York", "Did you mean America/New_York? Showing Berlin time."),
        ("tz=%00%0a", "not the name of a time zone"),
        ("tz=" + "x" * 5000, "not the name of a time zone"),
        ("l=abc", ""),
        ("l=99999999999999999999", ""),
        ("v=grid&h=99&was=..%2F..&auto=9", ""),
    ],
)
def test_nonsense_in_the_address_is_set_aside_with_a_sentence(
    world: World, client: FlaskClient, query: str, sentence: str
) -> None:
    world.profile()
    page = client.get(f"{HOME}?{query}")
    assert page.status_code == 200
    assert sentence in words(page)
    assert starts(page)


@pytest.mark.parametrize("path", ["/a%00b", "/%ff", "/harbour/%00", "/harbour/..%2f..", "/HARBOUR"])
def test_an_address_that_nothing_can_have_is_not_found(
    world: World, client: FlaskClient, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_what_people_call_a_zone_is_understood(world: World, client: FlaskClient) -> None:
    world.profile()
    page = client.get(f"{HOME}?tz=Bombay")
    assert "Times in Kolkata (UTC+5:30)" in words(page)
    assert "tz=Asia/Kolkata" in page.text


def test_where_people_meet_in_person_the_zone_is_fixed(world: World, client: FlaskClient) -> None:
    world.profile(location_kind=LocationKind.ADDRESS, location="Pier 4")
    page = client.get(f"{HOME}?tz=Asia/Tokyo")
    assert "Times in Berlin (UTC+1). They are local to the place" in words(page)
    assert 'name="tz" type="text"' not in page.text


def test_a_repeated_hour_is_shown_twice_with_its_offsets(world: World, client: FlaskClient) -> None:
    night = {
        "zone": "Europe/Berlin",
        "weekly": {},
        "overrides": {"2027-10-31": [["02:00", "03:00"]]},
    }
    world.desk.clock.now = datetime(2027, 10, 1, tzinfo=UTC)
    world.profile(hours=WorkHours.from_document(night), step_minutes=60)
    page = client.get(f"{HOME}?d=2027-10-31&tz=Europe/Berlin")
    assert day_starts(page) == ["2027-10-31T00:00Z", "2027-10-31T01:00Z"]
    assert "02:00 (UTC+2)" in words(page)
    assert "02:00 (UTC+1)" in words(page)
    assert "Clocks go back at 03:00" in words(page)


def test_switching_the_zone_says_what_a_time_is_there(world: World, client: FlaskClient) -> None:
    world.profile()
    page = client.get(f"{HOME}?d=2026-11-26&tz=America/New_York&was=Europe/Berlin", headers=PART)
    assert "Times now in New York. 09:00 in Berlin is 03:00." in page.text
    assert page.headers["HX-Push-Url"] == f"{HOME}?d=2026-11-26&tz=America/New_York"


def test_what_the_script_asks_by_itself_makes_no_step_in_the_history(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    part = client.get(f"{HOME}?tz=America/New_York&auto=1", headers=PART)
    assert part.headers["HX-Replace-Url"].endswith("tz=America/New_York")
    assert "HX-Push-Url" not in part.headers


def test_days_and_times_have_their_full_names(world: World, client: FlaskClient) -> None:
    world.profile()
    page = client.get(f"{HOME}?d=2026-11-26").text
    assert 'aria-label="Thursday 26 November 2026, 16 times" aria-current="date"' in page
    assert "today" in page
    assert ">09:00<i> to 09:30</i></button>" in page


def test_who_writes_half_past_two_in_the_afternoon_reads_it_so(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    american = {"Accept-Language": "en-US,en;q=0.9"}
    assert ">9:00 am<" in client.get(HOME, headers=american).text
    assert ">09:00<" in client.get(f"{HOME}?h=24", headers=american).text
    assert ">9:00 am<" in client.get(f"{HOME}?h=12").text


def test_the_part_is_what_stands_in_the_page(world: World, client: FlaskClient) -> None:
    world.profile()
    page = client.get(f"{HOME}?d=2026-11-26").text
    part = client.get(f"{HOME}?d=2026-11-26", headers=PART).text

    def keyless(text: str) -> str:
        return re.sub(r'name="key" value="[^"]+"', "", text).strip()

    assert keyless(part) in keyless(page)
    assert "<html" not in part
    boosted = client.get(HOME, headers=PART | {"HX-Boosted": "true"})
    restored = client.get(HOME, headers=PART | {"HX-History-Restore-Request": "true"})
    assert "<html" in boosted.text
    assert "<html" in restored.text


def test_an_unchanged_page_is_not_sent_again_and_a_booking_changes_it(
    world: World, client: FlaskClient
) -> None:
    profile = world.profile()
    first = client.get(HOME)
    again = client.get(HOME, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get(HOME, headers=PART)
    assert part.headers["ETag"] != first.headers["ETag"]
    world.book(profile, at(8))
    changed = client.get(HOME, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "2026-11-24T08:00Z" not in starts(changed)


@pytest.mark.parametrize("keep", [True, False])
def test_kept_pages_say_the_same_as_fresh_ones_and_never_share_a_key(
    world: World, app: Flask, client: FlaskClient, keep: bool
) -> None:
    profile = world.profile()
    kept(app).enabled = keep
    pages = [client.get(HOME).text for _ in range(2)]
    keys = [re.findall(r'name="key" value="([^"]+)"', page)[0] for page in pages]
    assert keys[0] != keys[1]
    assert pages[0].replace(keys[0], "") == pages[1].replace(keys[1], "")
    world.hold(profile, at(8))
    assert "2026-11-24T08:00Z" not in starts(client.get(HOME))
    world.desk.clock.forward(minutes=9)
    assert "2026-11-24T08:00Z" in starts(client.get(HOME))


def test_a_time_on_hold_is_shown_as_such_and_cannot_be_chosen(
    world: World, client: FlaskClient
) -> None:
    world.hold(world.profile(), at(8))
    page = client.get(f"{HOME}?d=2026-11-24")
    assert "<li><span>09:00 <small>on hold</small></span></li>" in page.text
    assert "2026-11-24T08:00Z" not in starts(page)


def test_seats_left_are_told(world: World, client: FlaskClient) -> None:
    profile = world.profile(seats=3)
    world.book(profile, at(8))
    assert "09:00 to 09:30 2 seats left" in words(client.get(f"{HOME}?d=2026-11-24"))


def test_an_organization_lists_its_profiles_and_skips_the_list_for_one(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    assert client.get("/harbour").headers["Location"] == HOME
    world.profile(slug="long", name="A long talk <b>", durations=(60, 90))
    world.profile(slug="hush", name="Secret", secret=True)
    page = client.get("/harbour")
    assert title(page) == "Book with Harbour"
    assert "A long talk &lt;b&gt;" in page.text
    assert "60 or 90 minutes" in words(page)
    assert "Secret" not in words(page)
    assert client.get("/harbour/hush").status_code == 200


def test_the_brand_sheet_is_kept_for_ever_under_its_own_name_only(
    world: World, client: FlaskClient
) -> None:
    world.profile()
    [address] = re.findall(r'href="(/o/harbour/brand\.[0-9a-f]+\.css)"', client.get(HOME).text)
    sheet = client.get(address)
    assert "--brand:" in sheet.text
    assert "immutable" in sheet.headers["Cache-Control"]
    assert client.get("/o/harbour/brand.0000.css").headers["Cache-Control"] == "no-store"
    assert client.get("/o/nobody/brand.0000.css").status_code == 404


def test_the_page_says_who_comes_for_certain_and_who_could(
    world: World, client: FlaskClient
) -> None:
    pair = world.group("bela", "chris")
    world.profile("ada", groups=(pair,), slug="panel", required=Required.ALL)
    assert "with Ada Berg and Bela Cruz or Chris Dahl" in client.get("/harbour/panel").text
    both = world.group("ada", "chris", required=Required.ALL)
    world.profile("ada", groups=(both, pair), slug="board", required=Required.ALL)
    page = client.get("/harbour/board").text
    assert "with Ada Berg and Chris Dahl<" in page, "Chris is there anyway"
