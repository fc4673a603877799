"""The lists that make up most of a page, written in one go.

A template hands on each piece it writes, one by one; three full days are a thousand pieces and a
third of what a page costs. What is written here is made of numbers and of our own words
(``screens``); the address, which carries what a visitor typed, is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from markupsafe import Markup, escape

from webapp.blueprints.booking.manner import Manner, until
from webapp.blueprints.booking.month import Month
from webapp.blueprints.booking.screens import Column, Soon
from webapp.domain.idiom import Idiom
from webapp.domain.language import LANGUAGES
from webapp.domain.speech import Speech


def hidden_inputs(pairs: Iterable[tuple[str, str]]) -> Markup:
    """A hidden field for each name, which is ours, and value: what a form carries on."""
    return Markup(  # noqa: S704 - the values are escaped
        "".join(
            [
                f'<input type="hidden" name="{name}" value="{escape(value)}">'
                for name, value in pairs
            ]
        )
    )


def soon_buttons(soonest: Iterable[Soon]) -> Markup:
    """A button for each of the next free starts, with its day."""
    return Markup(  # noqa: S704 - numbers and our own words
        "".join(
            [
                f'<button class="time" name="start" value="{value}"><small>{day}</small> '
                f'<span>{label}<span class="vh">{to}</span></span></button>'
                for value, day, label, to in soonest
            ]
        )
    )


def day_sections(columns: Iterable[Column], manner: Manner) -> Markup:
    """A section for each date that has times: its heading, then the times by part of the day."""
    before, after = until(manner.say)
    written: list[str] = []
    for column in columns:
        if not column.groups:
            continue
        written.append(_heading(manner.say.idiom, column.day))
        written += [f'<p class="gap">{told}</p>' for told in column.told]
        for name, times in column.groups:
            written.append(f'<h3>{name}</h3><ul class="t">')
            written += [
                f'<li><button name="start" value="{value}">{label}<i>{before}{to}{after}</i>'
                "</button></li>"
                if value and not note
                else _noted(value, label, f"{before}{to}{after}", note)
                for value, label, to, note in times
            ]
            written.append("</ul>")
        written.append("\n</section>")
    return Markup("".join(written))  # noqa: S704 - numbers and our own words


@lru_cache(maxsize=2048)
def _heading(idiom: Idiom, day: date) -> str:
    """How the section of a date begins."""
    return (
        f'<section class="day" aria-labelledby="t{day}"><h2 id="t{day}">'
        f"<span>{idiom.days[day.weekday()]}</span> {idiom.day_month(day)}</h2>"
    )


def _noted(value: str, label: str, to: str, note: str) -> str:
    if not value:
        return f"<li><span>{label} <small>{note}</small></span></li>"
    return (
        f'<li><button name="start" value="{value}">{label}'
        f"<i>{to}</i> <small>{note}</small></button></li>"
    )


def week_heads(manner: Manner) -> Markup:
    """The heads of a month table: short, with their full names."""
    return _week_heads(manner.say.idiom, manner.week_start)


@lru_cache(maxsize=64)
def _week_heads(idiom: Idiom, week_start: int) -> Markup:
    week = list(zip(idiom.heads, idiom.days, strict=True))
    heads = [
        f'<th scope="col"><abbr title="{name}">{short}</abbr></th>'
        for short, name in week[week_start:] + week[:week_start]
    ]
    return Markup("".join(heads))  # noqa: S704 - names of days


def month_rows(month: Month, folds: bool) -> Markup:
    """The weeks of a month table; with ``folds`` the other weeks can be folded away on phones."""
    before, after, none = escape(month.before), escape(month.after), escape(month.none)
    rows = []
    for on, row in month.rows:
        rows.append('<tr class="off">' if folds and not on else "<tr>")
        for number, kind, name, current in row:
            if not number:
                rows.append("<td></td>")
            elif kind[:4] == "none" and not current:
                rows.append(f'<td><span class="{kind}">{number}<i>, {none}</i></span></td>')
            else:
                now = ' aria-current="date"' if current else ""
                # The script asks for the part: a month of attributes would weigh more than it.
                rows.append(
                    f'<td><a id="d{number}" class="{kind}" href="{before}{number:02d}{after}" '
                    f'aria-label="{name}"{now}>{number}</a></td>'
                )
        rows.append("</tr>")
    return Markup("".join(rows))  # noqa: S704 - as above


def language_links(address: str, spoken: str) -> Markup:
    """A link for each language, named in itself: ``address`` and its code lead there."""
    before, links = escape(address), []
    for code, each in LANGUAGES.items():
        now = ' aria-current="true"' if code == spoken else ""
        links.append(
            f'<a href="{before}{code}" lang="{code}" hreflang="{code}" rel="nofollow"{now}>'
            f"{each.name}</a>"
        )
    return Markup("".join(links))  # noqa: S704 - names and codes of ours


@lru_cache(maxsize=32)
def script_words(say: Speech) -> str:
    """What the script says by itself, for a data attribute: JSON with ``{}`` for a place."""
    words = {
        "own": say("Use %(place)s time", place="{}"),
        "taken": say("taken"),
        "ending": say("Two minutes left to confirm."),
        "keep": say("Choose Keep it longer for more time."),
        "offline": say("We cannot reach the server. Check your connection and try again."),
    }
    return json.dumps(words, ensure_ascii=False)
