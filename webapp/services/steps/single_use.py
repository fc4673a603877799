"""Links that book once: how their addresses are made, and how a booking uses one up.

The address is ``<public id><mac>``, the mac derived from a key that never leaves the server: a
reader of the table cannot book, and the list can still show the address again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final, Literal, cast

import sqlalchemy as sa

from webapp.domain.errors import LinkClosed
from webapp.domain.speech import Sentence
from webapp.models import ProfileLink, ProfileLinkDraft, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork
from webapp.settings import Keys

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PUBLIC_LENGTH = 10
MAC_LENGTH = 16  # base62 characters: 95 bits
USED: Final = "used"
EXPIRED: Final = "expired"
REVOKED: Final = "revoked"

SAYINGS = {
    USED: Sentence("This link has been used already"),
    EXPIRED: Sentence("This link has expired"),
    REVOKED: Sentence("This link was taken back"),
}


_DRAFT = table_of(ProfileLinkDraft)
_LINK_OF = Direct(  # asked by every booking that is made
    sa.select(_DRAFT.c.link_id).where(
        _DRAFT.c.booking_id == sa.bindparam("booking"),
        _DRAFT.c.organization_id == sa.bindparam("organization"),
    ),
    "the statement names its organization",
)


def new_public_id() -> str:
    """Ten random base62 characters: what a link is found by."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PUBLIC_LENGTH))


def _mac(key: bytes, public_id: str) -> str:
    number = int.from_bytes(
        hmac.new(key, f"single-use|{public_id}".encode(), hashlib.sha256).digest()
    )
    digits = []
    for _ in range(MAC_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(digits)


def code_of(keys: Keys, link: ProfileLink) -> str:
    """What the link's address holds."""
    return link.public_id + _mac(keys.link[0], link.public_id)


def proven(keys: Keys, code: str) -> str | None:
    """The public id in ``code`` when any key of the ring made it, else None (constant time)."""
    if len(code) != PUBLIC_LENGTH + MAC_LENGTH or not code.isascii():
        return None
    public_id, mac = code[:PUBLIC_LENGTH], code[PUBLIC_LENGTH:]
    good = False
    for key in keys.link:
        good |= hmac.compare_digest(mac.encode(), _mac(key, public_id).encode())
    return public_id if good else None


def closed_by(uow: UnitOfWork, link: ProfileLink) -> Literal["", "used", "expired", "revoked"]:
    """Why the link books nothing any more (a key of ``SAYINGS``), or the empty text."""
    if link.used_at is not None:
        return USED
    if link.revoked_at is not None:
        return REVOKED
    if link.expires_at is not None and link.expires_at <= uow.now:
        return EXPIRED
    return ""


def consume(uow: UnitOfWork, booking_id: int) -> None:
    """Use up the link that the draft was begun with, in the transaction that confirms it.

    Call under the hosts' locks, once it is settled that the draft becomes a booking. A draft that
    was begun without a link is none of this. Raises ``LinkClosed`` when another draft used the
    link, or when it was taken back meanwhile. A link that expired after the hold was taken is
    honoured, because what was held is honoured.
    """
    found = _LINK_OF.rows(uow.session, booking=booking_id, organization=uow.organization_id)
    if not found:
        return
    link_id = found[0][0]
    # One statement decides between two drafts of one link, whichever hosts they have.
    taken = uow.session.execute(
        sa.update(ProfileLink)
        .where(
            ProfileLink.id == link_id,
            ProfileLink.used_at.is_(None),
            ProfileLink.revoked_at.is_(None),
        )
        .values(used_at=uow.now, booking_id=booking_id)
        .execution_options(synchronize_session=False)
    )
    if cast("sa.CursorResult[object]", taken).rowcount == 1:
        return
    link = uow.session.get_one(ProfileLink, link_id, populate_existing=True)
    raise LinkClosed(SAYINGS[closed_by(uow, link) or USED])
