"""Reading a page as a browser without script would: its form, its buttons, its sentences."""

from __future__ import annotations

import html
import re

from werkzeug.test import TestResponse


def starts(page: TestResponse | str) -> list[str]:
    """The instants of every time on the page, in their order, each once."""
    found = re.findall(r'name="start" value="([^"]+)"', _text(page))
    return list(dict.fromkeys(found))


def day_starts(page: TestResponse | str) -> list[str]:
    """The instants of the times by day, without the soonest."""
    return re.findall(r'name="start" value="([^"]+)"', _text(page).partition('id="day"')[2])


def hidden(page: TestResponse | str) -> dict[str, str]:
    """The hidden fields of the page's posting form."""
    form = re.search(r'<form[^>]*method="post".*?</form>', _text(page), re.S)
    assert form, "the page has no form to post"
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form.group())
    return {name: html.unescape(value) for name, value in fields}


def words(page: TestResponse | str) -> str:
    """What stands on the page, without its tags."""
    body = _text(page).partition("<body>")[2] or _text(page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def heading(page: TestResponse | str) -> str:
    """The page's first heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", _text(page), re.S)
    assert found, "the page has no heading"
    return html.unescape(re.sub(r"<[^>]+>", "", found.group(1))).strip()


def title(page: TestResponse | str) -> str:
    """The page's title."""
    found = re.search(r"<title>(.*?)</title>", _text(page), re.S)
    assert found, "the page has no title"
    return html.unescape(found.group(1))


def _text(page: TestResponse | str) -> str:
    return page if isinstance(page, str) else page.text
