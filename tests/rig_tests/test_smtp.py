"""The mail server of the tests: it keeps what it takes and fails as it is told."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.rig.smtp import Fault, MailServer, Step, mail_server


def _message(subject: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message.set_content("Grüße")
    return message


def _send(server: MailServer, *, recipients: list[str] | None = None, timeout: float = 10) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as client:
        client.send_message(_message(), to_addrs=recipients)


def test_a_message_is_kept_with_its_envelope() -> None:
    with mail_server() as server:
        _send(server, recipients=["b@example.org", "c@example.org"])
    [delivery] = server.deliveries
    assert delivery.sender == "a@example.org"
    assert delivery.recipients == ("b@example.org", "c@example.org")
    assert delivery.message["Subject"] == "Hello"
    assert delivery.message.get_content().strip() == "Grüße"


@pytest.mark.parametrize("reply", ["451 4.3.0 Try again", "554 5.7.1 Never"])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_refusal_at_any_step_is_heard_and_keeps_nothing(step: Step, reply: str) -> None:
    with mail_server() as server:
        server.misbehave(Fault(step, reply))
        with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)) as told:
            _send(server)
    assert reply[:3] in str(told.value)
    assert server.deliveries == []
    assert server.attempts[step] == 1


def test_a_fault_that_is_over_lets_the_next_message_through() -> None:
    with mail_server() as server:
        server.misbehave(Fault("data", "451 4.3.0 Try again", times=1))
        with pytest.raises(smtplib.SMTPDataError):
            _send(server)
        _send(server)
    assert len(server.deliveries) == 1


def test_one_recipient_can_be_refused_among_others() -> None:
    with mail_server() as server:
        server.misbehave(Fault("rcpt", "550 5.1.1 Unknown", recipient="c@example.org"))
        with smtplib.SMTP(server.host, server.port) as client:
            refused = client.send_message(_message(), to_addrs=["b@example.org", "c@example.org"])
    assert list(refused) == ["c@example.org"]
    assert server.deliveries[0].recipients == ("b@example.org",)


@pytest.mark.parametrize(("step", "kept"), [("data", 0), ("after data", 1)])
def test_a_connection_dropped_at_data_has_kept_the_message_or_not(step: Step, kept: int) -> None:
    with mail_server() as server:
        server.misbehave(Fault(step))
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            _send(server)
    assert len(server.deliveries) == kept


def test_a_slow_server_outlasts_an_impatient_client() -> None:
    with mail_server() as server:
        server.misbehave(Fault("mail", delay_seconds=30, slow_only=True))
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            _send(server, timeout=0.2)
    assert server.deliveries == []


def test_the_login_is_demanded_and_checked() -> None:
    with mail_server(user="kal", password="s:e/c") as server:
        parts = urlsplit(server.url)
        assert (parts.scheme, parts.username, parts.password) == ("smtp", "kal", "s%3Ae%2Fc")
        with pytest.raises(smtplib.SMTPException):
            _send(server)
        with smtplib.SMTP(server.host, server.port) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("kal", "wrong")
            client.login("kal", "s:e/c")
            client.send_message(_message())
    assert [delivery.user for delivery in server.deliveries] == ["kal"]


def test_starttls_is_demanded_and_its_certificate_can_be_trusted() -> None:
    with mail_server(tls="starttls") as server:
        with pytest.raises(smtplib.SMTPException):
            _send(server)
        with smtplib.SMTP(server.host, server.port) as client:
            client.starttls(context=ssl.create_default_context(cafile=server.authority))
            client.send_message(_message())
    assert [delivery.encrypted for delivery in server.deliveries] == [True]


def test_a_stranger_does_not_trust_the_certificate() -> None:
    with mail_server(tls="starttls") as server, smtplib.SMTP(server.host, server.port) as client:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()


def test_tls_from_the_first_byte() -> None:
    with mail_server(tls="implicit", user="kal", password="secret") as server:
        context = ssl.create_default_context(cafile=server.authority)
        assert server.url.startswith("smtps://kal:secret@127.0.0.1:")
        with smtplib.SMTP_SSL(server.host, server.port, context=context) as client:
            client.login("kal", "secret")
            client.send_message(_message())
    assert [delivery.encrypted for delivery in server.deliveries] == [True]
