"""A real mail server on loopback that keeps what it gets and misbehaves when told to."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.rig.certificate import write_certificate

Step = Literal["mail", "rcpt", "data", "after data"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong, at which step of a delivery, how often.

    At "data" the message is refused or lost; at "after data" it is kept and only the answer goes
    wrong, as when a connection breaks before the sender hears that all went well.
    """

    step: Step
    reply: str | None = None  # such as "451 4.3.0 Try again"; None: the connection is dropped
    times: int | None = None  # None: for ever
    recipient: str | None = None  # only at "rcpt", only for this address
    delay_seconds: float = 0.0  # wait before answering; with `slow_only`, then answer well
    slow_only: bool = False


@dataclass(frozen=True)
class Delivery:
    """One message as it came, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The parsed message."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """A running server: where it listens, what it took, and what it does wrong."""

    host: str
    user: str | None = None
    password: str | None = None
    authority: Path | None = None  # the certificate to trust, when it speaks TLS
    implicit_tls: bool = False
    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    attempts: dict[Step, int] = field(default_factory=dict)  # commands seen, refused ones too
    _faults: list[Fault] = field(default_factory=list)
    _used: dict[int, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The value of a mail setting that leads here: ``smtp://user:password@host:port``."""
        scheme = "smtps" if self.implicit_tls else "smtp"
        words = [quote(word or "", safe="") for word in (self.user, self.password)]
        login = ":".join(words) + "@" if self.user else ""
        return f"{scheme}://{login}{self.host}:{self.port}"

    def misbehave(self, *faults: Fault) -> None:
        """Do these things wrong from now on, in place of what was wrong before; none: be good."""
        self._faults, self._used = list(faults), {}

    def _fault_at(self, step: Step, recipient: str | None = None) -> Fault | None:
        """Answer the first fault that applies, and count its use."""
        for number, fault in enumerate(self._faults):
            used = self._used.get(number, 0)
            fits = fault.step == step and fault.recipient in (None, recipient)
            if fits and (fault.times is None or used < fault.times):
                self._used[number] = used + 1
                return fault
        return None


@contextmanager
def mail_server(
    *,
    user: str | None = None,
    password: str | None = None,
    tls: Literal["no", "starttls", "implicit"] = "no",
) -> Iterator[MailServer]:
    """Run a mail server on a free port for as long as the block lasts.

    With `user`, nothing is taken before that login; with "starttls", nothing before STARTTLS.
    """
    with ExitStack() as stack:
        server = MailServer("127.0.0.1", user, password, implicit_tls=tls == "implicit")
        context = None
        if tls != "no":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kal-mail-")))
            server.authority, key = write_certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(server.authority, key)
        controller = _Controller(server, context if tls == "implicit" else None, context)
        controller.start()
        stack.callback(controller.stop, no_assert=True)
        yield server


class _Controller(Controller):
    """aiosmtpd's server in a thread, on whatever port is free."""

    def __init__(
        self,
        server: MailServer,
        implicit: ssl.SSLContext | None,
        context: ssl.SSLContext | None,
    ) -> None:
        self._server = server
        login = server.user is not None
        super().__init__(
            _Handler(server),
            hostname=server.host,
            port=0,
            ssl_context=implicit,
            tls_context=None if implicit else context,
            require_starttls=context is not None and implicit is None,
            auth_require_tls=False,
            authenticator=self._authenticate if login else None,
        )

    def _trigger_server(self) -> None:
        """Note the port that the system chose, before aiosmtpd makes its first connection."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self._server.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has no types here

    def factory(self) -> SMTP:
        """Demand the login even without TLS, against which aiosmtpd's own setting warns."""
        smtp = SMTP(self.handler, **self.SMTP_kwargs)
        smtp._auth_required = self._server.user is not None
        return smtp

    def _authenticate(self, *details: Any) -> AuthResult:
        """Accept the one login there is; aiosmtpd passes the credentials last."""
        given = details[-1]
        good = isinstance(given, LoginPassword) and (given.login, given.password) == (
            (self._server.user or "").encode(),
            (self._server.password or "").encode(),
        )
        name = given.login.decode() if good else None
        return AuthResult(success=good, handled=False, auth_data=name)


class _Handler:
    """What aiosmtpd calls at each step of a delivery."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802 - aiosmtpd names it
        self, smtp: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        wrong = await self._wrong(smtp, "mail")
        if wrong is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return wrong or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names it
        self, smtp: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        wrong = await self._wrong(smtp, "rcpt", address)
        if wrong is None:
            envelope.rcpt_tos.append(address)
        return wrong or "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd names it
        self, smtp: SMTP, session: Any, envelope: Any
    ) -> str:
        if wrong := await self._wrong(smtp, "data"):
            return wrong
        self._server.deliveries.append(
            Delivery(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content,
                encrypted=session.ssl is not None or self._server.implicit_tls,
                user=session.auth_data,
            )
        )
        return await self._wrong(smtp, "after data") or "250 OK, kept"

    async def _wrong(self, smtp: SMTP, step: Step, recipient: str | None = None) -> str | None:
        """Do what is wrong at this step; answer the reply to give, None if all is well."""
        self._server.attempts[step] = self._server.attempts.get(step, 0) + 1
        fault = self._server._fault_at(step, recipient)
        if fault is None:
            return None
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.slow_only:
            return None
        if fault.reply is None:
            assert isinstance(smtp.transport, asyncio.Transport)
            smtp.transport.abort()
            return "421 4.3.2 Gone"
        return fault.reply
