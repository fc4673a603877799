"""One mail as bytes: headers that cannot be broken out of, and the parts mail programs expect.

The shape of a calendar mail follows RFC 6047 and common practice: ``multipart/mixed(
multipart/alternative(text/plain, text/html, text/calendar; method=...), application/ics)``, the
last two with the same bytes. Text and calendar parts are never base64.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Literal

Method = Literal["REQUEST", "CANCEL"]

LONGEST_SUBJECT = 60
LONGEST_NAME = 80
LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3, less its angle brackets

_LINE = 78  # RFC 5322 2.1.1
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# An atom of RFC 5322 3.2.3 beyond ASCII too: no quoted local parts, comments, routes or literals.
_LOCAL = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\\\]]{1,64}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Undeliverable(ValueError):
    """An address that no mail can be written to."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whom a mail is from or to: a name for people and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """The iTIP object a mail carries: its method and its text, lines ended by CRLF."""

    method: Method
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that is in a mail.

    ``message_id`` and ``thread_id`` are without angle brackets; mails of one ``thread_id`` stand
    together in a mailbox. ``written_at`` is the Date header: of the message, not of the try.
    ``language`` is the tag of the language it is written in (RFC 3282).
    """

    message_id: str
    thread_id: str
    written_at: datetime
    sender: Mailbox
    reply_to: Mailbox | None
    recipient: Mailbox
    subject: str
    text: str
    html: str
    calendar: CalendarPart | None = None
    language: str = "en"


def one_line(text: str, most: int) -> str:
    """``text`` as one visible line: no control, bidi or zero-width characters, cut at ``most``."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    seen = "".join(c for c in spaced if c == " " or unicodedata.category(c) not in _UNSEEN)
    return cut(" ".join(unicodedata.normalize("NFC", seen).split()), most)


def cut(text: str, most: int) -> str:
    """``text`` in at most ``most`` characters, with an ellipsis where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip(" ,.–-") + "…"


def checked_address(address: str) -> str:
    """``address`` with its domain in ASCII; raises ``Undeliverable``.

    The local part may hold letters of any script (RFC 6531); quoting, comments, routes, lists
    and every kind of line break are refused.
    """
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Undeliverable("the address has no domain that mail could go to") from error
    hidden = any(unicodedata.category(c) in _UNSEEN or c.isspace() for c in local)
    if not at or hidden or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise Undeliverable("the address is not one that mail could go to")
    checked = f"{local}@{ascii_domain}"
    if len(checked) > LONGEST_ADDRESS or ".." in checked:
        raise Undeliverable("the address is not one that mail could go to")
    return checked


def compose(letter: Letter) -> bytes:
    """The mail as it goes over the wire, every line ended by CRLF; raises ``Undeliverable``.

    Addresses are checked and names made one line, whatever they came as.
    """
    message = EmailMessage(SMTP)
    _add_text(message, letter.text, "plain")
    message.add_alternative("", subtype="html")
    html = message.get_payload(1)
    assert isinstance(html, EmailMessage)
    _add_text(html, letter.html, "html")
    if letter.calendar is not None:
        _add_calendar(message, letter.calendar)
    lines = [f"{name}: {value}\r\n" for name, value in _headers(letter)]
    return "".join(lines).encode() + message.as_bytes(policy=SMTP)


def _headers(letter: Letter) -> Iterator[tuple[str, str]]:
    """Names and values, folded. Written out here, because how the library folds and quotes
    addresses changed several times within the Python versions we run on.
    """
    yield "From", _header_address(letter.sender)
    yield "To", _header_address(letter.recipient)
    if letter.reply_to is not None:
        yield "Reply-To", _header_address(letter.reply_to)
    yield "Subject", _words(one_line(letter.subject, LONGEST_SUBJECT))
    yield "Date", format_datetime(letter.written_at)
    yield "Content-Language", letter.language
    yield "Message-ID", f"<{checked_id(letter.message_id)}>"
    if letter.thread_id != letter.message_id:
        yield "References", f"<{checked_id(letter.thread_id)}>"
    # RFC 3834: no out-of-office answers to what nobody typed.
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"


def checked_id(text: str) -> str:
    """An id of RFC 5322 3.6.4 without its brackets: ``left@right``, nothing that could end it."""
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,120}@[A-Za-z0-9.-]{1,120}", text):
        raise ValueError(f"not a message id: {text!r}")
    return text


def _header_address(box: Mailbox) -> str:
    address = f"<{checked_address(box.address)}>"
    # Quotes and backslashes in a display name are legal and still confuse mail programs.
    name = one_line(box.name.replace('"', "'").replace("\\", "/"), LONGEST_NAME)
    if not name:
        return address
    said = _words(name)
    if said == name and not _ATOMS.fullmatch(name):
        said = f'"{name}"'
    fits = len(said) + len(address) < _LINE - len("Reply-To: ")
    return f"{said} {address}" if fits else f"{said}\r\n {address}"


def _words(text: str) -> str:
    """``text`` as it stands when plain ASCII, else as encoded words of RFC 2047, folded.

    A word holds whole characters only (section 5 of it).
    """
    if text.isascii() and "=?" not in text:
        return text
    words, room = [""], 42  # octets that leave a word below 75 characters in base64
    for character in text:
        room -= len(character.encode())
        if room < 0:
            words.append("")
            room = 42 - len(character.encode())
        words[-1] += character
    coded = (b64encode(word.encode()).decode() for word in words)
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in coded)


def _encoding(text: str, policy: EmailPolicy) -> str:
    """How a text part travels: as it is when plain ASCII in short lines, else quoted-printable."""
    longest = max(map(len, text.splitlines()), default=0)
    fits = text.isascii() and longest <= (policy.max_line_length or 78)
    return "7bit" if fits else "quoted-printable"


def _add_text(part: EmailMessage, text: str, subtype: str) -> None:
    assert isinstance(part.policy, EmailPolicy)
    clean = text.replace("\x00", "")
    part.set_content(clean, subtype=subtype, charset="utf-8", cte=_encoding(clean, part.policy))


def _add_calendar(message: EmailMessage, calendar: CalendarPart) -> None:
    assert isinstance(message.policy, EmailPolicy)
    message.add_alternative(
        calendar.text,
        subtype="calendar",
        charset="utf-8",
        cte=_encoding(calendar.text, message.policy),
        params={"method": calendar.method},
    )
    message.add_attachment(
        calendar.text.encode(),
        maintype="application",
        subtype="ics",
        cte="quoted-printable",
        filename="invite.ics" if calendar.method == "REQUEST" else "cancel.ics",
    )
