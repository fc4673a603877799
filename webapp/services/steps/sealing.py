"""Secrets that have to be read again, kept so that the database alone does not give them away.

AES-256-GCM (NIST SP 800-38D) under a key derived from the installation's own, which lies beside
the database in a file of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from webapp.settings import Keys

_NONCE = 12


def seal(keys: Keys, purpose: str, owner: int, plain: bytes) -> bytes:
    """``plain`` as bytes that only ``unseal`` with the same purpose and owner reads."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(keys, purpose)).encrypt(nonce, plain, _bound(purpose, owner))


def unseal(keys: Keys, purpose: str, owner: int, sealed: bytes) -> bytes | None:
    """What was sealed; None when it was sealed with another key, for another row, or is broken."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        opened = AESGCM(_key(keys, purpose)).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], _bound(purpose, owner)
        )
    except (InvalidTag, ValueError):
        return None
    return bytes(opened)


def _key(keys: Keys, purpose: str) -> bytes:
    return hmac.new(keys.app, f"seal|{purpose}".encode(), hashlib.sha256).digest()


def _bound(purpose: str, owner: int) -> bytes:
    return f"{purpose}:{owner}".encode()
