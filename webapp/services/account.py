"""A person's own account: name, zone, language, mail address, password, and proving it is them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from webapp.domain import zones
from webapp.domain.errors import Conflict, Gone, Invalid, Unauthenticated
from webapp.domain.language import LANGUAGES
from webapp.domain.passwords import check_password
from webapp.domain.permissions import Permission
from webapp.models import Account, AccountKind, SignInTicket, TicketKind, User
from webapp.services import sessions
from webapp.services.sessions import Credentials, Proven
from webapp.services.steps import hosts, person, tickets, ways_in
from webapp.services.steps.contact import clean_email, clean_line, email_key
from webapp.services.steps.ways_in import Ways
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

NOTATIONS = ("24", "12")
ADDRESS_LINK_LASTS = timedelta(hours=24)
_PENDING = (TicketKind.RESET, TicketKind.SECOND_STEP)
_EVERYWHERE = "people belong to no organization; the statement names the person"
_USED = "This link was used already or is too old. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person has said about themselves.

    ``zone`` is an IANA name, ``time_notation`` "24" or "12"; ``new_email`` is an address that
    waits to be confirmed, None as a rule.
    """

    name: str
    email: str
    zone: str
    locale: str
    time_notation: str
    new_email: str | None


@use_case(Permission.ACCOUNT)
def profile(uow: UnitOfWork, user_id: int) -> Profile:
    """What the account page shows; ``NotFound`` when the account was closed."""
    user = person.living(uow, user_id)
    waiting = uow.session.scalar(_address_tickets(uow, user_id).limit(1))
    return Profile(
        user.name,
        user.email or "",
        user.zone,
        user.locale,
        user.time_notation,
        waiting.payload["email"] if waiting else None,
    )


@use_case(Permission.ACCOUNT)
def ways(uow: UnitOfWork, user_id: int) -> Ways:
    """What the person can sign in with."""
    return ways_in.ways_of(uow, user_id)


@use_case(Permission.ACCOUNT)
def change_profile(
    uow: UnitOfWork, user_id: int, *, name: str, zone: str, locale: str, time_notation: str
) -> None:
    """Set name, zone, language and clock; raises ``Invalid`` for what makes no sense."""
    user = person.living(uow, user_id)
    if locale not in LANGUAGES:
        raise Invalid("Choose one of the languages.", field="locale")
    if time_notation not in NOTATIONS:
        raise Invalid("Choose 24 hours or 12 hours.", field="time_notation")
    wanted = {
        "name": clean_line(name, field="name", what="your name", most=120),
        "zone": zones.zone(zone).key,
        "locale": locale,
        "time_notation": time_notation,
    }
    changed = {key: value for key, value in wanted.items() if getattr(user, key) != value}
    if not changed:
        return
    for key, value in changed.items():
        setattr(user, key, value)
    if changed.keys() & {"name", "zone"}:
        hosts.lock(uow, (user_id,))  # one stands on public pages, the other in kept answers
    person.note(uow, user_id, "account.changed", **changed)


# ------------------------------------------------------------------------- proving it is them


@use_case(Permission.ACCOUNT)
def own_credentials(uow: UnitOfWork, user_id: int) -> Credentials:
    """What the signed-in person's password is checked against (``prove_password``)."""
    user = person.living(uow, user_id)
    return Credentials(user.email or "", user.id, user.password_hash)


def prove_password(who: Credentials, password: str, *, field: str = "password") -> Proven:
    """Check a signed-in person's password: some 100 ms, outside any unit of work.

    Raises ``Invalid`` when it is wrong.
    """
    try:
        return sessions.prove(who, password)
    except Unauthenticated as refusal:
        raise Invalid("That is not your password.", field=field) from refusal


@use_case(Permission.ACCOUNT)
def prove_again(uow: UnitOfWork, session_id: int, proven: Proven) -> str:
    """Note that the session's person has proved who they are just now; the session's new token.

    For ``PROVEN_FOR`` from now on ``sessions.proven_recently`` says so. Raises
    ``Unauthenticated`` when the proof no longer holds, or one proof is not enough.
    """
    user = sessions.still_proven(uow, proven)
    if not proven.both and ways_in.ways_of(uow, user.id).codes:
        raise sessions.SecondStepNeeded("Enter a code from your phone.")
    return sessions.renew(uow, session_id)


# ---------------------------------------------------------------------------------- password


@use_case(Permission.ACCOUNT)
def known_words(uow: UnitOfWork, user_id: int) -> tuple[str, ...]:
    """What a good password is not made of: name and address of the person."""
    user = person.living(uow, user_id)
    return (user.name, user.email or "")


