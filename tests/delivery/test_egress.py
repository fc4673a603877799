"""Requests on somebody's word: what is refused before a connection, and what ends in time."""

from __future__ import annotations

import gzip
import logging
import os
import socket
import threading
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.delivery.names import LOOPBACK, PUBLIC, Names, refused
from tests.rig.webfiles import Reply, Request, WebFiles, web_files
from webapp.delivery.egress import Egress, EgressFailed, EgressRefused
from webapp.domain.errors import Refusal


@pytest.fixture
def files() -> Iterator[WebFiles]:
    with web_files() as server:
        yield server


# ---------------------------------------------------------------------- networks that are opened


def test_inside_an_allowed_network_http_and_every_port_are_fine_and_logged(files, caplog):
    url = files.serve("/a.ics", "BEGIN:VCALENDAR")
    with caplog.at_level(logging.INFO, logger="kalends.egress"):
        answer = Egress(allow_networks=LOOPBACK, resolver=Names()).fetch(url)
    assert (answer.status, answer.body) == (200, b"BEGIN:VCALENDAR")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.url == url
    assert [record.address for record in caplog.records] == ["127.0.0.1"]
    assert "a.ics" not in caplog.text


def test_outside_the_allowed_network_the_rules_stay_as_they_are(files, connections):
    egress = Egress(
        allow_networks=["10.1.0.0/16"], resolver=Names(mixed_example_org=f"10.1.0.1 {PUBLIC}")
    )
    assert refused(files.url("/a.ics"), egress).code == "forbidden_address"
    assert refused("http://mixed.example.org/", egress).code == "bad_url"
    assert refused("https://mixed.example.org:8443/", egress).code == "bad_url"
    assert connections == []


def test_a_name_is_resolved_once_and_connected_where_it_was_checked(files):
    port = files.base_url.rpartition(":")[2]
    files.serve("/a.ics", "here")
    names = Names(calendar_example_org="127.0.0.1")
    answer = Egress(LOOPBACK, resolver=names).fetch(f"http://calendar.example.org:{port}/a.ics")
    assert answer.body == b"here"
    assert names.asked == ["calendar.example.org"]
    assert files.requests[0].headers["host"] == f"calendar.example.org:{port}"


@pytest.mark.parametrize("answers", ["::1 127.0.0.1", "127.0.0.1 ::1"])
def test_another_answer_is_tried_when_the_first_does_not_listen(files, answers):
    port = files.base_url.rpartition(":")[2]
    files.serve("/a.ics", "here")
    names = Names(calendar_example_org=answers)
    egress = Egress(["127.0.0.1/32", "::1/128"], resolver=names)
    assert egress.fetch(f"http://calendar.example.org:{port}/a.ics").body == b"here"


