"""The two lists that make up most of a page, written in one go.

A template hands on each piece it writes, one by one; three full days are a thousand pieces and a
third of what a page costs. What is written here is made of numbers and of our own words
(``screens``); the address, which carries what a visitor typed, is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from webapp.blueprints.booking.month import Month
from webapp.blueprints.booking.screens import Entry


def time_items(times: Iterable[Entry]) -> Markup:
    """A list item per time: a button that posts the instant, or plain text while it is held."""
    return Markup(  # noqa: S704 - numbers and our own words
        "".join(
            [
                f'<li><button name="start" value="{value}">{label}<i> to {to}</i></button></li>'
                if value and not note
                else _noted(value, label, to, note)
                for value, label, to, note in times
            ]
        )
    )


def _noted(value: str, label: str, to: str, note: str) -> str:
    if not value:
        return f"<li><span>{label} <small>{note}</small></span></li>"
    return (
        f'<li><button name="start" value="{value}">{label}'
        f"<i> to {to}</i> <small>{note}</small></button></li>"
    )


def month_rows(month: Month, folds: bool) -> Markup:
    """The weeks of a month table; with ``folds`` the other weeks can be folded away on phones."""
    before, after = escape(month.before), escape(month.after)
    rows = []
    for on, row in month.rows:
        rows.append('<tr class="off">' if folds and not on else "<tr>")
        for number, kind, digits, name, current in row:
            if not number:
                rows.append("<td></td>")
            elif kind[:4] == "none" and not current:
                rows.append(f'<td><span class="{kind}">{number}<i>, no times</i></span></td>')
            else:
                now = ' aria-current="date"' if current else ""
                # The script asks for the part: a month of attributes would weigh more than it.
                rows.append(
                    f'<td><a id="d{number}" class="{kind}" href="{before}{digits}{after}" '
                    f'aria-label="{name}"{now}>{number}</a></td>'
                )
        rows.append("</tr>")
    return Markup("".join(rows))  # noqa: S704 - as above
