"""The chain of the audit log: each entry's hash covers the one before it, so that a change shows.

``hash = SHA-256(previous hash, canonical entry)``, per organization, from 32 zero bytes. What may
be forgotten later stands in the entry as a digest only, salted, so that forgetting it breaks
nothing and the digest tells nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

START = bytes(32)
"""What stands before the first entry."""
SALT = "salt"
"""The key of the random part of personal fields."""


@dataclass(frozen=True, slots=True)
class Link:
    """One chained entry as it is read; ``at`` is aware."""

    id: int
    organization_id: int
    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    changes: Mapping[str, Any]
    personal: Mapping[str, Any] | None
    personal_digest: bytes | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that is not what was chained. ``number`` is its place in the chain."""

    number: int
    entry_id: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk came: entries looked at, the last hash, and the first break if any."""

    count: int
    last: bytes
    broken: Break | None


def digest_of(personal: Mapping[str, Any]) -> bytes:
    """What stays of personal fields (with their salt) when they are forgotten: 32 bytes."""
    return hashlib.sha256(_plain(personal)).digest()


def link_hash(
    previous: bytes,
    *,
    number: int,
    entry_id: int,
    organization_id: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    changes: Mapping[str, Any],
    personal_digest: bytes | None,
) -> bytes:
    """The hash of the entry at ``number`` behind ``previous``: 32 bytes."""
    said = {
        "number": number,
        "id": entry_id,
        "organization": organization_id,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "changes": changes,
        "personal": personal_digest.hex() if personal_digest else None,
    }
    return hashlib.sha256(previous + _plain(said)).digest()


def walk(links: Iterable[Link], *, after: int = 0, previous: bytes = START) -> Walked:
    """Recompute the chain behind number ``after`` (whose hash is ``previous``) in its order."""
    count = 0
    for link in links:
        expected = after + count + 1
        if link.number != expected:
            why = "An entry is missing from the log."
            return Walked(count, previous, Break(expected, None, why))
        if link.hash != _computed(previous, link):
            why = "This entry, or one before it, was changed."
            return Walked(count, previous, Break(expected, link.id, why))
        if link.personal is not None and digest_of(link.personal) != link.personal_digest:
            why = "The personal part of this entry was changed."
            return Walked(count, previous, Break(expected, link.id, why))
        previous = link.hash
        count += 1
    return Walked(count, previous, None)


def _computed(previous: bytes, link: Link) -> bytes:
    return link_hash(
        previous,
        number=link.number,
        entry_id=link.id,
        organization_id=link.organization_id,
        at=link.at,
        actor=link.actor,
        action=link.action,
        subject=link.subject,
        changes=link.changes,
        personal_digest=link.personal_digest,
    )


def _plain(value: Mapping[str, Any]) -> bytes:
    """One spelling of a JSON value: sorted, without blanks, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
