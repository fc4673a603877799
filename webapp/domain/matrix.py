"""Who is free when, for many hosts at once: a row of bits a start, a column a host.

The rows of a profile are kept and asked again; ``Matrix`` never changes, so a kept one may be read
while a newer one is made. It says nothing of now: notice, horizon and holds come with the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.domain.frame import Bits, Flags, Frame
from webapp.domain.grouping import is_group
from webapp.domain.masks import PIECE_BYTES
from webapp.domain.matrix_text import Labels
from webapp.domain.required import Required
from webapp.domain.terms import Candidate
from webapp.domain.workhours import WorkHours


@dataclass(frozen=True, slots=True)
class Column:
    """What one host brings: hours, the mask of the frame's pieces, and spans of UTC epoch minutes
    in which no start is taken whatever is free (a limit that is reached)."""

    hours: WorkHours
    mask: bytes
    closed: Sequence[tuple[int, int]] = ()


class Layout:
    """Which host stands in which column, and what each candidate needs of them.

    Accounts come first, in the order of the candidates, so that with one account a host the
    columns are the accounts themselves.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = tuple(candidates)
        self.accounts = [i for i, c in enumerate(self.candidates) if not is_group(c)]
        self.groups = [i for i, c in enumerate(self.candidates) if is_group(c)]
        ordered = (h for i in (*self.accounts, *self.groups) for h in self.candidates[i].host_ids)
        self.hosts = tuple(dict.fromkeys(ordered))
        self.column = {host_id: n for n, host_id in enumerate(self.hosts)}
        self.words = _words(len(self.hosts))
        self.account_columns = np.array(
            [self.column[self.candidates[i].host_ids[0]] for i in self.accounts], np.int64
        )
        self.plain = bool((self.account_columns == np.arange(len(self.accounts))).all())
        self._labels: tuple[tuple[str, ...], Labels] | None = None
        self.account_words = self.words if self.plain else _words(len(self.accounts))

    @cached_property
    def everybody(self) -> Asked:
        """All of the candidates, as what a question asks for."""
        return Asked(self, None)

    def labels(self, names: Mapping[str, str]) -> Labels:
        """How accounts and groups are written; ``names`` says so for the keys of groups."""
        told = tuple(names[self.candidates[i].key] for i in self.groups)
        kept = self._labels  # another thread may ask by other names meanwhile
        if kept is None or kept[0] != told:
            ids = [self.candidates[i].key.partition(":")[2] for i in self.accounts]
            kept = self._labels = (told, Labels(ids, told))
        return kept[1]

    @cached_property
    def members(self) -> list[tuple[NDArray[np.int64], Bits, Required]]:
        """For each group the words that hold its members, their bits there, how many it needs."""
        found = []
        for i in self.groups:
            group = self.candidates[i]
            columns = np.array([self.column[host_id] for host_id in group.host_ids], np.int64)
            bits = _packed_row(columns, self.words)
            words = np.flatnonzero(bits)
            found.append((words, bits[words], group.required))
        return found


class Asked:
    """Which candidates a question asks for: ``mask`` has a bit for each account, by its place
    among the accounts, ``groups`` the places of the groups among the groups."""

    def __init__(self, layout: Layout, only: frozenset[str] | None) -> None:
        def places(candidates: Sequence[int]) -> NDArray[np.int64]:
            keys = (layout.candidates[i].key for i in candidates)
            found = [n for n, key in enumerate(keys) if only is None or key in only]
            return np.array(found, np.int64)

        accounts, self.groups = places(layout.accounts), places(layout.groups)
        self.mask = _packed_row(accounts, layout.account_words)
        self.anybody = bool(len(accounts) or len(self.groups))


