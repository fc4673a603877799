"""Answers out of a kept matrix: which starts are free, for whom, and the same written as JSON."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.domain.frame import Bits, Flags, starts_near
from webapp.domain.gate import Gate
from webapp.domain.grouping import Item, Listed, Page, text
from webapp.domain.matrix import Asked, Matrix
from webapp.domain.matrix_text import Labels, every_id, few, first_ids, no_groups, wrapped
from webapp.domain.required import Required
from webapp.domain.terms import Joinable

Rows = NDArray[np.int64]
Sameness = tuple[Matrix, Hashable]


class MatrixAnswer:
    """What is free among the starts in ``[first, last)`` (UTC epoch minutes).

    ``matrix`` counts held time as taken, ``unheld`` (when given) as free. ``only``: the keys of the
    candidates who count; None means all. ``lasting``: whether the matrix outlives the answer. The
    window must lie in the matrix's frame. Answers equal those of ``availability`` to the same
    question.
    """

    def __init__(
        self,
        matrix: Matrix,
        gate: Gate,
        window: tuple[int, int],
        required: Required,
        *,
        unheld: Matrix | None = None,
        only: frozenset[str] | None = None,
        joinable: Sequence[Joinable] = (),
        lasting: bool = True,
    ) -> None:
        self._matrix, self._unheld, self._required = matrix, unheld or matrix, required
        self._lasting = lasting
        self._first, self._last = window
        frame = matrix.frame
        ranges = gate.open_ranges(*window)
        if ranges and not frame.covers(ranges[0][0], ranges[-1][1]):
            raise ValueError("the window reaches out of what is kept")
        self._ranges = starts_near(frame, ranges)
        layout = matrix.layout
        self._only = only
        self._asked = layout.everybody if only is None else Asked(layout, only)
        self._joinable = {
            j.start: j
            for j in joinable
            if j.seats_left > 0 and any(low <= j.start < high for low, high in ranges)
        }

    # ------------------------------------------------------------------------------- starts

    def _listed(self, matrix: Matrix) -> Rows:
        """The rows at which enough of the candidates are free."""
        free = matrix.enough(self._asked, self._required)
        found: list[Rows] = [free[rows].nonzero()[0] + rows.start for rows in self._ranges]
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    @cached_property
    def _rows(self) -> Rows:
        return self._listed(self._matrix)

    @cached_property
    def starts(self) -> list[int]:
        """Free starts, sorted, each once; those of meetings that can be joined included."""
        free: list[int] = self._matrix.frame.starts[self._rows].tolist()
        return sorted({*free, *self._joinable}) if self._joinable else free

    @property
    def held(self) -> list[int]:
        """Starts that nothing but holds keeps from being free, sorted."""
        if self._unheld is self._matrix:
            return []
        without: list[int] = self._matrix.frame.starts[self._listed(self._unheld)].tolist()
        free = set(self.starts)
        return [start for start in without if start not in free]

    def is_free(self, start: int) -> bool:
        """Whether ``start`` is among ``starts``; ``ValueError`` outside the window."""
        if not self._first <= start < self._last:
            raise ValueError(f"minute {start} lies outside the window that was asked about")
        return start in self._joinable or self._row(start) is not None

    def joinable_at(self, start: int) -> Joinable | None:
        """The open meeting at ``start`` that has a seat left, or None."""
        return self._joinable.get(start)

    def candidates_at(self, start: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Who could take ``start``: a candidate's key and the hosts who would serve."""
        row = self._row(start)
        if row is None:
            return ()
        free = self._matrix.free_at(row)
        found = []
        for candidate in self._matrix.layout.candidates:
            if self._only is not None and candidate.key not in self._only:
                continue
            serving = tuple(i for i in candidate.host_ids if i in free)
            whole = candidate.required is Required.ONE or len(serving) == len(candidate.host_ids)
            if serving and whole:
                found.append((candidate.key, serving))
        return tuple(found)

    def _row(self, start: int) -> int | None:
        row = self._matrix.frame.row(start)
        at = int(np.searchsorted(self._rows, row))
        listed = at < len(self._rows) and self._rows[at] == row
        return row if listed and self._matrix.frame.starts[row] == start else None

    # ------------------------------------------------------------------------------- listing

    def listed(self, page: Page) -> Listed:
        """A page as objects; starts that can only be joined name nobody."""
        layout, asked = self._matrix.layout, self._asked
        groups = [[layout.candidates[layout.groups[g]].key for g in asked.groups[flags]]
                  for flags in self._groups.T]  # fmt: skip
        accounts = [layout.candidates[i].key for i in layout.accounts]
        bits = np.unpackbits(self._able.view(np.uint8), axis=1, bitorder="little")
        items, more = {}, False
        for row, flags, told in zip(self._rows.tolist(), bits, groups, strict=True):
            free = np.flatnonzero(flags).tolist()[page.offset :]
            if page.limit is not None and len(free) > page.limit:
                free, more = free[: page.limit], True
            start = int(self._matrix.frame.starts[row])
            items[start] = Item(start, tuple(told), tuple(accounts[n] for n in free))
        made = [items.get(start) or Item(start, (), ()) for start in self.starts]
        return Listed(made, more)

    def sameness(self, page: Page, names: Mapping[str, str]) -> Sameness | None:
        """What ``text`` depends on: the matrix, and which of its rows are told how.

        None when it depends on more than that, on meetings that can be joined, and for a matrix
        that was made for this question.
        """
        if self._joinable or not self._lasting:
            return None
        ranges = tuple((rows.start, rows.stop) for rows in self._ranges)
        told = self._matrix.layout.labels(names).groups
        return self._matrix, (ranges, self._required, self._only, page, told)

    def text(self, page: Page, names: Mapping[str, str]) -> tuple[bytes, bool]:
        """The same page as ``grouping.text`` writes it, spaces between values aside."""
        if self._joinable:
            found = self.listed(page)
            return text(found, self._matrix.frame.terms.duration_minutes, names), found.more
        if not len(self._rows):
            return b"[]", False
        labels = self._matrix.layout.labels(names)
        able, heads = self._able, self._matrix.frame.heads[self._told]
        groups = self._groups_text(labels)
        if page.limit is None and page.offset == 0:
            return every_id(heads, groups, able, labels), False
        ids, more = first_ids(able, page, labels)
        return wrapped(heads, groups, ids), more

    @cached_property
    def _told(self) -> Rows | slice:
        """The listed rows, as a slice where they follow each other: nothing is copied then."""
        count = len(self._rows)
        first = int(self._rows[0]) if count else 0
        together = count and int(self._rows[-1]) == first + count - 1
        return slice(first, first + count) if together else self._rows

    @cached_property
    def _able(self) -> Bits:
        """Free accounts, asked for, of the listed rows."""
        return self._matrix.able[self._told] & self._asked.mask

    @cached_property
    def _groups(self) -> Flags:
        """Free groups, asked for, of the listed rows: [groups, rows]."""
        return self._matrix.groups[self._asked.groups][:, self._rows]

    def _groups_text(self, labels: Labels) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        """Every list of groups that occurs, and which of them each row has."""
        if not len(self._asked.groups):
            return no_groups(len(self._rows))
        return few(self._groups, [labels.groups[g] for g in self._asked.groups.tolist()])
