"""Passkeys (WebAuthn Level 2): a key on the person's own device that signs a challenge.

A passkey is found by the device itself and unlocked by the person (user verification), so it
counts as both steps of signing in. A challenge is good once: it is taken in a unit of its own,
before the answer to it is looked at.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound, Unauthenticated
from webapp.domain.permissions import Permission
from webapp.models import Passkey, TicketKind, User
from webapp.services import sessions
from webapp.services.sessions import Proven
from webapp.services.steps import person, tickets, ways_in
from webapp.services.steps.contact import clean_line
from webapp.services.unit_of_work import UnitOfWork, use_case
from webapp.settings import Settings

LASTS = timedelta(minutes=5)
MOST = 20
LONGEST_ANSWER = 20_000
"""Characters of a device's answer; real ones have some 2,000."""
_NOT_SIGNED_IN = "This passkey is not known here, or was not unlocked."


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a device is asked. ``token`` is kept by the browser, ``options`` are its JSON."""

    token: str
    options: str


@dataclass(frozen=True, slots=True)
class Card:
    """One passkey as its owner sees it; times are UTC."""

    uuid: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


def possible(settings: Settings) -> bool:
    """Whether browsers do passkeys at our address: a name over https, or ``localhost``."""
    host = urlsplit(settings.base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return settings.is_https and "." in host
    return False


@use_case(Permission.ACCOUNT)
def cards(uow: UnitOfWork, user_id: int) -> list[Card]:
    """The person's passkeys, the oldest first."""
    rows = uow.session.execute(
        sa.select(Passkey.uuid, Passkey.name, Passkey.created_at, Passkey.used_at)
        .where(Passkey.user_id == user_id)
        .order_by(Passkey.id)
    )
    return [Card(*row) for row in rows]


