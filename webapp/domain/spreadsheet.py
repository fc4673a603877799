"""Rows for spreadsheet programs: RFC 4180, and no cell that such a program would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
"""First in the file, so that spreadsheet programs read UTF-8."""

_RUN = frozenset("=+-@\t\r\n\x00＝＋－＠")


def cell(text: str) -> str:
    """``text`` as a cell: one that would be read as a formula gets an apostrophe in front.

    Blanks before it do not help an attacker: what counts is the first sign that shows. NUL goes.
    """
    plain = text.replace("\x00", "")
    shown = plain.lstrip(" \u00a0\u3000\ufeff\u200b")
    return f"'{plain}" if shown[:1] in _RUN and shown else plain


def rows_text(rows: Iterable[Iterable[str]]) -> str:
    """The rows as lines that end in CRLF, every cell made safe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([cell(text) for text in row] for row in rows)
    return out.getvalue()