class Matrix:
    """The free hosts of every start of ``frame``: ``free`` has the shape [starts, words]."""

    def __init__(self, frame: Frame, layout: Layout, free: Bits) -> None:
        self.frame, self.layout, self.free = frame, layout, free
        self._able: Bits | None = None
        self._groups: Flags | None = None
        self._listed: dict[Required, Flags] = {}

    @classmethod
    def build(cls, frame: Frame, layout: Layout, columns: Mapping[int, Column]) -> Matrix:
        """Fill in every host. One without a column (unknown, unreadable) is never free."""
        free = np.empty((frame.size, layout.words), np.uint64)
        here = [columns.get(host_id) for host_id in layout.hosts]
        blank = b"\xff" * (len(frame.pieces) * PIECE_BYTES)
        masks = np.frombuffer(b"".join([c.mask if c else blank for c in here]), np.uint8)
        masks = masks.reshape(len(here), len(blank))
        shut = _shut(frame, here)
        wide = np.zeros((0, layout.words * 64), bool)
        for block, busy in frame.busy(masks):
            rows = block.stop - block.start
            if len(wide) != rows:
                wide = np.zeros((rows, layout.words * 64), bool)
            np.logical_not(busy, out=wide[:, : len(here)])
            for columns_of, flags in shut:
                wide[:, columns_of] &= flags[block, None]
            free[block] = np.packbits(wide, axis=1, bitorder="little").view(np.uint64)
        return cls(frame, layout, free)

    def replaced(self, columns: Mapping[int, Column | None]) -> Matrix:
        """The same with other columns for some hosts; None means never free."""
        hosts = [host_id for host_id in columns if host_id in self.layout.column]
        if not hosts:
            return self
        free = self.free.copy()
        for host_id in hosts:
            number = self.layout.column[host_id]
            _set_column(free, number, self._judged(columns[host_id]))
        made = Matrix(self.frame, self.layout, free)
        made._take_over(self, set(hosts))
        return made

    def narrowed(self, closed: Mapping[int, Sequence[tuple[int, int]]]) -> Matrix:
        """The same without the starts in these spans (UTC epoch minutes), by host."""
        hosts = {host_id for host_id in closed if host_id in self.layout.column}
        if not hosts:
            return self
        free = self.free.copy()
        for host_id in hosts:
            open_: Flags = self.of_host(host_id)
            open_ &= _outside(self.frame, closed[host_id])
            _set_column(free, self.layout.column[host_id], open_)
        made = Matrix(self.frame, self.layout, free)
        made._take_over(self, hosts)
        return made

    def _judged(self, column: Column | None) -> Flags:
        frame = self.frame
        flags = np.zeros(frame.size, bool)
        if column is None:
            return flags
        mask = np.frombuffer(column.mask, np.uint8)[None, :]
        for block, busy in frame.busy(mask):
            np.logical_not(busy[:, 0], out=flags[block])
        for _, open_ in _shut(frame, [column]):
            flags &= open_
        return flags

    def _take_over(self, older: Matrix, hosts: set[int]) -> None:
        """Keep of what the older one had worked out all that these hosts have no part in."""
        layout = self.layout
        if older._able is not None and not layout.plain:
            self._able = older._able.copy()
            for n, i in enumerate(layout.accounts):
                host_id = layout.candidates[i].host_ids[0]
                if host_id in hosts:
                    _set_column(self._able, n, self.of_host(host_id))
        if older._groups is not None:
            self._groups = older._groups.copy()
            for n, i in enumerate(layout.groups):
                if not hosts.isdisjoint(layout.candidates[i].host_ids):
                    self._groups[n] = self._group(n)

    # -------------------------------------------------------------------------------- reading

    @property
    def able(self) -> Bits:
        """The free accounts of every start, by their places among the accounts."""
        layout = self.layout
        if layout.plain:
            return self.free
        if self._able is None:
            flags = np.zeros((self.frame.size, layout.account_words * 64), bool)
            apart = np.unpackbits(self.free.view(np.uint8), axis=1, bitorder="little")
            flags[:, : len(layout.accounts)] = apart[:, layout.account_columns]
            self._able = np.packbits(flags, axis=1, bitorder="little").view(np.uint64)
        return self._able

    @property
    def groups(self) -> Flags:
        """Which groups are free, of shape [groups, starts]."""
        if self._groups is None:
            made = np.zeros((len(self.layout.groups), self.frame.size), bool)
            for number in range(len(made)):
                made[number] = self._group(number)
            self._groups = made
        return self._groups

    def enough(self, asked: Asked, required: Required) -> Flags:
        """At which starts enough of those asked for are free; kept for everybody."""
        if asked is not self.layout.everybody:
            return self._enough(asked, required)
        if required not in self._listed:
            self._listed[required] = self._enough(asked, required)
        return self._listed[required]

    def _enough(self, asked: Asked, required: Required) -> Flags:
        able, groups = self.able & asked.mask, self.groups[asked.groups]
        if required is Required.ONE:
            return np.asarray(able.any(axis=1) | groups.any(axis=0))
        whole = (able == asked.mask).all(axis=1) & groups.all(axis=0)
        return np.asarray(whole & asked.anybody)

    def _group(self, number: int) -> Flags:
        words, bits, required = self.layout.members[number]
        if not len(words):
            return np.zeros(self.frame.size, bool)
        members = self.free[:, words] & bits
        return np.asarray(
            members.any(axis=1) if required is Required.ONE else (members == bits).all(axis=1)
        )

    def of_host(self, host_id: int) -> Flags:
        """At which starts this host is free."""
        word, bit = divmod(self.layout.column[host_id], 64)
        flags: Flags = (self.free[:, word] >> np.uint64(bit) & np.uint64(1)).astype(bool)
        return flags

    def free_at(self, row: int) -> set[int]:
        """The hosts free at one start."""
        bits = np.unpackbits(self.free[row].view(np.uint8), bitorder="little")
        return {self.layout.hosts[n] for n in np.flatnonzero(bits).tolist()}

    @property
    def nbytes(self) -> int:
        """About how much memory it takes, its frame included."""
        kept = [self.free, self._able if not self.layout.plain else None, self._groups]
        heads = self.frame.size * 100
        return sum(each.nbytes for each in kept if each is not None) + heads


def _words(bits: int) -> int:
    """Words of 64 bits for so many, a power of two: places are then found by masking."""
    words = 1
    while words * 64 < bits:
        words *= 2
    return words


def _packed_row(which: NDArray[np.int64], words: int) -> Bits:
    flags = np.zeros(words * 64, bool)
    flags[which] = True
    return np.packbits(flags, bitorder="little").view(np.uint64)


def _set_column(bits: Bits, number: int, flags: Flags) -> None:
    word, bit = divmod(number, 64)
    one = np.uint64(1 << bit)
    bits[:, word] &= ~one
    bits[:, word] |= flags * one


def _shut(frame: Frame, columns: Sequence[Column | None]) -> list[tuple[list[int], Flags]]:
    """Columns and the starts that hours and limits leave them; those unbounded are left out."""
    together: dict[WorkHours, list[int]] = {}
    found = []
    for number, column in enumerate(columns):
        if column is None:
            continue
        if frame.fitting(column.hours) is not None:
            together.setdefault(frame.terms.hours or column.hours, []).append(number)
        if column.closed:
            found.append(([number], _outside(frame, column.closed)))
    for hours, numbers in together.items():
        flags = frame.fitting(hours)
        if flags is not None:
            found.append((numbers, flags))
    return found


def _outside(frame: Frame, closed: Sequence[tuple[int, int]]) -> Flags:
    flags = np.ones(frame.size, bool)
    for since, until in closed:
        flags[frame.row(since) : frame.row(until)] = False
    return flags
