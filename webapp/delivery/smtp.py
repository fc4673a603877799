"""Handing a mail to an SMTP server (RFC 5321), and telling honestly what came of it."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from webapp.delivery.courier import Delivery, Parcel

TIMEOUT_SECONDS = 20.0
"""How long one answer may take."""
BUDGET_SECONDS = 50.0
"""How long a whole delivery may take: less than a job's lease."""

# Replies that speak of our account or set-up, not of this mail: it may go out once that is mended.
_ABOUT_US = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out. ``implicit_tls`` is ``smtps://``; ``user`` "" sends without a login."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read ``smtp://user:password@host:port``; ports default to 25, 587 (login) and 465.

        Raises ``ValueError`` when there is no host or the port is none.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("a mail server looks like smtp://user:password@mail.example.org:587")
        implicit = parts.scheme == "smtps"
        usual = 465 if implicit else 587 if parts.username else 25
        return cls(
            host=parts.hostname,
            port=parts.port or usual,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            implicit_tls=implicit,
        )


class _Stop(Exception):
    """The delivery ended early."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery


class SmtpCourier:
    """One connection a mail. TLS is used when offered, and required before a login is told.

    ``tls`` is how certificates are checked wherever TLS is required; by default the machine's
    authorities (``SSL_CERT_FILE`` adds one's own).
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        own_name: str,
        tls: ssl.SSLContext | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        budget_seconds: float = BUDGET_SECONDS,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._own_name = own_name
        self._tls = tls
        self._timeout = timeout_seconds
        self._budget = budget_seconds
        self._stopwatch = stopwatch

    def deliver(self, parcel: Parcel) -> Delivery:
        """Try once; what the server does wrong is an outcome, never an exception."""
        deadline = self._stopwatch() + self._budget
        connection: smtplib.SMTP | None = None
        try:
            connection = self._connect()
            session = _Session(connection, deadline, self._timeout, self._stopwatch)
            self._prepare(connection, session)
            return session.send(parcel)
        except _Stop as stop:
            return stop.delivery
        except smtplib.SMTPResponseException as error:
            return Delivery("retry", _said(error.smtp_code, error.smtp_error))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Delivery("retry", f"No connection to the mail server: {_cause(error)}")
        finally:
            if connection is not None:
                connection.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.implicit_tls:
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=self._own_name,
                timeout=self._timeout,
                context=self._checking(),
            )
        return smtplib.SMTP(
            server.host, server.port, local_hostname=self._own_name, timeout=self._timeout
        )

    def _prepare(self, connection: smtplib.SMTP, session: _Session) -> None:
        """EHLO, TLS and login; raises ``_Stop`` when a login would go in the clear."""
        session.hurry()
        connection.ehlo_or_helo_if_needed()
        needs_login = bool(self._server.user)
        if not self._server.implicit_tls:
            if connection.has_extn("starttls"):
                session.hurry()
                connection.starttls(context=self._checking() if needs_login else _unchecked())
                session.hurry()
                connection.ehlo()
            elif needs_login:
                raise _Stop(
                    Delivery("retry", "The mail server offers no TLS, so no login was sent to it")
                )
        if needs_login:
            session.hurry()
            self._log_in(connection)

    def _log_in(self, connection: smtplib.SMTP) -> None:
        user, password = self._server.user, self._server.password
        if user.isascii() and password.isascii():
            connection.login(user, password)
            return
        # The library encodes logins as ASCII; RFC 4616 says UTF-8.
        secret = b64encode(f"\0{user}\0{password}".encode()).decode()
        code, text = connection.docmd("AUTH", f"PLAIN {secret}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)

    def _checking(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()


class _Session:
    """The commands for one mail, each within what is left of the time."""

    def __init__(
        self,
        connection: smtplib.SMTP,
        deadline: float,
        timeout: float,
        stopwatch: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._timeout = timeout
        self._stopwatch = stopwatch

    def hurry(self) -> None:
        """Give the next answer what is left of the time; raises ``_Stop`` when that is nothing."""
        left = self._deadline - self._stopwatch()
        if left <= 0:
            raise _Stop(Delivery("retry", "The mail server took too long"))
        if isinstance(self._connection.sock, socket.socket):
            self._connection.sock.settimeout(min(self._timeout, left))

    def send(self, parcel: Parcel) -> Delivery:
        """MAIL, RCPT, DATA and the content."""
        options = ["SMTPUTF8", "BODY=8BITMIME"] if not _is_ascii(parcel) else []
        if options and not self._connection.has_extn("smtputf8"):
            return Delivery("refused", "The mail server takes no addresses beyond plain letters")
        self._command(f"MAIL FROM:<{parcel.sender}>", options, (250,))
        self._command(f"RCPT TO:<{parcel.recipient}>", [], (250, 251, 252))
        self._command("DATA", [], (354,))
        try:
            self._connection.send(_dotted(parcel.content))
            self.hurry()
            code, text = self._connection.getreply()
        except (_Stop, OSError, smtplib.SMTPException) as error:
            cause = "it took too long" if isinstance(error, _Stop) else _cause(error)
            return Delivery(
                "unknown", f"The connection broke after the mail had been passed on: {cause}"
            )
        if code == -1:
            return Delivery("unknown", "The mail server answered nothing that makes sense")
        if code // 100 == 2:
            with suppress(OSError, smtplib.SMTPException, _Stop):
                self.hurry()
                self._connection.quit()
            return Delivery("sent", _said(code, text))
        return _refusal(code, text)

    def _command(self, line: str, options: list[str], good: tuple[int, ...]) -> None:
        """Say ``line`` and go on only with a good answer; raises ``_Stop``."""
        if re.search(r"[\r\n\x00]", line):
            raise _Stop(Delivery("refused", "The address has characters that no address has"))
        self.hurry()
        utf8 = bool(options) or not line.isascii()
        self._connection.command_encoding = "utf-8" if utf8 else "ascii"
        code, text = self._connection.docmd(" ".join([line, *options]))
        if code not in good:
            raise _Stop(_refusal(code, text))


def _refusal(code: int, text: bytes) -> Delivery:
    final = code // 100 == 5 and code not in _ABOUT_US
    return Delivery("refused" if final else "retry", _said(code, text))


def _dotted(content: bytes) -> bytes:
    """The content with every line ended by CRLF, leading dots doubled, and the closing dot.

    A lone CR or LF would let two servers disagree about where the mail ends.
    """
    lines = re.split(rb"\r\n|\r|\n", content.removesuffix(b"\r\n"))
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + (
        b".\r\n"
    )


def _is_ascii(parcel: Parcel) -> bool:
    return parcel.sender.isascii() and parcel.recipient.isascii()


def _unchecked() -> ssl.SSLContext:
    """Without a login to protect, TLS with an unknown certificate is still better than none."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"The mail server said: {code} {' '.join(words.split())}"[:500]


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
