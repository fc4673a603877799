"""Hashing and checking passwords: argon2id, two at once per process, never inside a unit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.domain.errors import TooMany

# OWASP ASVS 5.0 appendix C: t=1, 46 MiB, p=1. Two at once take at most 92 MiB and both cores.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)
LONGEST_WAIT_SECONDS = 2.0


@contextmanager
def _place() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=LONGEST_WAIT_SECONDS):
        raise TooMany(
            "Many people are signing in at this moment. Please try again.", retry_after_seconds=2
        )
    try:
        yield
    finally:
        _AT_ONCE.release()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """What an unknown person's password is compared with, so that it takes as long."""
    return _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Some 100 ms; raises ``TooMany`` after 2 s of waiting."""
    with _place():
        return _HASHER.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one; with no hash the same work is done for nothing.

    Some 100 ms; raises ``TooMany`` after 2 s of waiting for a place.
    """
    known = _nobody()
    with _place():
        try:
            _HASHER.verify(password_hash or known, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _HASHER.check_needs_rehash(password_hash)
