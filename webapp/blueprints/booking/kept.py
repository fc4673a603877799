"""What a process remembers of public pages between two looks: cards and rendered text.

Nothing here is trusted by itself: every use is checked against ``offers.page_revision``, one cheap
statement that changes whenever the page could. Kept per application, dropped oldest first, and
switched off by ``Kept.enabled = False`` where somebody wants to measure without it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Flask, current_app

from webapp.services.directory import OrganizationCard
from webapp.services.offers import ProfileCard

V = TypeVar("V")

CARDS, TEXTS = 256, 256
_NAME = "kalends-kept"


@dataclass(frozen=True, slots=True)
class Known:
    """An organization and a profile as they were at ``revision``, judged at ``minute``."""

    organization: OrganizationCard
    profile: ProfileCard
    revision: str
    minute: int


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered page or part: the address that gives it again, and its bytes between the places
    where each look gets its own idempotency key."""

    address: str
    pieces: tuple[bytes, ...]

    @classmethod
    def of(cls, address: str, text: str, mark: str) -> Text:
        """``text`` cut at every ``mark``."""
        return cls(address, tuple(text.encode().split(mark.encode())))

    def with_key(self, key: str) -> bytes:
        """The bytes to send, with ``key`` in its places."""
        return key.encode().join(self.pieces)


class Shelf(Generic[V]):
    """The ``most`` things used last; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """What is kept under ``key``, now the one used last."""
        with self._lock:
            thing = self._things.get(key)
            if thing is not None:
                self._things.move_to_end(key)
            return thing

    def put(self, key: Hashable, thing: V) -> None:
        """Keep ``thing``, dropping whatever was not used for longest."""
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            if len(self._things) > self._most:
                self._things.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()


class Kept:
    """The shelves of one application. ``enabled`` False: nothing is kept and nothing found."""

    def __init__(self) -> None:
        self.enabled = True
        self._cards: Shelf[Known] = Shelf(CARDS)
        self._texts: Shelf[Text] = Shelf(TEXTS)

    def card(self, key: Hashable) -> Known | None:
        """Organization and profile behind an address, to be checked by revision and minute."""
        return self._cards.get(key) if self.enabled else None

    def put_card(self, key: Hashable, known: Known) -> None:
        """Remember them."""
        if self.enabled:
            self._cards.put(key, known)

    def text(self, tag: str) -> Text | None:
        """The rendered text of an ETag."""
        return self._texts.get(tag) if self.enabled else None

    def put_text(self, tag: str, text: Text) -> None:
        """Remember it."""
        if self.enabled:
            self._texts.put(tag, text)

    def clear(self) -> None:
        """Forget everything, as a process that has just started."""
        self._cards.clear()
        self._texts.clear()


def kept(app: Flask | None = None) -> Kept:
    """The shelves of ``app`` (by default the current one)."""
    extensions = (app or current_app).extensions
    found = extensions.get(_NAME)
    if found is None:
        found = extensions.setdefault(_NAME, Kept())
    assert isinstance(found, Kept)
    return found
