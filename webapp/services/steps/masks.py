"""Hosts' taken time as masks: read where there are some, made of the spans where there are none.

A change of a host's spans removes the masks it touches (see ``BusyMask``), so reading is right
whether or not anybody has made them again. ``fill`` does that, afterwards and in bulk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.domain.masks import EMPTY, PIECE_BYTES, PIECE_MINUTES, mask_of, pieces
from webapp.domain.span import from_minute, to_minute
from webapp.models import BusyMask, BusySpan, ProfileHost, User, table_of
from webapp.models.direct import Direct, epoch_minute
from webapp.services.unit_of_work import UnitOfWork, below_the_guard

REACH = timedelta(days=400)
"""How far ahead masks are made: as far as repeating events are laid out."""

MANY = 8
"""Profiles of more hosts than this are answered from masks; fewer are as well read from spans."""

_WHY = "taken time belongs to hosts, not to organizations"
_MASK, _SPAN, _HOST = table_of(BusyMask), table_of(BusySpan), table_of(ProfileHost)
_USER = table_of(User)

_IN_PIECES = _MASK.c.piece.between(sa.bindparam("first"), sa.bindparam("last"))
_MINUTES = (
    _SPAN.c.host_id,
    epoch_minute(_SPAN.c.start_at),
    epoch_minute(_SPAN.c.end_at, sa.literal_column("59")),
)
_LASTING = (
    (_SPAN.c.end_at > sa.bindparam("start"))
    & (_SPAN.c.start_at < sa.bindparam("end"))
    & _SPAN.c.expires_at.is_(None)
)
_OF_PROFILE = _HOST.c.profile_id == sa.bindparam("profile")
_PROFILE_MASKS = Direct(
    sa.select(_MASK.c.host_id, _MASK.c.piece, _MASK.c.bits)
    .select_from(_HOST)
    .join(_MASK, (_MASK.c.host_id == _HOST.c.host_id) & _IN_PIECES)
    .where(_OF_PROFILE),
    _WHY,
)
_PROFILE_SPANS = Direct(
    sa.select(*_MINUTES)
    .select_from(_HOST)
    .join(_SPAN, _SPAN.c.host_id == _HOST.c.host_id)
    .where(_OF_PROFILE, _LASTING),
    _WHY,
)
_OF_HOST: sa.BindParameter[int] = sa.bindparam("host")
_HOST_MASKS = Direct(
    sa.select(_MASK.c.host_id, _MASK.c.piece, _MASK.c.bits).where(
        _MASK.c.host_id == _OF_HOST, _IN_PIECES
    ),
    _WHY,
)
_HOST_SPANS = Direct(sa.select(*_MINUTES).where(_SPAN.c.host_id == _OF_HOST, _LASTING), _WHY)


def of_profile(
    uow: UnitOfWork, profile_id: int, host_ids: Collection[int], numbers: range
) -> dict[int, bytes]:
    """The masks of a profile's hosts over the pieces ``numbers``, joined; held time is not in
    them."""
    rows = _PROFILE_MASKS.rows(
        uow.session, profile=profile_id, first=numbers.start, last=numbers.stop - 1
    )
    kept = _by_host(rows)
    lacking = [h for h in host_ids if len(kept.get(h, ())) < len(numbers)]
    if len(lacking) * 4 > len(host_ids):
        spans = _spans(_PROFILE_SPANS, uow, numbers, profile=profile_id)
        return {h: mask_of(spans.get(h, ()), numbers) for h in host_ids}
    return _joined(uow, kept, host_ids, numbers)


def of_hosts(uow: UnitOfWork, host_ids: Collection[int], numbers: range) -> dict[int, bytes]:
    """The same for some hosts, by themselves."""
    kept: dict[int, dict[int, bytes]] = {}
    for host_id in host_ids:
        rows = _HOST_MASKS.rows(
            uow.session, host=host_id, first=numbers.start, last=numbers.stop - 1
        )
        kept |= _by_host(rows)
    return _joined(uow, kept, host_ids, numbers)


def _by_host(rows: Sequence[tuple[int, int, bytes]]) -> dict[int, dict[int, bytes]]:
    kept: dict[int, dict[int, bytes]] = defaultdict(dict)
    for host_id, piece, bits in rows:
        kept[host_id][piece] = bits or EMPTY
    return kept


def _joined(
    uow: UnitOfWork,
    kept: dict[int, dict[int, bytes]],
    host_ids: Collection[int],
    numbers: range,
) -> dict[int, bytes]:
    """Masks piece by piece; those of hosts that lack any are made of their spans."""
    found = {}
    for host_id in host_ids:
        own = kept.get(host_id, {})
        if len(own) == len(numbers):
            found[host_id] = b"".join([own[number] for number in numbers])
        else:
            spans = _spans(_HOST_SPANS, uow, numbers, host=host_id)
            found[host_id] = mask_of(spans.get(host_id, ()), numbers)
    return found


def _spans(
    statement: Direct, uow: UnitOfWork, numbers: range, **of: int
) -> dict[int, list[tuple[int, int]]]:
    start, end = _edges(numbers)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for host_id, since, until in statement.rows(uow.session, start=start, end=end, **of):
        found[host_id].append((since, until))
    return found


def _edges(numbers: range) -> tuple[datetime, datetime]:
    return from_minute(numbers.start * PIECE_MINUTES), from_minute(numbers.stop * PIECE_MINUTES)


# ------------------------------------------------------------------------------------ making


def fill(uow: UnitOfWork, most: int = 50) -> int:
    """Make what masks are missing for up to ``most`` hosts of large profiles; how many hosts.

    The hosts' rows are locked, because who changes a host's spans holds them; their revisions
    stay, because nothing that anybody is told changes.
    """
    ahead = _ahead(uow)
    large = (
        sa.select(_HOST.c.profile_id)
        .group_by(_HOST.c.profile_id)
        .having(sa.func.count() > MANY)
        .scalar_subquery()
    )
    of_large = sa.select(_HOST.c.host_id).where(_HOST.c.profile_id.in_(large)).distinct().subquery()
    due = (
        sa.select(of_large.c.host_id)
        .outerjoin(
            _MASK,
            (_MASK.c.host_id == of_large.c.host_id)
            & _MASK.c.piece.between(ahead.start, ahead.stop - 1),
        )
        .group_by(of_large.c.host_id)
        .having(sa.func.count(_MASK.c.piece) < len(ahead))
        .order_by(of_large.c.host_id)
        .limit(most)
    )
    host_ids = list(uow.session.execute(below_the_guard(due, _WHY)).scalars())
    if host_ids:
        lock = sa.select(_USER.c.id).where(_USER.c.id.in_(host_ids)).order_by(_USER.c.id)
        uow.session.execute(below_the_guard(lock.with_for_update(key_share=True), _WHY)).all()
        write(uow, host_ids)
    return len(host_ids)


def write(uow: UnitOfWork, host_ids: Collection[int]) -> None:
    """Make what masks of these hosts are missing; the caller holds their locks."""
    ahead = _ahead(uow)
    made = []
    for host_id in sorted(set(host_ids)):
        rows = _HOST_MASKS.rows(uow.session, host=host_id, first=ahead.start, last=ahead.stop - 1)
        lacking = [n for n in ahead if n not in {piece for _, piece, _ in rows}]
        if not lacking:
            continue
        between = range(lacking[0], lacking[-1] + 1)
        spans = _spans(_HOST_SPANS, uow, between, host=host_id).get(host_id, [])
        bits = mask_of(spans, between)
        for number in lacking:
            at = (number - between.start) * PIECE_BYTES
            own = bits[at : at + PIECE_BYTES]
            made.append({"host_id": host_id, "piece": number, "bits": own if any(own) else b""})
    if made:
        uow.session.execute(below_the_guard(sa.insert(_MASK), _WHY), made)


def drop_old(uow: UnitOfWork, most: int = 500) -> int:
    """Remove masks of pieces that are over; how many."""
    old = sa.select(_MASK.c.host_id, _MASK.c.piece).where(_MASK.c.piece < _ahead(uow).start)
    rows = uow.session.execute(below_the_guard(old.limit(most), _WHY)).all()
    for host_id, piece in rows:
        gone = sa.delete(_MASK).where(_MASK.c.host_id == host_id, _MASK.c.piece == piece)
        uow.session.execute(below_the_guard(gone, _WHY))
    return len(rows)


def _ahead(uow: UnitOfWork) -> range:
    """The pieces that masks are made for: from yesterday's on."""
    return pieces(
        to_minute(uow.now - timedelta(days=1)),
        to_minute(uow.now + REACH),
    )
