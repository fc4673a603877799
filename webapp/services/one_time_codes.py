"""One-time codes from a phone (TOTP, RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes.

Codes are the second step after a password or an OpenID sign-in. A code works once: its 30-second
step is noted, and neither it nor an earlier one is taken again. The step before and the one after
the present are taken too, because clocks differ.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.domain.errors import Conflict, Invalid, NotFound
from webapp.domain.permissions import Permission
from webapp.models import OneTimeCode, RecoveryCode
from webapp.services import sessions
from webapp.services.steps import person, sealing, tickets
from webapp.services.unit_of_work import UnitOfWork, use_case

ISSUER = "Kalends"
STEP_SECONDS = 30
RECOVERY_CODES = 10
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 characters without those that look alike: five bits each."""
_PURPOSE = "one-time-code"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a phone has to be told: the secret in groups of four, and the same as an address."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether codes are asked for, and how many recovery codes are left."""

    on: bool
    recovery_left: int


@use_case(Permission.ACCOUNT)
def standing(uow: UnitOfWork, user_id: int) -> Standing:
    """How it stands with the person's codes."""
    found = uow.session.get(OneTimeCode, user_id)
    left = sa.select(sa.func.count()).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    on = found is not None and found.confirmed_at is not None
    return Standing(on, int(uow.session.execute(left).scalar_one()) if on else 0)


@use_case(Permission.ACCOUNT)
def start(uow: UnitOfWork, user_id: int) -> None:
    """Make a fresh secret to be confirmed; ``Conflict`` when codes are on already."""
    import pyotp

    person.living(uow, user_id)
    found = uow.session.get(OneTimeCode, user_id)
    if found is not None and found.confirmed_at is not None:
        raise Conflict("Codes are on already. Switch them off to set up another phone.")
    secret = sealing.seal(uow.keys, _PURPOSE, user_id, pyotp.random_base32().encode())
    if found is None:
        found = OneTimeCode(user_id=user_id, secret=secret, created_at=uow.now)
        uow.session.add(found)
    found.secret, found.created_at = secret, uow.now


@use_case(Permission.ACCOUNT)
def setup(uow: UnitOfWork, user_id: int) -> Setup:
    """The secret that waits to be confirmed; ``NotFound`` when none does."""
    import pyotp

    found = uow.session.get(OneTimeCode, user_id)
    secret = _secret(uow, found) if found and found.confirmed_at is None else None
    if secret is None:
        raise NotFound("No phone is being set up.")
    user = person.living(uow, user_id)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email or user.name, issuer_name=ISSUER)
    return Setup(" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)), uri)


@use_case(Permission.ACCOUNT)
def confirm(uow: UnitOfWork, user_id: int, code: str, *, session_id: int) -> list[str]:
    """Switch codes on by a right one; the recovery codes, never readable again.

    Every other session of the person ends. Raises ``Invalid(field="code")``, and ``Conflict``
    when codes are on already.
    """
    found = uow.session.get(OneTimeCode, user_id)
    if found is None or found.confirmed_at is not None:
        raise Conflict("Codes are on already, or nothing was set up.")
    step = _step_of(uow, found, code)
    if step is None:
        raise Invalid("That is not the present code. Wait for the next one.", field="code")
    found.last_step, found.confirmed_at = step, uow.now
    sessions.close_all(uow, user_id, but=session_id)
    person.note(uow, user_id, "codes.on")
    person.tell(uow, person.living(uow, user_id), "sign-in-changed", change="codes-on")
    return _fresh_recovery_codes(uow, user_id)


@use_case(Permission.ACCOUNT)
def switch_off(uow: UnitOfWork, user_id: int, *, session_id: int) -> None:
    """Ask for no codes any more; recovery codes go, and every other session of the person ends."""
    found = uow.session.get(OneTimeCode, user_id)
    if found is None:
        return
    uow.session.delete(found)
    _forget_recovery_codes(uow, user_id)
    if found.confirmed_at is None:
        return
    sessions.close_all(uow, user_id, but=session_id)
    person.note(uow, user_id, "codes.off")
    person.tell(uow, person.living(uow, user_id), "sign-in-changed", change="codes-off")


@use_case(Permission.ACCOUNT)
def new_recovery_codes(uow: UnitOfWork, user_id: int) -> list[str]:
    """Ten fresh recovery codes in place of the old ones; never readable again."""
    found = uow.session.get(OneTimeCode, user_id)
    if found is None or found.confirmed_at is None:
        raise Conflict("Switch codes on first.")
    person.note(uow, user_id, "recovery_codes.made")
    person.tell(uow, person.living(uow, user_id), "sign-in-changed", change="recovery-codes")
    return _fresh_recovery_codes(uow, user_id)


@use_case(Permission.ACCOUNT)
def use(uow: UnitOfWork, user_id: int, code: str) -> bool:
    """Whether ``code`` is a present code of the phone or an unused recovery code; it is used up.

    Of two who bring the same one at once, one is let in.
    """
    found = uow.session.get(OneTimeCode, user_id, populate_existing=True)
    if found is None or found.confirmed_at is None:
        return False
    step = _step_of(uow, found, code)
    if step is None:
        return _use_recovery_code(uow, user_id, code)
    taken = uow.session.execute(
        sa.update(OneTimeCode)
        .where(OneTimeCode.user_id == user_id, OneTimeCode.last_step < step)
        .values(last_step=step)
        .returning(OneTimeCode.user_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return taken is not None


def _secret(uow: UnitOfWork, found: OneTimeCode) -> str | None:
    plain = sealing.unseal(uow.keys, _PURPOSE, found.user_id, found.secret)
    return plain.decode() if plain is not None else None


def _step_of(uow: UnitOfWork, found: OneTimeCode, code: str) -> int | None:
    """Which 30-second step the code is of, among those that may still be used."""
    import pyotp

    typed, secret = "".join(code.split()), _secret(uow, found)
    if secret is None or len(typed) != 6 or not typed.isascii() or not typed.isdigit():
        return None
    generator, present = pyotp.TOTP(secret), int(uow.now.timestamp()) // STEP_SECONDS
    right = None
    for step in (present - 1, present, present + 1):
        expected = generator.generate_otp(step)
        if hmac.compare_digest(expected, typed) and step > found.last_step:
            right = step
    return right


def _fresh_recovery_codes(uow: UnitOfWork, user_id: int) -> list[str]:
    _forget_recovery_codes(uow, user_id)
    codes = ["-".join(_random_group() for _ in range(4)) for _ in range(RECOVERY_CODES)]
    uow.session.add_all(
        RecoveryCode(user_id=user_id, code_hash=tickets.hash_of(_plain(code))) for code in codes
    )
    return codes


def _random_group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def _forget_recovery_codes(uow: UnitOfWork, user_id: int) -> None:
    uow.session.execute(
        sa.delete(RecoveryCode)
        .where(RecoveryCode.user_id == user_id)
        .execution_options(synchronize_session=False)
    )


def _use_recovery_code(uow: UnitOfWork, user_id: int, code: str) -> bool:
    plain = _plain(code)
    if len(plain) != 16:
        return False
    used = uow.session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == tickets.hash_of(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=uow.now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used is None:
        return False
    person.note(uow, user_id, "recovery_code.used")
    person.tell(uow, person.living(uow, user_id), "sign-in-changed", change="recovery-code-used")
    return True


def _plain(code: str) -> str:
    return "".join(code.replace("-", " ").lower().split())
