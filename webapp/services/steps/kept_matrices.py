"""What a process keeps of matrices: the ones asked for last, within a bound of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa

MOST_BYTES = 64 * 2**20
"""Some two hundred questions about a thousand hosts and sixty days."""


class Sized(Protocol):
    """Something kept that covers UTC days and takes memory."""

    @property
    def days(self) -> tuple[int, int]: ...

    @property
    def nbytes(self) -> int: ...


S = TypeVar("S", bound=Sized)


class Shelf(Generic[S]):
    """Kept things by key and by the days they cover; the least recently used go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._lock = most_bytes, Lock()
        self._kept: OrderedDict[tuple[Hashable, tuple[int, int]], S] = OrderedDict()

    def find(self, key: Hashable, first_day: int, last_day: int) -> S | None:
        """Something kept under ``key`` that covers these days."""
        with self._lock:
            for place in reversed(self._kept):
                of, (first, last) = place
                if of == key and first <= first_day and last_day <= last:
                    self._kept.move_to_end(place)
                    return self._kept[place]
        return None

    def put(self, key: Hashable, made: S) -> None:
        """Keep it in the place of what it covers, and drop what there is no room for."""
        first, last = made.days
        with self._lock:
            for of, days in list(self._kept):
                if of == key and first <= days[0] and days[1] <= last:
                    del self._kept[of, days]
            self._kept[key, made.days] = made
            while len(self._kept) > 1 and self.nbytes > self._most:
                self._kept.popitem(last=False)

    @property
    def nbytes(self) -> int:
        """About how much memory all of it takes."""
        return sum(each.nbytes for each in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Drop everything, as a process that has just started."""
        with self._lock:
            self._kept.clear()


class Shelves(Generic[S]):
    """A shelf for each database."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[sa.Engine, Shelf[S]] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, engine: sa.Engine) -> Shelf[S]:
        """The shelf of what is read from ``engine``."""
        with self._lock:
            return self._of.setdefault(engine, Shelf())

    def clear(self) -> None:
        """Empty every shelf."""
        for shelf in list(self._of.values()):
            shelf.clear()
