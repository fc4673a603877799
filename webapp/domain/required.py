"""How many of several must be free: the word that profiles and groups share."""

from __future__ import annotations

from enum import StrEnum


class Required(StrEnum):
    """``one``: any of them serves. ``all``: everybody is needed."""

    ONE = "one"
    ALL = "all"
