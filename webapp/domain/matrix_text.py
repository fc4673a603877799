"""Writing answers as JSON without making an object per account and start."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.domain.frame import Bits, Flags, Octets
from webapp.domain.grouping import Page

_GROUPS, _BETWEEN, _END = b'"groupXids":[', b'],"accountIds":[', b"]},"
_CLOSING = np.frombuffer(_END, np.uint8)
_SPACE = 32
_SHORT = 1024
"""Bytes up to which a row is copied sooner than a view of it is made."""
_BLOCK = 2**17
"""Bits read at once: enough for few steps, few enough to stay in the caches."""
_NEAR = 8
"""Bytes of a row looked at first for a page: most rows have enough free accounts there."""


class Labels:
    """The ids of a layout's accounts and groups as they are written.

    Ids are padded to one width, by spaces, which JSON allows between values.
    """

    def __init__(self, accounts: Sequence[str], groups: Sequence[str]) -> None:
        self.groups = tuple(json.dumps(group).encode() for group in groups)
        most = max(map(len, accounts), default=1) + 1
        self.width = next(w for w in (4, 8, 16, 24) if w >= most)
        text = b"".join(f",{each}".ljust(self.width).encode() for each in accounts)
        self.cells = _cells(text, self.width)
        """Each id after a comma."""

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        return self.cells.nbytes


def _cells(text: bytes, width: int) -> NDArray[np.generic]:
    """Text cut into cells of one width, of a type that is copied fast."""
    kind = {4: "<u4", 8: "<u8"}.get(width, f"V{width}")
    return np.frombuffer(text, np.dtype(kind))


GroupsText = tuple[Octets, NDArray[np.intp]]
"""Each list of groups that occurs, as rows of one width, and which of them each start has."""


def few(groups: Flags, names: Sequence[bytes]) -> GroupsText:
    """The lists of groups of every start; starts share few different ones."""
    kinds, at = np.unique(np.packbits(groups, axis=0), axis=1, return_inverse=True)
    flags = np.unpackbits(kinds, axis=0, count=len(names)).T.astype(bool).tolist()
    texts = [b",".join(n for n, is_in in zip(names, row, strict=True) if is_in) for row in flags]
    wide = max(map(len, texts))
    made = [_GROUPS + text + _BETWEEN + b" " * (wide - len(text)) for text in texts]
    return np.frombuffer(b"".join(made), np.uint8).reshape(len(texts), -1), at.reshape(-1)


_NO_GROUPS = np.frombuffer(_GROUPS + _BETWEEN, np.uint8)[None, :]


def no_groups(count: int) -> GroupsText:
    """The lists of so many starts when no group is asked for."""
    return _NO_GROUPS, np.zeros(count, np.intp)


def every_id(heads: Octets, groups: GroupsText, able: Bits, labels: Labels) -> bytes:
    """All free accounts of every start, written block by block, which stays in the caches."""
    begun = np.concatenate([_row(_END, len(heads)), heads, _each(groups)], axis=1)
    parts: list[bytes | memoryview] = [b""] * (2 * len(heads))
    parts[0::2] = begun.view(f"S{begun.shape[1]}").ravel().tolist()
    parts[0] = b"[" + parts[0][len(_END) :]
    rows = max(1, _BLOCK // (able.shape[1] * 64))
    for low in range(0, len(heads), rows):
        parts[2 * low + 1 : 2 * (low + rows) : 2] = _ids(able[low : low + rows], labels)
    return b"".join([*parts, _END[:-1], b"]"])


def _ids(able: Bits, labels: Labels) -> list[bytes] | list[memoryview]:
    """The ids of each row's accounts whose bits are set."""
    bits = np.unpackbits(able.view(np.uint8).ravel(), bitorder="little").view(bool)
    places = np.flatnonzero(bits)
    places &= able.shape[1] * 64 - 1
    text = labels.cells.take(places, mode="clip").view(np.uint8)
    counts = np.bitwise_count(able).sum(axis=1, dtype=np.int64)
    ends = np.cumsum(counts) * labels.width
    begins = ends - counts * labels.width
    if counts.all() and text.size < _SHORT * len(able):
        text[begins] = 0
        return text.tobytes().split(b"\0")[1:]
    text[begins[counts > 0]] = _SPACE  # before the first of a row there is no comma
    view = text.data
    return [view[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]


def first_ids(able: Bits, page: Page, labels: Labels) -> tuple[Octets, bool]:
    """A page of the free accounts of every start, in rows of one width; whether there are more."""
    first = page.offset
    last = first + (labels.cells.size if page.limit is None else page.limit)
    if first < last and (np.bitwise_count(able[:, 0]) > last).all():
        # All of the page, and more, stands in the first word of every row.
        return _cut(able[:, :1], first, last, labels), True
    return _searched(able, first, last, labels)


def _cut(words: Bits, first: int, last: int, labels: Labels) -> Octets:
    """The ids from the ``first`` to before the ``last`` bit that is set; every row has so many."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")
    rank = np.cumsum(bits, axis=1, dtype=np.uint8)
    bits &= (rank > first) & (rank <= last)
    places = np.flatnonzero(bits.view(bool).ravel()) & (bits.shape[1] - 1)
    text: Octets = labels.cells[places].reshape(len(words), last - first).view(np.uint8)
    text[:, 0] = _SPACE
    return text


def _searched(able: Bits, first: int, last: int, labels: Labels) -> tuple[Octets, bool]:
    """The same for rows of which some have few; those are read further than the others."""
    cells = np.zeros((len(able), max(1, last - first)), labels.cells.dtype)
    text = cells.view(np.uint8)
    text[:] = _SPACE
    octets = able.view(np.uint8)
    counts = np.bitwise_count(able).sum(axis=1, dtype=np.int64)
    left, near = np.arange(len(able)), _NEAR
    while len(left):
        part = octets[left, :near]
        here = np.bitwise_count(part).sum(axis=1, dtype=np.int64)
        done = here >= np.minimum(counts[left], last)
        row, place, rank = _places(part[done], here[done])
        told = (rank >= first) & (rank < last)
        cells[left[done][row[told]], rank[told] - first] = labels.cells[place[told]]
        left, near = left[~done], near * 4
    text[:, 0] = _SPACE
    return text, bool((counts > last).any())


def _places(octets: Octets, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Row and place of every bit that is set, and how many of its row stand before it."""
    found = np.flatnonzero(np.unpackbits(octets.ravel(), bitorder="little").view(bool))
    wide = octets.shape[1] * 8  # a power of two
    row, place = found >> (wide.bit_length() - 1), found & (wide - 1)
    return row, place, np.arange(len(found)) - (np.cumsum(counts) - counts)[row]


def wrapped(heads: Octets, groups: GroupsText, ids: Octets) -> bytes:
    """The array of objects whose accounts are ``ids``."""
    texts, which = groups
    parts = (heads, texts[0] if len(texts) == 1 else texts[which], ids, _CLOSING)
    rows = np.empty((len(heads), sum(part.shape[-1] for part in parts)), np.uint8)
    low = 0
    for part in parts:
        rows[:, low : low + part.shape[-1]] = part
        low += part.shape[-1]
    return b"[" + rows.tobytes()[:-1] + b"]"


def _each(groups: GroupsText) -> Octets:
    """The list of groups of each start."""
    texts, which = groups
    if len(texts) == 1:
        return np.broadcast_to(texts, (len(which), texts.shape[1]))
    return texts[which]


def _row(text: bytes, count: int) -> Octets:
    return np.broadcast_to(np.frombuffer(text, np.uint8), (count, len(text)))
