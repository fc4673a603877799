"""Changing a password, forgetting it, and the browsers that are signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.console.account import ADA, changes_told, enter, mails, noted, post, with_codes
from tests.console.conftest import PASSWORD, SAME
from tests.world import World
from webapp.jobs import runner
from webapp.services import password_reset, passwords
from webapp.work import SYSTEM

pytestmark = pytest.mark.usefixtures("quick_passwords")

NEW = "seven lanterns in the fog"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Browsers = Callable[[str], FlaskClient]


def change(client: FlaskClient, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    return post(client, "/console/account/password", old=old, password=new, repeated=again)


def reset_path(world: World) -> str:
    """The path of the last link for a new password."""
    url = mails(world.desk, "password-reset")[-1][1]["console_url"]
    return "/" + url.split("/", 3)[3]


def ask(app: Flask, email: str = ADA) -> Any:
    """Ask for a link, and let the worker do its part."""
    answer = post(app.test_client(), "/auth/forgotten", email=email)
    runner.drain(app)
    return answer


# ------------------------------------------------------------------------------------ changing


def test_a_new_password_ends_every_other_session_and_renews_this_one(
    sign_in: Browsers, office: World
) -> None:
    here, there = sign_in("ada"), sign_in("ada")
    old = here.get_cookie("kalends")
    assert old
    assert change(here).location == "/console/account/security?done=password"
    assert here.get("/console/account").status_code == 200
    assert there.get("/console/account").status_code == 303
    there.set_cookie("kalends", old.value)
    assert there.get("/console/account").status_code == 303, "the old token is worthless"
    assert enter(there).status_code == 422
    assert enter(there, NEW).status_code == 303
    assert changes_told(office.desk) == ["password"]
    assert "password.changed" in noted(office.desk, f"user:{office.hosts['ada']}")


def test_a_password_that_may_not_be_is_refused_at_its_field(
    ada: FlaskClient, office: World
) -> None:
    for field, sent in (
        ("old", {"old": "not the one"}),
        ("old", {"old": ""}),
        ("password", {"new": "short", "again": "short"}),
        ("password", {"new": "ada berg harbour", "again": "ada berg harbour"}),
        ("repeated", {"again": "seven lanterns in the dog"}),
    ):
        answer = change(ada, **sent)
        assert answer.status_code == 422, sent
        assert f'id="{field}-error"' in answer.text, sent
        assert NEW not in answer.text
    assert changes_told(office.desk) == []
    assert enter(ada).status_code == 303


def test_guessing_the_old_password_has_to_wait_too(ada: FlaskClient) -> None:
    said = [change(ada, old=f"guess {n}").text for n in range(7)]
    assert "Too many tries" in said[-1]


# ---------------------------------------------------------------------------------- forgetting


def test_a_forgotten_password_is_set_by_a_link_from_a_mail(
    app: Flask, client: FlaskClient, sign_in: Browsers, office: World
) -> None:
    signed_in = sign_in("ada")
    assert ask(app).status_code == 200
    page = client.get(reset_path(office))
    assert ADA in page.text
    done = post(client, reset_path(office), password=NEW, repeated=NEW)
    assert done.status_code == 200
    assert signed_in.get("/console/account").status_code == 303, "every session ended"
    assert enter(client).status_code == 422
    assert enter(client, NEW).status_code == 303
    assert changes_told(office.desk) == ["password"]
    assert post(client, reset_path(office), password=NEW, repeated=NEW).status_code == 410


def test_asking_says_and_does_the_same_whether_or_not_the_address_exists(
    app: Flask, client: FlaskClient, office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "hash_password", hashed.append)
    pages, statements = [], []
    for email in (ADA, "nobody@example.org"):
        before = office.desk.sql("SELECT count(*) FROM job")
        answer = post(client, "/auth/forgotten", email=email)
        after = office.desk.sql("SELECT count(*) FROM job")
        pages.append((answer.status_code, answer.text.replace(email, "?")))
        statements.append(int(after[0][0]) - int(before[0][0]))
    assert pages[0] == pages[1]
    assert statements == [1, 1], "one row for the worker, who alone looks whether there is anybody"
    assert hashed == []
    assert mails(office.desk, "password-reset") == []
    runner.drain(app)
    assert [to for to, _ in mails(office.desk, "password-reset")] == [ADA]


def test_a_link_is_good_for_thirty_minutes(app: Flask, client: FlaskClient, office: World) -> None:
    ask(app)
    office.desk.clock.now += password_reset.LASTS - timedelta(seconds=1)
    assert client.get(reset_path(office)).status_code == 200
    office.desk.clock.forward(seconds=1)
    assert client.get(reset_path(office)).status_code == 410
    answer = post(client, reset_path(office), password=NEW, repeated=NEW)
    assert answer.status_code == 410
    assert "Ask for a new link" in answer.text
    assert enter(client).status_code == 303


def test_a_weak_new_password_is_refused_and_the_link_stays_good(
    app: Flask, client: FlaskClient, office: World
) -> None:
    ask(app)
    for sent in ({"password": "short", "repeated": "short"}, {"password": NEW, "repeated": ""}):
        assert post(client, reset_path(office), **sent).status_code == 422
    assert post(client, reset_path(office), password=NEW, repeated=NEW).status_code == 200


def test_nobody_gets_more_than_three_links_an_hour(app: Flask, office: World) -> None:
    for _ in range(5):
        ask(app)
    assert len(mails(office.desk, "password-reset")) == 3
    office.desk.clock.forward(hours=1)
    ask(app)
    assert len(mails(office.desk, "password-reset")) == 4


def test_setting_a_password_by_link_does_not_go_around_the_second_step(
    app: Flask, client: FlaskClient, office: World
) -> None:
    with_codes(office)
    ask(app)
    post(client, reset_path(office), password=NEW, repeated=NEW)
    answer = enter(client, NEW)
    assert answer.location == "/auth/second-step"
    assert client.get("/console/account").status_code == 303


def test_a_made_up_link_opens_nothing(client: FlaskClient, office: World) -> None:
    for token in ("x", "a" * 43, "a" * 3000, "%00", "ü"):
        for path in (f"/auth/reset/{token}", f"/auth/verify/{token}"):
            assert client.get(path).status_code == 410, path
            assert post(client, path, password=NEW, repeated=NEW).status_code == 410, path


def test_what_is_no_address_is_asked_for_again(client: FlaskClient, office: World) -> None:
    assert post(client, "/auth/forgotten", email="nobody").status_code == 422


def test_old_links_and_half_done_sign_ins_go_a_day_after_they_end(
    app: Flask, office: World
) -> None:
    ask(app)
    for hours, left in ((24, 1), (1, 0)):
        office.desk.clock.forward(hours=hours)
        with office.desk.begin(SYSTEM) as uow:
            password_reset.delete_old_tickets(uow)
        assert office.desk.sql("SELECT count(*) FROM sign_in_ticket")[0][0] == left


# ------------------------------------------------------------------------------------ sessions


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(
    app: Flask, sign_in: Browsers, office: World
) -> None:
    here, there = sign_in("ada"), sign_in("ada")
    firefox = app.test_client()
    firefox.post(
        "/auth/sign-in",
        data={"email": ADA, "password": PASSWORD},
        headers=SAME | {"User-Agent": FIREFOX},
    )
    page = here.get("/console/account/security").text
    assert page.count("This one") == 1
    assert "Firefox on Linux" in page
    first = office.desk.sql("SELECT id FROM browser_session ORDER BY id")[1][0]
    assert post(here, f"/console/account/sessions/{first}/end").status_code == 303
    assert there.get("/console/account").status_code == 303
    assert firefox.get("/console/account").status_code == 200
    post(here, "/console/account/sessions/end")
    assert firefox.get("/console/account").status_code == 303
    assert here.get("/console/account").status_code == 200
    said = noted(office.desk, f"user:{office.hosts['ada']}")
    assert said[-2:] == ["session.revoked", "sessions.revoked"]


def test_nobody_ends_another_persons_session(sign_in: Browsers, office: World) -> None:
    ada, bela = sign_in("ada"), sign_in("bela")
    number = office.desk.sql("SELECT min(id) FROM browser_session")[0][0]
    assert post(bela, f"/console/account/sessions/{number}/end").status_code == 404
    assert ada.get("/console/account").status_code == 200


def test_a_session_that_is_over_is_not_listed(sign_in: Browsers, office: World) -> None:
    sign_in("ada")
    office.desk.clock.forward(hours=9)
    here = sign_in("ada")
    assert here.get("/console/account/security").text.count("Since ") == 1
