"""The profile editor: every field, questions, groups, hours, two people at once, the preview."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from tests.console.conftest import SAME
from tests.console.profiles_typing import typed
from tests.console.test_profiles_pages import post, uuid_of
from tests.world import World, build_world
from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours
from webapp.models import BookingProfile, HostGroup, LocationKind
from webapp.services import host_groups, offers, profiles
from webapp.services.profiles import ProfileDraft

HOSTILE = '"><script>alert(1)</script>\u202e{{7*7}}'


def editor(world: World, profile_id: int) -> str:
    return f"/console/profiles/{uuid_of(world, profile_id)}"


def draft(world: World, profile_id: int) -> ProfileDraft:
    with world.desk.look(world.owner) as uow:
        return profiles.draft_of(uow, uow.session.get_one(BookingProfile, profile_id))


def live(browser: FlaskClient, path: str, **data: Any) -> Any:
    answer = browser.post(f"{path}/preview", data=data, headers={**SAME, "X-Preview": "live"})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_saving_untouched_changes_nothing_whatever_the_profile_holds(
    office: World, ada: FlaskClient
) -> None:
    group = office.group("bela", "chris", required=Required.ALL)
    hours = {"zone": "Europe/London", "weekly": {"mon": [["09:00", "12:00"], ["22:00", "02:00"]]},
             "overrides": {"2026-12-24": [], "2026-12-31": [["09:00", "10:30"]]}}  # fmt: skip
    asked = {"name": "pet", "label": "Your pet", "type": "select", "required": False, "order": 1,
             "help": "Any", "default": "cat", "options": ["cat", "dog"]}  # fmt: skip
    profile = office.profile(
        *("ada", "chris"),
        groups=(group,),
        description="About {{company}}\nand more",
        questions=({"name": "company", "label": "Company", "type": "text", "required": True,
                    "order": 0}, asked),
        durations=(15, 45), step_minutes=20, subject="Call with {{name}}",
        buffer_before_minutes=5, buffer_after_minutes=10, notice_minutes=2880, horizon_days=90,
        active_from=datetime(2026, 10, 25, 1, 30, 7, tzinfo=UTC),
        active_until=datetime(2027, 3, 1, 8, 0, tzinfo=UTC),
        limit_per_day=3, limit_per_week=9, seats=4, hold_minutes=12,
        hours=WorkHours.from_document(hours), location_kind=LocationKind.ADDRESS,
        location="Kai 7", required=Required.ALL, asks_phone=True, needs_approval=True, secret=True,
        primary_color="#303030", secondary_color="#30A9EE", empty_text="Come back in May",
        paused=True, position=4,
    )  # fmt: skip
    before = draft(office, profile)
    page = ada.get(editor(office, profile)).text
    assert post(ada, editor(office, profile), **typed(page)).status_code == 303
    assert draft(office, profile) == before


def test_every_field_that_is_typed_is_kept(office: World, ada: FlaskClient) -> None:
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    changes: dict[str, object] = {
        "name": "Deep talk", "description": "Say {{why}}", "durations": "20 and 40", "seats": "3",
        "required": "all", "accounts": [str(office.accounts[n]) for n in ("ada", "bela")],
        "hours_kind": "own", "hours_mon": "9-12, 13-17", "hours_dates": "2026-12-24: closed",
        "step_minutes": "10", "zone": "Paris", "horizon_days": "30",
        "active_from": "2026-12-01T08:00", "active_until": "2026-12-31T18:00",
        "location_kind": "link", "location": "https://meet.example.org/x", "asks_phone": "y",
        "needs_approval": "y", "buffer_before_minutes": "5", "buffer_after_minutes": "15",
        "notice": "3", "notice_unit": "hours", "limit_per_day": "2", "limit_per_week": "6",
        "own_colors": "y", "primary_color": "#303030", "secondary_color": "#30a9ee",
        "empty_text": "None left", "slug": "deep-talk", "secret": "y", "subject": "{{name}}",
        "hold_minutes": "10",
    }  # fmt: skip
    answer = post(ada, editor(office, profile), **typed(page, **changes))
    assert answer.status_code == 303, answer.text
    kept = draft(office, profile)
    assert kept == ProfileDraft(
        slug="deep-talk", name="Deep talk", durations=(20, 40), step_minutes=10,
        zone="Europe/Paris", description="Say {{why}}",
        questions=({"name": "why", "label": "Why", "type": "text", "required": True, "order": 0},),
        subject="{{name}}", buffer_before_minutes=5, buffer_after_minutes=15, notice_minutes=180,
        horizon_days=30, active_from=datetime(2026, 12, 1, 7, tzinfo=UTC),
        active_until=datetime(2026, 12, 31, 17, tzinfo=UTC), limit_per_day=2, limit_per_week=6,
        seats=3, hold_minutes=10, hours=kept.hours, location_kind=LocationKind.LINK,
        location="https://meet.example.org/x", required=Required.ALL, asks_phone=True,
        needs_approval=True, secret=True, primary_color="#303030", secondary_color="#30A9EE",
        empty_text="None left", accounts=(office.accounts["ada"], office.accounts["bela"]),
    )  # fmt: skip
    assert kept.hours is not None
    assert kept.hours.to_document() == {
        "zone": "Europe/Paris",
        "weekly": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]},
        "overrides": {"2026-12-24": []},
    }


NONSENSE = {
    "durations": ("soon", "Enter lengths in minutes"),
    "zone": ("Atlantis", "There is no time zone called"),
    "slug": ("two words", "letters, digits and hyphens"),
    "location_kind": ("javascript", "Choose one of these"),
    "hours_tue": ("17-9", "ends before it starts"),
    "active_from": ("tomorrow", "Choose a date and a time"),
    "hold_minutes": ("99", "from 2 to 15"),
    "step_minutes": ("0", "from 1 to 1,440"),
    "name": (" ", "Enter a name"),
    "primary_color": ("red", "A colour looks like"),
    "description": ("a\x00b", "cannot be kept"),
    "limit_per_day": ("-1", "whole number"),
    "notice": ("99999", "at most 365 days"),
}


def test_nonsense_is_refused_at_its_field_and_stays_typed(office: World, ada: FlaskClient) -> None:
    profile = office.profile()
    before = draft(office, profile)
    page = ada.get(editor(office, profile)).text
    base = {"hours_kind": "own", "hours_mon": "9-17", "own_colors": "y", "subject": "as typed"}
    for field, (text, sentence) in NONSENSE.items():
        more = base | {field: text} | ({"notice_unit": "days"} if field == "notice" else {})
        answer = post(ada, editor(office, profile), **typed(page, **more))
        assert answer.status_code == 422, field
        assert sentence in answer.text, field
        assert f'id="{field}-error"' in answer.text, field
        assert f'href="#{field}"' in answer.text, field
        assert 'value="as typed"' in answer.text
    every = base | {field: text for field, (text, _) in NONSENSE.items()}
    answer = post(ada, editor(office, profile), **typed(page, **every))
    missing = [name for name, (_, said) in NONSENSE.items() if said not in answer.text]
    assert missing == []
    assert draft(office, profile) == before


def test_hostile_text_is_shown_as_text_in_every_field(office: World, ada: FlaskClient) -> None:
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    fields = ("name", "description", "location", "empty_text", "subject")
    sent = typed(page, **dict.fromkeys(fields, HOSTILE), location_kind="text")
    assert post(ada, editor(office, profile), **sent).status_code == 303
    refused = typed(page, **dict.fromkeys([*fields, "slug", "zone", "durations", "seats"], HOSTILE))
    refused |= {"g-0-xid": "", "g-0-name": HOSTILE, "q-0-name": HOSTILE, "q-0-own": "1"}
    pages = [
        ada.get(path).text
        for path in (editor(office, profile), "/console/profiles", "/harbour/intro")
    ]
    pages.append(post(ada, editor(office, profile), **refused).text)
    pages.append(live(ada, editor(office, profile), **sent)["page"])
    for text in pages:
        assert "<script>alert" not in text
        assert "49" not in re.findall(r"alert\(1\)[^<]{0,30}", text)


def test_a_taken_address_is_a_conflict_and_keeps_the_form(office: World, ada: FlaskClient) -> None:
    office.profile(slug="taken", name="Other")
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    answer = post(ada, editor(office, profile), **typed(page, slug="TAKEN", name="Mine"))
    assert answer.status_code == 409
    assert "used by another profile" in answer.text
    assert 'value="Mine"' in answer.text


def test_two_editors_see_both_versions_and_the_second_can_save_on_top(
    office: World, ada: FlaskClient
) -> None:
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    post(ada, editor(office, profile), **typed(page, name="Theirs", step_minutes="15"))
    answer = post(ada, editor(office, profile), **typed(page, name="Mine", subject="Typed"))
    assert answer.status_code == 409
    rows = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*><bdi>([^<]*)</bdi></td>'
                      r"<td[^>]*><bdi>([^<]*)</bdi>", answer.text)  # fmt: skip
    assert rows == [
        ("Name", "Mine", "Theirs"),
    ]
    assert "the form now holds theirs: A time every." in answer.text
    assert draft(office, profile).name == "Theirs"
    assert post(ada, editor(office, profile), **typed(answer.text)).status_code == 303
    kept = draft(office, profile)
    assert (kept.name, kept.step_minutes, kept.subject) == ("Mine", 15, "Typed")


def test_a_form_that_lies_about_what_it_showed_is_a_conflict_like_any_other(
    office: World, ada: FlaskClient
) -> None:
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    post(ada, editor(office, profile), **typed(page, name="Theirs"))
    for seen in ("[" * 5000, "[]", "{", '{"name": []}', "\x00"):
        answer = post(ada, editor(office, profile), **typed(page, name="Mine", seen=seen))
        assert answer.status_code == 409, seen[:9]
        assert 'value="Mine"' in answer.text


def test_pausing_or_saving_the_same_is_no_conflict(office: World, ada: FlaskClient) -> None:
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    post(ada, f"{editor(office, profile)}/pause")
    assert post(ada, editor(office, profile), **typed(page, name="New")).status_code == 303
    assert draft(office, profile).paused
    assert post(ada, editor(office, profile), **typed(page, name="New")).status_code == 303


# ----------------------------------------------------------------------------------- questions


def test_a_variable_in_the_description_makes_a_question_card_without_script(
    office: World, ada: FlaskClient
) -> None:
    profile = office.profile()
    page = ada.get(editor(office, profile)).text
    sent = typed(page, description="{{company}} and {{team_size}}", do="update")
    shown = post(ada, editor(office, profile), **sent)
    assert shown.status_code == 200
    assert 'name="q-0-label" value="Company"' in shown.text
    assert 'name="q-1-label" value="Team size"' in shown.text
    assert draft(office, profile).questions == ()
    chosen = {"q-1-kind": "select", "q-1-options": "1-9\n10 or more", "q-1-required": None}
    post(ada, editor(office, profile), **typed(shown.text, **chosen))
    with office.desk.look(office.owner) as uow:
        asked = offers.profile_page(uow, "intro").questions
    assert [(q.name, q.type, q.required, q.options) for q in asked] == [
        ("company", "text", True, ()),
        ("team_size", "select", False, ("1-9", "10 or more")),
    ]


def test_questions_are_added_moved_and_removed_by_buttons(office: World, ada: FlaskClient) -> None:
    path = editor(office, office.profile(description="{{company}}"))
    page = post(ada, path, **typed(ada.get(path).text, do="q-add")).text
    page = post(ada, path, **typed(page, **{"q-1-label": "Shoe size", "do": "q-up-1"})).text
    assert 'name="q-0-label" value="Shoe size"' in page
    assert post(ada, path, **typed(page)).status_code == 303
    with office.desk.look(office.owner) as uow:
        assert [q.label for q in offers.profile_page(uow, "intro").questions] == [
            "Shoe size",
            "Company",
        ]
    page = post(ada, path, **typed(ada.get(path).text, do="q-drop-0")).text
    post(ada, path, **typed(page))
    with office.desk.look(office.owner) as uow:
        assert [q.label for q in offers.profile_page(uow, "intro").questions] == ["Company"]


def test_a_variable_taken_out_of_the_description_takes_its_question_along(
    office: World, ada: FlaskClient
) -> None:
    profile = office.profile(description="{{company}}")
    page = ada.get(editor(office, profile)).text
    post(ada, editor(office, profile), **typed(page, description="None"))
    assert draft(office, profile).questions == ()


# -------------------------------------------------------------------------------------- groups


def groups_of(world: World) -> list[Any]:
    with world.desk.look(world.owner) as uow:
        return host_groups.all_groups(uow)


def test_a_group_is_made_and_changed_in_the_editor_for_every_profile_it_serves(
    office: World, ada: FlaskClient
) -> None:
    one, two = office.profile(), office.profile(slug="two", name="Two")
    page = post(ada, editor(office, one), **typed(ada.get(editor(office, one)).text, do="g-add"))
    team = {"g-0-name": "Team", "g-0-members": [str(office.accounts["bela"])]}
    assert groups_of(office) == []
    post(ada, editor(office, one), **typed(page.text, **team))
    page = ada.get(editor(office, two))
    post(ada, editor(office, two), **typed(page.text, **{"g-0-used": "1"}))
    page = ada.get(editor(office, one))
    both = [str(office.accounts[name]) for name in ("bela", "chris")]
    post(ada, editor(office, one), **typed(page.text, **{"g-0-members": both}))
    (group,) = groups_of(office)
    assert (group.name, group.used_by) == ("Team", ("Intro call", "Two"))
    with office.desk.look(office.owner) as uow:
        assert len(offers.profile_page(uow, "two").host_names) == 3


def test_two_people_changing_one_group_is_a_conflict_and_nothing_typed_is_lost(
    office: World, ada: FlaskClient
) -> None:
    group = office.group("ada", "bela")
    one, two = office.profile(groups=(group,)), office.profile(slug="two", groups=(group,))
    mine, theirs = (ada.get(editor(office, each)).text for each in (one, two))
    assert (
        post(ada, editor(office, two), **typed(theirs, **{"g-0-name": "Theirs"})).status_code == 303
    )
    refused = post(ada, editor(office, one), **typed(mine, **{"g-0-name": "Mine"}))
    assert refused.status_code == 409
    assert [each.name for each in groups_of(office)] == ["Theirs"]
    assert post(ada, editor(office, one), **typed(refused.text)).status_code == 303
    assert [each.name for each in groups_of(office)] == ["Mine"]
    stale = ada.get(editor(office, two)).text
    post(
        ada, editor(office, one), **typed(ada.get(editor(office, one)).text, **{"g-0-name": "New"})
    )
    assert post(ada, editor(office, two), **typed(stale, name="Renamed")).status_code == 303
    assert [each.name for each in groups_of(office)] == ["New"]  # what was not touched stays


def test_accounts_and_groups_of_another_organization_are_refused_and_nothing_changes(
    office: World, ada: FlaskClient
) -> None:
    other = build_world(office.desk, "quayside")
    with other.desk.look(other.owner) as uow:
        xid = uow.session.get_one(HostGroup, other.group("ada")).xid
    path = editor(office, office.profile())
    page = ada.get(path).text
    foreign = str(other.accounts["ada"])
    tables = ("booking_profile", "profile_candidate", "profile_host", "host_group_member")
    before = [office.desk.sql(f"SELECT * FROM {table}") for table in tables]
    group = {"g-0-xid": "", "g-0-name": "X", "g-0-used": "1", "g-0-required": "one"}
    for sent in (
        {"accounts": [foreign]},
        group | {"g-0-members": [foreign]},
        group | {"g-0-xid": str(xid), "g-0-members": [str(office.accounts["ada"])]},
    ):
        assert post(ada, path, **typed(page, **sent)).status_code == 404, sent
    assert post(ada, f"{path}/preview", **typed(page, accounts=[foreign])).status_code == 404
    assert [office.desk.sql(f"SELECT * FROM {table}") for table in tables] == before
