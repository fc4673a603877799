"""Pages of free times as they were written, as long as what they were read from is kept.

Programs and widgets ask about the same days again and again. The text depends on a matrix, which
never changes, and on which of its starts are let through at the moment; both are in its key.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from threading import Lock

from webapp.domain.grouping import Answer, Page

MOST_BYTES = 4 * 2**20
"""Of all texts together: some six hundred days of ten ids a start."""
ENTRY_BYTES = 2**10
"""What an entry takes beside its text, roughly."""
LONGEST_BYTES = 64 * 2**10
"""Longer ones are asked for seldom and would take the place of many."""

Text = tuple[bytes, bool]
_Place = tuple[int, Hashable]


class Texts:
    """Texts by what they depend on; those asked for least recently go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._lock, self.nbytes = most_bytes, Lock(), 0
        self._kept: OrderedDict[_Place, tuple[weakref.ref[object], Text]] = OrderedDict()

    def of(self, answer: Answer, page: Page, names: Mapping[str, str]) -> Text:
        """``answer.text(page, names)``, out of what is kept when that is the same."""
        sameness = answer.sameness(page, names)
        if sameness is None:
            return answer.text(page, names)
        matrix, key = sameness
        place = (id(matrix), key)
        with self._lock:
            found = self._kept.get(place)
            # Another matrix may stand where one that is gone has stood.
            if found is not None and found[0]() is matrix:
                self._kept.move_to_end(place)
                return found[1]
        made = answer.text(page, names)
        if len(made[0]) <= LONGEST_BYTES:
            self._keep(place, matrix, made)
        return made

    def _keep(self, place: _Place, matrix: object, made: Text) -> None:
        with self._lock:
            self._drop(place)
            self._kept[place] = (weakref.ref(matrix), made)
            self.nbytes += len(made[0]) + ENTRY_BYTES
            while self.nbytes > self._most:
                self._drop(next(iter(self._kept)))

    def _drop(self, place: _Place) -> None:
        gone = self._kept.pop(place, None)
        if gone is not None:
            self.nbytes -= len(gone[1][0]) + ENTRY_BYTES

    def clear(self) -> None:
        """Drop every text, as a process that has just started."""
        with self._lock:
            self._kept.clear()
            self.nbytes = 0


TEXTS = Texts()
"""Those of this process."""
