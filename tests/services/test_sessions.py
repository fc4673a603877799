"""Signing in and living sessions: what opens one, and everything that ends it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from tests.world import Desk, World
from webapp.domain.errors import TooMany, Unauthenticated
from webapp.domain.permissions import Caller, Role
from webapp.models import BrowserSession, Membership, User
from webapp.services import passwords, people, sessions

SYSTEM = Caller(None, Role.SYSTEM)
PASSWORD = "three herons on a quiet pier"


@pytest.fixture(scope="module")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def peopled(every_world: World, password_hash: str) -> World:
    """The small world, in which Ada can sign in."""
    with every_world.desk.begin(SYSTEM) as uow:
        ada = uow.session.get(User, every_world.hosts["ada"])
        assert ada is not None
        ada.password_hash = password_hash
    return every_world


def sign_in(desk: Desk, email: str, password: str = PASSWORD) -> str:
    with desk.look(SYSTEM) as uow:
        who = sessions.credentials(uow, email)
    proven = sessions.prove(who, password)
    with desk.begin(SYSTEM) as uow:
        return sessions.open_session(uow, proven, "A browser\r\n of mine")


def living(desk: Desk, token: str) -> sessions.SignedIn | None:
    with desk.look(SYSTEM) as uow:
        return sessions.signed_in(uow, token)


def test_a_right_password_opens_a_session_of_that_person(peopled: World) -> None:
    token = sign_in(peopled.desk, " ADA@Harbour.example.org ")
    found = living(peopled.desk, token)
    assert found is not None
    assert found.caller == peopled.owner
    assert found.organization_slug == "harbour"


def test_the_table_never_holds_the_token(peopled: World) -> None:
    token = sign_in(peopled.desk, "ada@harbour.example.org")
    with peopled.desk.look(SYSTEM) as uow:
        row = uow.session.query(BrowserSession).one()
        kept, browser = row.token_hash, row.user_agent
    assert token.encode() not in kept
    assert living(peopled.desk, kept.hex()) is None
    assert "\n" not in browser


def test_every_sign_in_gets_a_token_of_its_own(peopled: World) -> None:
    first, second = (sign_in(peopled.desk, "ada@harbour.example.org") for _ in range(2))
    assert first != second
    assert len(first) >= 43


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@harbour.example.org", "another password"),
        ("ada@harbour.example.org", ""),
        ("ada@harbour.example.org", PASSWORD + " "),
        ("ada@harbour.example.org", PASSWORD * 100_000),
        ("nobody@example.org", PASSWORD),
        ("bela@harbour.example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("ada@harbour.example.org\x00", PASSWORD),
    ],
)
def test_everything_wrong_gets_the_same_words(peopled: World, email: str, password: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        sign_in(peopled.desk, email, password)
    assert refused.value.message == "The e-mail address or the password is not right."


def test_an_unknown_person_costs_the_same_work(
    peopled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = PasswordHasher.verify

    def noted(self: PasswordHasher, kept: str, password: str) -> bool:
        hashed.append(kept.rpartition("$")[0].rpartition("$")[0])
        return bool(real(self, kept, password))

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    for email in ("nobody@example.org", "ada@harbour.example.org"):
        with pytest.raises(Unauthenticated):
            sign_in(peopled.desk, email, "another password")
    assert hashed == ["$argon2id$v=19$m=47104,t=1,p=1"] * 2


def test_a_hash_of_older_costs_is_renewed_on_signing_in(peopled: World) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with peopled.desk.begin(SYSTEM) as uow:
        ada = uow.session.get(User, peopled.hosts["ada"])
        assert ada is not None
        ada.password_hash = weak
    sign_in(peopled.desk, "ada@harbour.example.org")
    with peopled.desk.look(SYSTEM) as uow:
        ada = uow.session.get(User, peopled.hosts["ada"])
        assert ada is not None
        assert ada.password_hash is not None
        assert ada.password_hash.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    sign_in(peopled.desk, "ada@harbour.example.org")


@pytest.mark.parametrize(("hours", "lives"), [(7.99, True), (8, False)])
def test_a_session_ends_after_eight_hours_without_a_request(
    peopled: World, hours: float, lives: bool
) -> None:
    token = sign_in(peopled.desk, "ada@harbour.example.org")
    peopled.desk.clock.forward(hours=hours)
    assert (living(peopled.desk, token) is not None) is lives


def test_a_used_session_ends_after_fourteen_days_all_the_same(peopled: World) -> None:
    from webapp.services.limits import SeenNotes

    token = sign_in(peopled.desk, "ada@harbour.example.org")
    notes, steps = SeenNotes(), 0
    while (found := living(peopled.desk, token)) is not None and steps < 60:
        assert notes.note(peopled.desk.engine, f"session:{found.session_id}", peopled.desk.clock())
        peopled.desk.clock.forward(hours=7)
        steps += 1
    assert steps == 48  # 14 days of 24 hours, 7 hours at a time


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(peopled: World) -> None:
    token = sign_in(peopled.desk, "ada@harbour.example.org")
    with peopled.desk.begin(SYSTEM) as uow:
        sessions.close_session(uow, token)
    assert living(peopled.desk, token) is None


def test_a_removed_member_is_signed_out_at_once(peopled: World) -> None:
    token = sign_in(peopled.desk, "ada@harbour.example.org")
    with peopled.desk.begin(peopled.owner) as uow:
        uow.session.delete(
            uow.session.query(Membership).filter_by(user_id=peopled.hosts["ada"]).one()
        )
    assert living(peopled.desk, token) is None
    with pytest.raises(Unauthenticated):
        sign_in(peopled.desk, "ada@harbour.example.org")


def test_a_deactivated_person_is_signed_out_at_once(peopled: World) -> None:
    token = sign_in(peopled.desk, "ada@harbour.example.org")
    with peopled.desk.begin(SYSTEM) as uow:
        people.deactivate(uow, peopled.hosts["ada"])
    assert living(peopled.desk, token) is None
    with pytest.raises(Unauthenticated):
        sign_in(peopled.desk, "ada@harbour.example.org")


def test_a_password_changed_between_proof_and_opening_opens_nothing(peopled: World) -> None:
    with peopled.desk.look(SYSTEM) as uow:
        who = sessions.credentials(uow, "ada@harbour.example.org")
    proven = sessions.prove(who, PASSWORD)
    with peopled.desk.begin(SYSTEM) as uow:
        ada = uow.session.get(User, peopled.hosts["ada"])
        assert ada is not None
        ada.password_hash = "changed"
    with peopled.desk.begin(SYSTEM) as uow, pytest.raises(Unauthenticated):
        sessions.open_session(uow, proven)


def test_two_passwords_are_hashed_at_once_and_the_rest_is_told_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.05)
    both_in, leave = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with passwords._place():
            both_in.wait(10)
            leave.wait(10)

    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(hold) for _ in range(2)]
        both_in.wait(10)
        with pytest.raises(TooMany) as refused:
            passwords.verify(None, PASSWORD)
        leave.set()
        for each in held:
            each.result(10)
    assert refused.value.retry_after_seconds > 0
    assert passwords.verify(None, PASSWORD) is False