def test_proxies_and_passwords_of_the_environment_have_no_say(files, monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert Egress(LOOPBACK, resolver=Names()).fetch(files.serve("/a", "x")).body == b"x"
    assert "authorization" not in files.requests[0].headers


# ------------------------------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "https://inner.example.org/",
        "//127.0.0.2/",
        "file:///etc/passwd",
        "http://user:pw@127.0.0.1/",
        "https://0x7f000001/",
        "gopher://127.0.0.1/",
        "",
        "https://[",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(files, to):
    # The server itself is on an allowed address; nothing else is.
    server = files.base_url
    url = files.redirect("/a", to.replace("https://127.0.0.1/", "https://127.0.0.3/"))
    egress = Egress(LOOPBACK, resolver=Names(inner_example_org="192.168.1.1"))
    refusal = refused(url, egress)
    assert refusal.code in ("forbidden_address", "bad_redirect", "bad_url")
    assert len(files.requests) == 1
    assert server not in refusal.message


def test_redirects_are_followed_three_times_and_no_further(files):
    files.serve("/3", "end")
    for hop in (2, 1, 0):
        files.redirect(f"/{hop}", f"/{hop + 1}", status=(301, 302, 303, 307, 308)[hop])
    egress = Egress(LOOPBACK, resolver=Names())
    answer = egress.fetch(files.url("/0"))
    assert (answer.body, answer.url) == (b"end", files.url("/3"))
    files.redirect("/start", "/0")
    assert refused(files.url("/start"), egress).code == "bad_redirect"
    files.redirect("/circle", "/circle")
    assert refused(files.url("/circle"), egress).code == "bad_redirect"
    with pytest.raises(EgressRefused):
        egress.fetch(files.url("/2"), max_redirects=0)


def test_credentials_stay_with_the_host_they_were_meant_for(files):
    secrets = {
        "Authorization": "Bearer x",
        "Cookie": "a=b",
        "X-Api-Key": "k",
        "If-None-Match": '"e"',
    }
    with web_files() as other:
        other.serve("/end", "x")
        files.redirect("/same", "/other")
        files.redirect("/other", other.url("/end"))
        Egress(LOOPBACK, resolver=Names()).fetch(files.url("/same"), headers=secrets)
        kept = files.requests[1].headers
        dropped = other.requests[0].headers
    assert (kept["authorization"], kept["cookie"], kept["x-api-key"]) == ("Bearer x", "a=b", "k")
    assert not {"authorization", "cookie", "x-api-key"} & set(dropped)
    assert dropped["if-none-match"] == '"e"'


def test_the_body_of_a_redirect_is_not_read(files):
    def bomb(_: Request, reply: Reply) -> None:
        reply.head(302, {"Location": "/b", "Content-Encoding": "gzip"})
        while reply.pause(0):
            reply.body(b"x" * 65536)

    files.behave("/a", bomb)
    files.serve("/b", "x")
    assert Egress(LOOPBACK, resolver=Names()).fetch(files.url("/a"), total_seconds=5).body == b"x"


def test_cookies_of_a_redirect_are_not_carried_on(files):
    files.status("/a", 302, {"Location": "/b", "Set-Cookie": "spy=1; Path=/"})
    files.serve("/b", "x")
    Egress(LOOPBACK, resolver=Names()).fetch(files.url("/a"))
    assert "cookie" not in files.requests[1].headers


# ------------------------------------------------------------------------------ sizes and times


def failure(url: str, **options: Any) -> str:
    with pytest.raises(EgressFailed) as failed:
        Egress(LOOPBACK, resolver=Names()).fetch(url, **options)
    assert isinstance(failed.value, Refusal)
    assert failed.value.field == "url"
    return failed.value.code


def test_a_body_is_read_up_to_its_limit_and_not_beyond(files):
    url = files.serve("/a", b"x" * 1000)
    assert len(Egress(LOOPBACK, resolver=Names()).fetch(url, max_bytes=1000).body) == 1000
    assert failure(url, max_bytes=999) == "too_large"
    assert failure(files.endless("/endless"), max_bytes=300_000) == "too_large"


def packed(files: WebFiles, path: str, body: bytes, encoding: str = "gzip") -> str:
    return files.serve(path, body, headers={"Content-Encoding": encoding})


def test_packed_bodies_are_unpacked(files):
    text = os.urandom(300_000).hex().encode()
    egress = Egress(LOOPBACK, resolver=Names())
    assert egress.fetch(packed(files, "/gzip", gzip.compress(text))).body == text
    assert egress.fetch(packed(files, "/x", gzip.compress(text), "X-GZIP")).body == text
    assert egress.fetch(packed(files, "/zlib", zlib.compress(text), "deflate")).body == text
    twice = gzip.compress(text[:1000]) + gzip.compress(text[1000:])
    assert egress.fetch(packed(files, "/two", twice)).body == text
    assert egress.fetch(packed(files, "/none", text, "identity")).body == text
    assert egress.fetch(packed(files, "/empty", b"")).body == b""


def test_a_bomb_does_not_go_off(files):
    assert failure(files.gzip_bomb("/wide", 200 * 2**20)) == "too_large"
    assert failure(files.gzip_bomb("/tight", 3 * 2**20)) == "too_large"
    inside = gzip.compress(gzip.compress(b" " * 10**7))
    assert failure(packed(files, "/nested", inside, "gzip, gzip")) == "bad_answer"
    noise = gzip.compress(os.urandom(50_000))
    assert failure(packed(files, "/over", noise), max_bytes=49_999) == "too_large"


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "nonsense"])
def test_a_packing_that_was_not_asked_for_is_refused(files, encoding):
    assert failure(packed(files, "/a", b"x", encoding)) == "bad_answer"