def check_new_password(password: str, repeated: str, known: tuple[str, ...]) -> None:
    """Raise ``Invalid(field="password" or "repeated")`` unless it may be the new password."""
    check_password(password, known=known)
    if password != repeated:
        raise Invalid("The two do not match.", field="repeated")


@use_case(Permission.ACCOUNT)
def set_password(
    uow: UnitOfWork, user_id: int, new_hash: str, *, session_id: int | None = None
) -> str | None:
    """Give the account this password and end every other session of the person.

    ``new_hash`` comes from ``passwords.hash_password``, called before the unit. With
    ``session_id`` that session stays and gets a new token, which is returned.
    """
    user = person.living(uow, user_id)
    first = user.password_hash is None
    user.password_hash = new_hash
    sessions.close_all(uow, user_id, but=session_id)
    tickets.withdraw(uow, user_id, *_PENDING)
    person.note(uow, user_id, "password.set" if first else "password.changed")
    person.tell(uow, user, "sign-in-changed", change="password")
    return sessions.renew(uow, session_id) if session_id is not None else None


@use_case(Permission.ACCOUNT)
def remove_password(uow: UnitOfWork, user_id: int) -> None:
    """Leave the account without a password; ``Conflict`` when there is no other way in."""
    user = ways_in.lock(uow, user_id)
    if user.password_hash is None:
        return
    ways_in.one_stays(uow, user_id)
    user.password_hash = None
    tickets.withdraw(uow, user_id, *_PENDING)
    person.note(uow, user_id, "password.removed")
    person.tell(uow, user, "sign-in-changed", change="password-removed")


# ------------------------------------------------------------------------------ mail address


@use_case(Permission.ACCOUNT)
def ask_for_address(uow: UnitOfWork, user_id: int, email: str) -> None:
    """Send a link to the new address and a notice to the old one; nothing changes yet.

    Whether somebody else has the address is not told here, but to whoever follows the link.
    """
    user = person.living(uow, user_id)
    address = clean_email(email)
    if email_key(address) == user.email:
        raise Invalid("This is your address already.", field="email")
    tickets.withdraw(uow, user_id, TicketKind.ADDRESS)
    token = tickets.hand_out(
        uow, TicketKind.ADDRESS, ADDRESS_LINK_LASTS, user_id=user_id, email=address
    )
    url = f"{uow.settings.base_url}/auth/verify/{token}"
    person.note(uow, user_id, "address.asked")
    person.tell(uow, user, "address-confirm", address=address, console_url=url, email=address)
    person.tell(uow, user, "sign-in-changed", change="address-asked", email=address)


@use_case(Permission.ACCOUNT)
def forget_address(uow: UnitOfWork, user_id: int) -> None:
    """Take back the wish for another address."""
    tickets.withdraw(uow, user_id, TicketKind.ADDRESS)


@use_case(Permission.ACCOUNT)
def asked_address(uow: UnitOfWork, token: str) -> str:
    """The address that the link would confirm; raises ``Gone``."""
    found = tickets.find(uow, TicketKind.ADDRESS, token)
    if found is None:
        raise Gone(_USED)
    return str(found.payload["email"])


@use_case(Permission.ACCOUNT)
def confirm_address(uow: UnitOfWork, token: str) -> None:
    """Make the address the person's own; whoever follows the link has shown that it is.

    Raises ``Gone`` for a link that is used or too old, ``Conflict`` when somebody has the address.
    """
    found = tickets.take(uow, TicketKind.ADDRESS, token)
    if found is None or found.user_id is None:
        raise Gone(_USED)
    user = person.living(uow, found.user_id)
    address = email_key(found.payload["email"])
    taken = uow.session.scalar(sa.select(User.id).where(User.email == address))
    if taken is not None:
        raise Conflict("This address belongs to another account, so nothing was changed.")
    old, user.email = user.email, address
    uow.session.execute(
        below_the_guard(
            sa.update(Account)
            .where(Account.host_id == user.id, Account.kind == AccountKind.LOCAL)
            .values(email=address)
            .execution_options(synchronize_session=False),
            _EVERYWHERE,
        )
    )
    hosts.lock(uow, (user.id,))
    tickets.withdraw(uow, user.id, *_PENDING)
    person.note(uow, user.id, "address.changed")
    person.tell(uow, user, "sign-in-changed", address=old, change="address", email=address)


def _address_tickets(uow: UnitOfWork, user_id: int) -> sa.Select[SignInTicket]:
    return (
        sa.select(SignInTicket)
        .where(
            SignInTicket.user_id == user_id,
            SignInTicket.kind == TicketKind.ADDRESS,
            SignInTicket.used_at.is_(None),
            SignInTicket.expires_at > uow.now,
        )
        .order_by(SignInTicket.id.desc())
    )
