"""Browsers that somebody has signed in with before: they have tries of their own.

Whoever guesses at an account from elsewhere, or from the same network, uses up the tries of
strangers; the owner's own browser is not slowed down by it. The mark is a cookie that only the
installation could have made, and it opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from webapp.services.steps.contact import email_key
from webapp.settings import Keys

LASTS = timedelta(days=180)
_LONGEST = 120


def mark_for(keys: Keys, email: str, now: datetime) -> str:
    """A mark for the browser in which ``email`` has just signed in."""
    body = f"{secrets.token_urlsafe(16)}.{int(now.timestamp()) // 86400}"
    return f"{body}.{_seal(keys, email, body)}"


def known(keys: Keys, mark: str, email: str, now: datetime) -> str | None:
    """What names this browser in the counts when it has signed in as ``email`` before."""
    name, _, rest = mark[:_LONGEST].partition(".")
    day, _, seal = rest.partition(".")
    right = _seal(keys, email, f"{name}.{day}")
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), right.encode()):
        return None
    since = datetime.fromtimestamp(int(day) * 86400, UTC)
    return name if now - since < LASTS else None


def _seal(keys: Keys, email: str, body: str) -> str:
    said = f"known|{email_key(email)}|{body}".encode("utf-8", "surrogatepass")
    return hmac.new(keys.app, said, hashlib.sha256).hexdigest()[:40]