def test_damaged_answers_are_bad_answers(files):
    whole = gzip.compress(os.urandom(5000))
    assert failure(packed(files, "/cut", whole[:-100])) == "bad_answer"
    assert failure(packed(files, "/noise", b"not packed at all")) == "bad_answer"
    assert failure(files.truncated("/short", b"x" * 10, 1000)) == "bad_answer"


def raw_server(
    answer: bytes, *, hold: threading.Event | None = None
) -> tuple[int, threading.Thread]:
    """A socket that says ``answer`` once, whatever is asked, and stays open until ``hold``."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening:
            taken, _ = listening.accept()
            with taken:
                taken.recv(65536)
                try:
                    taken.sendall(answer)
                    if hold is not None:
                        hold.wait(20)
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    return listening.getsockname()[1], thread


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n"
        + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(90))
        + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\nab",
    ],
)
def test_an_answer_that_is_no_http_is_a_bad_answer(answer):
    port, thread = raw_server(answer)
    assert failure(f"http://127.0.0.1:{port}/") == "bad_answer"
    thread.join(10)


def test_nothing_of_what_the_other_side_says_is_repeated(files):
    files.status("/secret", 500, {"X-Secret": "hunter2"}, body=b"hunter2 internal error")
    answer = Egress(LOOPBACK, resolver=Names()).fetch(files.url("/secret"))
    assert (answer.status, answer.body) == (500, b"")
    port, thread = raw_server(b"hunter2 banner\r\n\r\n")
    with pytest.raises(EgressFailed) as failed:
        Egress(LOOPBACK, resolver=Names()).fetch(f"http://127.0.0.1:{port}/key-in-path")
    thread.join(10)
    assert "hunter2" not in str(failed.value)
    assert "key-in-path" not in repr(failed.value)
    assert failed.value.__cause__ is None


def test_slow_bodies_and_headers_end_with_the_total_time(files):
    assert failure(files.drip("/drip", b"x" * 5000, 0.02), total_seconds=0.4) == "timeout"
    assert failure(files.silent("/silent"), total_seconds=0.4) == "timeout"
    hold = threading.Event()
    port, thread = raw_server(b"HTTP/1.1 200 OK\r\nX-Slow: ", hold=hold)
    assert failure(f"http://127.0.0.1:{port}/", total_seconds=0.3) == "timeout"
    hold.set()
    thread.join(10)


def test_a_body_without_length_that_is_cut_by_the_deadline_is_not_taken_for_whole(files):
    def answer(_: Request, reply: Reply) -> None:
        reply.head(200, {"Content-Type": "text/calendar"})
        while reply.pause(0.02):
            reply.body(b"BEGIN:VEVENT\r\n")

    assert failure(files.behave("/open", answer), total_seconds=0.4) == "timeout"


def test_a_silent_tls_handshake_ends_with_the_total_time():
    hold = threading.Event()
    port, thread = raw_server(b"", hold=hold)
    assert failure(f"https://127.0.0.1:{port}/", total_seconds=0.3) == "timeout"
    hold.set()
    thread.join(10)


def test_a_name_server_that_never_answers_does_not_hang_the_fetch(monkeypatch):
    monkeypatch.setattr("webapp.delivery.egress.CONNECT_SECONDS", 0.1)
    hold = threading.Event()

    def never(*_: object, **__: object) -> list[Any]:
        hold.wait(20)
        return []

    with pytest.raises(EgressFailed) as failed:
        Egress(resolver=never).fetch("https://calendar.example.org/")
    hold.set()
    assert failed.value.code == "unreachable"


def test_unknown_names_and_closed_ports_are_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/") == "unreachable"
    assert failure("https://nowhere.example.org/") == "unreachable"


def test_conditional_requests_are_answered_with_304(files):
    url = files.serve("/a.ics", "same")
    egress = Egress(LOOPBACK, resolver=Names())
    first = egress.fetch(url)
    again = egress.fetch(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_plain_answers_on_a_tls_port_are_insecure_not_bugs(files):
    assert failure(files.base_url.replace("http://", "https://") + "/") in (
        "insecure",
        "bad_answer",
    )
