"""Handing over mail to a real server that behaves well, badly, slowly, or goes away."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.parcels import PARCEL
from tests.rig.smtp import Fault, MailServer, mail_server
from webapp.delivery.route import courier_for
from webapp.delivery.smtp import SmtpCourier, SmtpServer
from webapp.settings import Settings


def courier(server: MailServer, **more: Any) -> SmtpCourier:
    tls = None
    if server.authority is not None:
        tls = ssl.create_default_context(cafile=str(server.authority))
    return SmtpCourier(
        SmtpServer.from_url(server.url),
        own_name="book.example.org",
        tls=tls,
        timeout_seconds=2.0,
        **more,
    )


def test_a_mail_arrives_byte_for_byte_at_the_one_recipient(mail_peer: MailServer) -> None:
    delivery = courier(mail_peer).deliver(PARCEL)
    assert delivery.outcome == "sent"
    assert "250" in delivery.answer
    [arrived] = mail_peer.deliveries
    assert (arrived.sender, arrived.recipients) == (PARCEL.sender, (PARCEL.recipient,))
    assert arrived.content == PARCEL.content


def test_a_lone_line_feed_before_a_dot_does_not_end_the_mail(mail_peer: MailServer) -> None:
    smuggled = b"a\n.\nMAIL FROM:<x@example.org>\r.\r\n.\r\nb\r\n"
    assert courier(mail_peer).deliver(replace(PARCEL, content=smuggled)).outcome == "sent"
    [arrived] = mail_peer.deliveries
    assert arrived.content.split(b"\r\n") == [
        *(b"a", b".", b"MAIL FROM:<x@example.org>", b".", b".", b"b", b"")
    ]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault("mail", "451 4.3.0 try later"), "retry"),
        (Fault("rcpt", "450 4.2.0 greylisted"), "retry"),
        (Fault("rcpt", "452 4.2.2 mailbox full"), "retry"),
        (Fault("data", "451 4.3.0 try later"), "retry"),
        (Fault("mail", "530 5.7.0 sign in first"), "retry"),
        (Fault("mail", "553 5.1.8 no such sender"), "refused"),
        (Fault("rcpt", "550 5.1.1 no such user"), "refused"),
        (Fault("data", "554 5.7.1 looks like spam"), "refused"),
        (Fault("mail"), "retry"),
        (Fault("rcpt"), "retry"),
        (Fault("after data"), "unknown"),
        (Fault("after data", "451 4.3.0 no, wait"), "retry"),
    ],
    ids=lambda value: f"{value.step}: {value.reply}" if isinstance(value, Fault) else value,
)
def test_an_outcome_says_what_the_server_did(
    mail_peer: MailServer, fault: Fault, outcome: str
) -> None:
    mail_peer.misbehave(fault)
    delivery = courier(mail_peer).deliver(PARCEL)
    assert delivery.outcome == outcome
    if fault.reply:
        assert fault.reply in delivery.answer


def test_a_server_that_refuses_once_takes_the_next_try(mail_peer: MailServer) -> None:
    mail_peer.misbehave(Fault("rcpt", "451 later", times=1))
    tries = [courier(mail_peer).deliver(PARCEL).outcome for _ in range(2)]
    assert tries == ["retry", "sent"]


def test_a_slow_answer_before_the_content_is_a_retry_and_after_it_unknown(
    mail_peer: MailServer,
) -> None:
    quick = SmtpCourier(
        SmtpServer.from_url(mail_peer.url), own_name="book.example.org", timeout_seconds=0.2
    )
    mail_peer.misbehave(Fault("rcpt", delay_seconds=0.6, slow_only=True, times=1))
    assert quick.deliver(PARCEL).outcome == "retry"
    mail_peer.misbehave(Fault("after data", delay_seconds=0.6, slow_only=True, times=1))
    assert quick.deliver(PARCEL).outcome == "unknown"


def test_a_delivery_that_has_used_up_its_time_stops_between_commands(
    mail_peer: MailServer,
) -> None:
    ticks = iter([0.0, 1.0, 2.0, *[51.0] * 20])
    delivery = courier(mail_peer, stopwatch=lambda: next(ticks)).deliver(PARCEL)
    assert (delivery.outcome, mail_peer.deliveries) == ("retry", [])


def test_where_nobody_listens_the_mail_waits() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    lonely = SmtpCourier(SmtpServer.from_url(f"smtp://127.0.0.1:{port}"), own_name="x")
    assert lonely.deliver(PARCEL).outcome == "retry"


@contextmanager
def babbling(greeting: bytes) -> Iterator[str]:
    """A server that says one thing and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            with suppress(OSError):
                peer, _ = server.accept()
                with closing(peer):
                    peer.sendall(greeting)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


