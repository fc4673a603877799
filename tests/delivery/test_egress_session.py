"""A library's own session has no way to the world but the egress client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.delivery.names import LOOPBACK, Names
from tests.rig.webfiles import WebFiles, web_files
from webapp.delivery.egress import Egress, EgressRefused
from webapp.delivery.egress_session import confine


@pytest.fixture
def files() -> Iterator[WebFiles]:
    with web_files() as server:
        yield server


def confined(*networks: str) -> requests.Session:
    session = requests.Session()
    confine(session, Egress(allow_networks=networks, resolver=Names()))
    return session


def test_what_the_rules_refuse_is_not_connected_to(files: WebFiles) -> None:
    url = files.serve("/token", "{}", "application/json")
    for method in ("GET", "POST"):
        with pytest.raises(EgressRefused):
            confined().request(method, url, data={"code": "x"})
    assert files.requests == []


def test_a_form_is_posted_and_its_answer_read(files: WebFiles) -> None:
    url = files.behave("/token", lambda _, reply: reply.whole(200, b'{"token": "yes"}'))
    answer = confined(*LOOPBACK).post(url, data={"code": "a b"}, auth=("kalends", "secret"))
    assert (answer.status_code, answer.json()) == (200, {"token": "yes"})
    (asked,) = files.requests
    assert (asked.method, asked.body) == ("POST", b"code=a+b")
    assert asked.headers["content-length"] == "8"
    assert asked.headers["authorization"].startswith("Basic ")


def test_a_redirect_is_never_followed_with_a_secret_in_hand(files: WebFiles) -> None:
    aim = files.serve("/elsewhere", "{}", "application/json")
    url = files.redirect("/token", aim, status=307)
    for method in ("GET", "POST"):
        with pytest.raises(EgressRefused) as refused:
            confined(*LOOPBACK).request(method, url, data={"client_secret": "x"})
        assert refused.value.code == "bad_redirect"
    assert {asked.path for asked in files.requests} == {"/token"}


def test_the_environment_has_no_say(files: WebFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    url = files.serve("/a", "{}", "application/json")
    assert confined(*LOOPBACK).get(url).status_code == 200
