"""Offset pages: ``?limit&offset`` in, ``{offset, totalSize, done, records}`` out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

USUAL, MOST, FARTHEST = 50, 200, 2**31 - 1


class Paged(BaseModel):
    """Which part of a list is asked for."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="How many records at most")
    offset: int = Field(0, ge=0, le=FARTHEST, description="How many records to leave out")


def enveloped(
    records: Sequence[Any], offset: int, total: int, *, told: int | None = None
) -> dict[str, Any]:
    """A page of a list of ``total``; ``told`` says how many of them the records tell."""
    end = offset + (len(records) if told is None else told)
    return {
        "offset": offset,
        "totalSize": total,
        "done": end >= total,
        "records": list(records),
    }