@pytest.mark.parametrize(
    "greeting", [b"", b"554 no service\r\n", b"HTTP/1.1 400 no\r\n", b"\xff" * 9000, b"220 hi\r\n"]
)
def test_whatever_else_listens_there_the_mail_waits(greeting: bytes) -> None:
    with babbling(greeting) as url:
        odd = SmtpCourier(SmtpServer.from_url(url), own_name="x", timeout_seconds=2.0)
        assert odd.deliver(PARCEL).outcome == "retry"


def test_a_login_goes_over_starttls_and_over_implicit_tls() -> None:
    for tls in ("starttls", "implicit"):
        with mail_server(user="kal@example.org", password="p:w/ü@", tls=tls) as server:
            delivery = courier(server).deliver(PARCEL)
            assert delivery.outcome == "sent", delivery.answer
            assert (server.deliveries[0].encrypted, server.deliveries[0].user) == (
                True,
                "kal@example.org",
            )


def test_a_login_is_never_told_to_a_server_without_tls() -> None:
    with mail_server(user="kal", password="secret") as server:
        delivery = courier(server).deliver(PARCEL)
        assert delivery.outcome == "retry"
        assert "no TLS" in delivery.answer
        assert server.deliveries == []


def test_a_login_is_never_told_to_a_server_with_an_unknown_certificate() -> None:
    with mail_server(user="kal", password="secret", tls="starttls") as server:
        stranger = SmtpCourier(SmtpServer.from_url(server.url), own_name="x", timeout_seconds=2.0)
        assert stranger.deliver(PARCEL).outcome == "retry"
        assert server.deliveries == []


def test_without_a_login_tls_is_used_when_offered() -> None:
    with mail_server(tls="starttls") as server:
        stranger = SmtpCourier(SmtpServer.from_url(server.url), own_name="x", timeout_seconds=2.0)
        assert stranger.deliver(PARCEL).outcome == "sent"
        assert server.deliveries[0].encrypted


def test_a_wrong_password_keeps_the_mail_for_a_better_one() -> None:
    with mail_server(user="kal", password="right", tls="starttls") as server:
        wrong = replace(SmtpServer.from_url(server.url), password="wrong")
        assert server.authority is not None
        tls = ssl.create_default_context(cafile=str(server.authority))
        delivery = SmtpCourier(wrong, own_name="x", tls=tls).deliver(PARCEL)
        assert delivery.outcome == "retry"
        assert "wrong" not in delivery.answer


@pytest.mark.parametrize("address", ["a@b.c>\r\nRCPT TO:<x@y.z", "a@b.c\nDATA", "a\x00@b.c"])
def test_an_address_with_a_line_break_sends_no_second_command(
    mail_peer: MailServer, address: str
) -> None:
    for parcel in (replace(PARCEL, recipient=address), replace(PARCEL, sender=address)):
        assert courier(mail_peer).deliver(parcel).outcome == "refused"
    assert mail_peer.deliveries == []


def test_an_address_beyond_ascii_goes_where_it_is_understood(mail_peer: MailServer) -> None:
    beyond = replace(PARCEL, recipient="dörte@example.com")
    delivery = courier(mail_peer).deliver(beyond)
    if delivery.outcome == "sent":  # a server that offers SMTPUTF8
        assert mail_peer.deliveries[0].recipients == ("dörte@example.com",)
    else:
        assert delivery.outcome == "refused"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 25, "", "", False)),
        ("smtp://a%40b:c%2Fd@m.example.org", SmtpServer("m.example.org", 587, "a@b", "c/d", False)),
        ("smtps://u:p@[::1]", SmtpServer("::1", 465, "u", "p", True)),
        ("smtp://m.example.org:2525", SmtpServer("m.example.org", 2525, "", "", False)),
    ],
)
def test_a_mail_address_says_where_and_how(url: str, expected: SmtpServer) -> None:
    assert SmtpServer.from_url(url) == expected


@pytest.mark.parametrize("url", ["smtp://", "smtp:mail", "http://mail.example.org", "smtp://a:b"])
def test_an_address_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        SmtpServer.from_url(url)


def test_the_setting_decides_the_way(tmp_path: Path, mail_peer: MailServer) -> None:
    by_folder = courier_for(Settings(data_dir=tmp_path))
    assert by_folder.deliver(PARCEL).outcome == "sent"
    [written] = (tmp_path / "outbox").glob("*.eml")
    assert written.read_bytes() == PARCEL.content
    by_smtp = courier_for(
        Settings(data_dir=tmp_path, mail_url=mail_peer.url, mail_from="a@example.org")
    )
    assert by_smtp.deliver(PARCEL).outcome == "sent"
    assert mail_peer.deliveries[0].content == PARCEL.content
