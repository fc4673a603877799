"""Manage links: derived from the booking and a key, never stored, revoked by a version."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from webapp.models import Booking
from webapp.settings import Keys

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MAC_LENGTH = 27  # base62 characters: 160 bits


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def new_public_id() -> str:
    """A random address of 128 bits, 22 base62 characters."""
    return _base62(secrets.randbits(128), 22)


def _mac(key: bytes, purpose: str, booking: Booking) -> str:
    said = f"{purpose}|{booking.uuid}|{booking.token_version}".encode()
    digest = hmac.new(key, said, hashlib.sha256).digest()
    return _base62(int.from_bytes(digest, "big") % 62**_MAC_LENGTH, _MAC_LENGTH)


def manage_token(keys: Keys, booking: Booking) -> str:
    """What the invitee's link ends in: ``<public id>.<mac>``."""
    return f"{booking.public_id}.{_mac(keys.link[0], 'manage', booking)}"


def public_id_of(token: str) -> str | None:
    """The booking a manage token speaks of, unproven; None when it is no token at all."""
    public_id, dot, mac = token.partition(".")
    if not dot or len(mac) != _MAC_LENGTH or not token.isascii() or len(public_id) > 27:
        return None
    return public_id


def proves(keys: Keys, token: str, booking: Booking) -> bool:
    """Whether ``token`` was made for this booking by any key of the ring (constant time)."""
    mac = token.partition(".")[2]
    good = False
    for key in keys.link:
        good |= hmac.compare_digest(mac.encode(), _mac(key, "manage", booking).encode())
    return good