@use_case(Permission.ACCOUNT)
def ask_for_new(uow: UnitOfWork, user_id: int, *, session_id: int) -> Challenge:
    """What a device is asked to make a passkey; good for this session and five minutes."""
    import webauthn
    from webauthn.helpers import structs

    user = person.living(uow, user_id)
    known = uow.session.scalars(
        sa.select(Passkey.credential_id).where(Passkey.user_id == user_id)
    ).all()
    if len(known) >= MOST:
        raise Conflict(f"You have {MOST} passkeys. Remove one that you do not use any more.")
    challenge = secrets.token_bytes(32)
    options = webauthn.generate_registration_options(
        rp_id=_name_of(uow.settings),
        rp_name="Kalends",
        user_id=user.uuid.bytes,
        user_name=user.email or user.name,
        user_display_name=user.name,
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    token = tickets.hand_out(
        uow,
        TicketKind.PASSKEY_NEW,
        LASTS,
        user_id=user_id,
        session_id=session_id,
        challenge=challenge.hex(),
    )
    return Challenge(token, webauthn.options_to_json(options))


@use_case(Permission.ACCOUNT)
def ask_for_one(uow: UnitOfWork) -> Challenge:
    """What any device may answer to show whose it is; good for five minutes.

    The token goes into a cookie, so that the answer comes from the browser that was asked.
    """
    import webauthn
    from webauthn.helpers import structs

    challenge = secrets.token_bytes(32)
    options = webauthn.generate_authentication_options(
        rp_id=_name_of(uow.settings),
        challenge=challenge,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    token = tickets.hand_out(uow, TicketKind.PASSKEY_USE, LASTS, challenge=challenge.hex())
    return Challenge(token, webauthn.options_to_json(options))


@use_case(Permission.ACCOUNT)
def take_challenge(uow: UnitOfWork, token: str, *, session_id: int | None = None) -> bytes:
    """The challenge behind ``token``, used up by this; ``session_id`` for that of a new passkey.

    Raises ``Invalid`` when it was used, is too old, or belongs to another session.
    """
    kind = TicketKind.PASSKEY_USE if session_id is None else TicketKind.PASSKEY_NEW
    found = tickets.take(uow, kind, token)
    if found is None or found.session_id != session_id:
        raise Invalid("That took too long. Please try again.")
    return bytes.fromhex(found.payload["challenge"])


@use_case(Permission.ACCOUNT)
def add(
    uow: UnitOfWork, user_id: int, challenge: bytes, answer: str, *, name: str, session_id: int
) -> UUID:
    """Keep the passkey that a device made in answer to ``challenge``.

    ``answer`` is the JSON of the browser's ``PublicKeyCredential``. Raises ``Invalid`` when it
    does not answer the challenge, ``Conflict`` when it is known already.
    """
    user = person.living(uow, user_id)
    label = clean_line(name, field="name", what="a name for this passkey", most=60)
    made = _verified_new(uow.settings, challenge, answer)
    if uow.session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise Conflict("This passkey is known already.")
    found = Passkey(
        uuid=uuid4(),
        user_id=user_id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=label,
        created_at=uow.now,
    )
    uow.session.add(found)
    sessions.close_all(uow, user_id, but=session_id)
    person.note(uow, user_id, "passkey.added", name=label)
    person.tell(uow, user, "sign-in-changed", change="passkey-added")
    return found.uuid


@use_case(Permission.ACCOUNT)
def remove(uow: UnitOfWork, user_id: int, uuid: UUID) -> None:
    """Take a passkey of the person away; ``Conflict`` when it is the only way in."""
    user = ways_in.lock(uow, user_id)
    found = uow.session.scalar(
        sa.select(Passkey).where(Passkey.uuid == uuid, Passkey.user_id == user_id)
    )
    if found is None:
        raise NotFound("There is no such passkey.")
    ways_in.one_stays(uow, user_id)
    uow.session.delete(found)
    person.note(uow, user_id, "passkey.removed", name=found.name)
    person.tell(uow, user, "sign-in-changed", change="passkey-removed")


@use_case(Permission.ACCOUNT)
def prove(uow: UnitOfWork, challenge: bytes, answer: str, *, user_id: int | None = None) -> Proven:
    """Whose passkey answered ``challenge`` (``user_id``: it has to be theirs).

    Raises ``Unauthenticated`` for an unknown passkey, a wrong answer, and a device whose count of
    signatures went back: a copy of it may be about.
    """
    found = _credential(uow, answer, user_id)
    made = _verified_use(uow.settings, challenge, answer, found) if found else None
    if found is None or made is None:
        raise Unauthenticated(_NOT_SIGNED_IN)
    counted = uow.session.execute(
        sa.update(Passkey)
        .where(Passkey.id == found.id, Passkey.sign_count == found.sign_count)
        .values(sign_count=made.new_sign_count, used_at=uow.now)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if counted is None:
        raise Unauthenticated(_NOT_SIGNED_IN)
    return Proven(found.user_id, None, None, both=True)


def _name_of(settings: Settings) -> str:
    """The relying party's id: the host of our address. Raises ``Conflict`` where it is none."""
    if not possible(settings):
        raise Conflict("Passkeys need an address with a name, over https.")
    return urlsplit(settings.base_url).hostname or ""


def _verified_new(settings: Settings, challenge: bytes, answer: str) -> Any:
    import webauthn
    from webauthn.helpers import exceptions

    try:
        return webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge,
            expected_rp_id=_name_of(settings),
            expected_origin=settings.base_url,
            require_user_verification=True,
        )
    except (exceptions.WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Invalid("The device's answer does not fit. Please try again.") from error


def _verified_use(settings: Settings, challenge: bytes, answer: str, found: Passkey) -> Any:
    import webauthn
    from webauthn.helpers import exceptions

    try:
        return webauthn.verify_authentication_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge,
            expected_rp_id=_name_of(settings),
            expected_origin=settings.base_url,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except (exceptions.WebAuthnException, ValueError, KeyError, TypeError):
        return None


def _credential(uow: UnitOfWork, answer: str, user_id: int | None) -> Passkey | None:
    """The passkey that the answer names, with the person whom the device names (a user handle)."""
    from webauthn.helpers import exceptions, parse_authentication_credential_json

    try:
        said = parse_authentication_credential_json(answer[:LONGEST_ANSWER])
    except (exceptions.WebAuthnException, ValueError, KeyError, TypeError):
        return None
    row = uow.session.execute(
        sa.select(Passkey, User.uuid)
        .join(User, User.id == Passkey.user_id)
        .where(Passkey.credential_id == said.raw_id, User.deactivated_at.is_(None))
    ).one_or_none()
    if row is None or (user_id is not None and row[0].user_id != user_id):
        return None
    handle = said.response.user_handle
    if handle is not None and handle != row[1].bytes:
        return None
    found: Passkey = row[0]
    return found
